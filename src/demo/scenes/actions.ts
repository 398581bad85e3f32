// What the buttons of the scenes change in the running demo: the end of the grant, groups at the provider, the laptop.

import type { Laptop } from '../laptop.ts'
import type { DemoProvider } from '../provider/provider.ts'
import { never } from '../../policy/never.ts'

export interface SceneState {
  /** End of the technician's grant, epoch milliseconds. */
  readonly grantUntil: number
  /** Erika is in the group that may use the machines. */
  readonly inGroup: boolean
  /** Disk encryption of the laptop. */
  readonly encrypted: boolean
}

export type ActionName = (typeof actionNames)[number]

export const actionNames = [
  'ready_grant',
  'end_grant',
  'renew_grant',
  'take_group',
  'give_group',
  'encryption_off',
  'encryption_on',
] as const

export interface Actions {
  state(): SceneState
  /** Rejects if the gateway does not accept the changed configuration. */
  run(name: ActionName): Promise<void>
  /** Called after each change; returns the function that ends it. */
  listen(changed: () => void): () => void
}

export interface ActionDependencies {
  readonly company: Pick<DemoProvider, 'setGroups'>
  readonly laptop: Pick<Laptop, 'encrypted' | 'setEncrypted'>
  /** See `DemoEnvironment.endGrantAt`. */
  readonly endGrantAt: (until: number) => Promise<void>
  readonly grantUntil: number
  readonly now: () => number
}

/** Milliseconds from the button to the end of the grant. */
export const grantEndsIn = 15_000
const grantFor = 10 * 60_000

export function createActions({ company, laptop, endGrantAt, grantUntil, now }: ActionDependencies): Actions {
  const listeners = new Set<() => void>()
  let until = grantUntil
  let inGroup = true

  async function endAt(at: number): Promise<void> {
    await endGrantAt(at)
    until = at
  }

  async function change(name: ActionName): Promise<void> {
    switch (name) {
      case 'ready_grant':
        // Whoever opens this scene late finds the technician with time left.
        return until - now() < 60_000 ? endAt(now() + grantFor) : undefined
      case 'end_grant':
        return endAt(now() + grantEndsIn)
      case 'renew_grant':
        return endAt(now() + grantFor)
      case 'take_group':
      case 'give_group':
        inGroup = name === 'give_group'
        return company.setGroups('erika', inGroup ? ['staff', 'production'] : ['staff'])
      case 'encryption_off':
      case 'encryption_on':
        return laptop.setEncrypted(name === 'encryption_on')
      default:
        return never(name)
    }
  }

  return {
    state: () => ({ grantUntil: until, inGroup, encrypted: laptop.encrypted() }),
    async run(name) {
      await change(name)
      for (const listener of listeners) listener()
    },
    listen(changed) {
      listeners.add(changed)
      return () => void listeners.delete(changed)
    },
  }
}
