// Store wrapper for fault injection: fails in the middle of a chosen write, permanently or once.

import { StoreUnreachable, type Store } from '../../src/store/store.ts'

/**
 * `before`: the write is never sent. `torn`: only its first bytes are sent. `sent`: all of it is sent, but the reply is
 * lost. `after`: the node dies right after the reply. `whenever`: after some milliseconds, whatever is in progress.
 */
export type Moment = 'before' | 'torn' | 'sent' | 'after' | 'whenever'

export interface FailurePoint {
  readonly moment: Moment
  /** Number of the write from now on, from 1. */
  readonly write: number
  /** Part of it that is sent when it is torn. */
  readonly bytes: number
  /** For `whenever`: milliseconds. */
  readonly milliseconds: number
  /** Only the connection breaks: the node continues and reconnects. */
  readonly survives: boolean
}

/** Sockets of the store connection, if any. */
export interface Wire {
  /** Cuts the connection after this many more bytes. */
  tearAfter(bytes: number): void
  cut(): void
}

export interface FailingStore {
  readonly store: Store
  /** Store calls without a reply yet. */
  underWay(): number
  /** Undefined: no more faults. */
  breakAt(breaking: FailurePoint | undefined): void
  /** The write without a reply: only the store knows whether it was applied. */
  unanswered(): Write | undefined
  die(): void
}

export interface Write {
  readonly key: string
  readonly value: string
  /** Member of a set, instead of the value of a key. */
  readonly member: boolean
}

export async function stands({ key, value, member }: Write, store: Store): Promise<boolean> {
  return member ? (await store.members(key)).includes(value) : (await store.get(key)) === value
}

/** Error of every call of a node that is dead. */
export class Dead extends Error {}

const writes = new Set(['set', 'add', 'replace', 'remove', 'increment', 'addMember', 'removeMember', 'announce'])

/** `end`: ends the node's process, if it has one. */
export function createFailingStore(
  store: Store,
  { wire, end }: { readonly wire?: Wire; readonly end?: () => void } = {},
): FailingStore {
  let dead = false
  let underWay = 0
  let left = 0
  let armed: FailurePoint | undefined
  let unanswered: Write | undefined

  function die(): void {
    end?.()
    dead = true
    wire?.cut()
  }

  const lost = (survives: boolean): Error => (survives ? new StoreUnreachable(new Error('cut off')) : new Dead())

  async function breaking(name: string, args: readonly unknown[], call: () => Promise<unknown>): Promise<unknown> {
    const { moment, survives, bytes } = armed!
    armed = undefined
    const over = (): Promise<never> => {
      if (survives) wire?.cut()
      else die()
      return Promise.reject(lost(survives))
    }
    if (moment === 'before') return over()
    if (moment === 'after') return call().then(over, over)
    unanswered = writeOf(name, args)
    if (moment === 'torn') wire?.tearAfter(bytes)
    // A connected socket passes a write to the kernel synchronously, so only the reply is lost.
    const answer = call()
    if (wire !== undefined) {
      if (survives) wire.cut()
      else die()
    }
    return answer.then(over, over)
  }

  return {
    store: new Proxy(store, {
      get(target, name: keyof Store) {
        const method = target[name]
        if (typeof method !== 'function' || name === 'onHint' || name === 'close') return method
        return async (...args: unknown[]): Promise<unknown> => {
          if (dead) throw new Dead()
          const call = () => Reflect.apply(method, target, args) as Promise<unknown>
          underWay++
          try {
            if (armed === undefined || !writes.has(name) || --left > 0) return await call()
            return await breaking(name, args, call)
          } catch (error) {
            throw dead ? new Dead() : error
          } finally {
            underWay--
          }
        }
      },
    }),
    underWay: () => underWay,
    breakAt(next) {
      armed = next?.moment === 'whenever' ? undefined : next
      left = next?.write ?? 0
      unanswered = undefined
      if (next?.moment === 'whenever') setTimeout(die, next.milliseconds)
    },
    unanswered: () => unanswered,
    die,
  }
}

function writeOf(name: string, args: readonly unknown[]): Write | undefined {
  const value = name === 'replace' ? args[2] : ['add', 'set', 'addMember'].includes(name) ? args[1] : undefined
  return typeof value === 'string' ? { key: String(args[0]), value, member: name === 'addMember' } : undefined
}
