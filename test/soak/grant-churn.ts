// Grant churn in a soak: grants are given and revoked at either node, and used by a user who has no other access.

import { setTimeout as pause } from 'node:timers/promises'
import type { NodeProcess } from '../support/gateway-process.ts'
import type { Person } from '../support/user-client.ts'
import type { TestEnvironment } from '../support/test-environment.ts'
import type { ExpectedState } from './expected-state.ts'

export interface GrantChurn {
  /** Miro is not in the group staff: never allowed in the wiki, in the ERP only while he has an acknowledged grant. */
  visit(): Promise<void>
  /** Long-lived grants of unused accounts, looked up on every node. */
  keep(): Promise<void>
  /** Lists the grants on every node. */
  count(): Promise<void>
}

export interface GrantChurnDependencies {
  readonly stage: TestEnvironment
  /** Nodes that are up. */
  readonly nodes: () => readonly NodeProcess[]
  readonly ledger: ExpectedState
  /** One request through a random node, recorded in the expected state under this key. */
  readonly ask: (key: string, person: Person, url: string) => Promise<void>
  readonly stopping: AbortSignal
}

/** Number of long-lived grants: for each new one the oldest is revoked. */
const mostKept = 40
/** Milliseconds after which every node has reloaded all grants (30 s), with an allowance for a retry. */
const allReadAgain = 40_000

export function createGrantChurn({ stage, nodes, ledger, ask, stopping }: GrantChurnDependencies): GrantChurn {
  const wiki = stage.origin('wiki')
  const erp = stage.origin('erp')
  /** Oldest first. */
  const kept: string[] = []
  /** Epoch milliseconds from which Miro's grants are known again. */
  let certainAt = 0
  let number = 0

  const some = (): NodeProcess | undefined => nodes()[Math.floor(Math.random() * nodes().length)]

  async function visit(): Promise<void> {
    const [first] = nodes()
    if (first === undefined || Date.now() < certainAt || !(await hasNone(first))) return
    const miro = stage.person('miro')
    const times = async (rounds: number, work: () => Promise<unknown>): Promise<void> => {
      for (let round = 0; round < rounds && !stopping.aborted; round++) {
        await work()
        await pause(150)
      }
    }
    try {
      await miro.signIn(wiki, first.port)
      await miro.signIn(erp, first.port)
      const key = `miro in the erp ${++number}`
      await ask('miro in the wiki', miro, wiki)
      const id = await give('miro')
      if (id === undefined) return void (certainAt = Date.now() + allReadAgain)
      ledger.granted(id)
      await miro.signIn(erp, first.port).catch(() => undefined)
      await times(10, async () => {
        // A new grant is not yet effective everywhere: a denial within two seconds proves nothing.
        await miro.ask(erp, some()?.port ?? first.port).catch(() => undefined)
        await ask('miro in the wiki', miro, wiki)
      })
      if (!(await takeBack(id))) return void (certainAt = Date.now() + allReadAgain)
      ledger.ended(key)
      await times(25, () => ask(key, miro, erp))
    } finally {
      const signOut = `${wiki}/.einlass/sign-out`
      await miro.ask(signOut, first.port, { method: 'POST', page: true, body: '' }).catch(() => undefined)
      miro.close()
    }
  }

  /** After a lost response a grant may or may not exist: it is revoked before the next one is judged. */
  async function hasNone(node: NodeProcess): Promise<boolean> {
    const told = await node.admin('GET', '/grants').catch(() => undefined)
    if (told?.status !== 200) return false
    const all = told.value as { readonly id: string; readonly who: string; readonly revokedAt?: number | null }[]
    for (const { id, who, revokedAt } of all) {
      if (who === 'company|miro' && typeof revokedAt !== 'number' && !(await takeBack(id))) return false
    }
    return true
  }

  /** Undefined when the outcome is unknown. */
  async function give(name: string): Promise<string | undefined> {
    const grant = { who: `company|${name}`, app: 'erp', until: Date.now() + 3_600_000 }
    const given = await some()
      ?.admin('POST', '/grants', grant)
      .catch(() => undefined)
    return given?.status === 200 ? (given.value as { id: string }).id : undefined
  }

  /** False when the outcome is unknown. */
  async function takeBack(id: string): Promise<boolean> {
    ledger.revoked(id)
    const taken = await some()
      ?.admin('POST', '/grants/revoke', { id })
      .catch(() => undefined)
    return taken?.status === 200
  }

  return {
    visit,
    async keep() {
      const id = await give(`visitor-${++number % mostKept}`)
      if (id === undefined) return
      ledger.granted(id)
      kept.push(id)
      if (kept.length > mostKept) await takeBack(kept.shift()!)
    },
    async count() {
      for (const node of nodes()) {
        const askedAt = Date.now()
        const told = await node.admin('GET', '/grants').catch(() => undefined)
        if (told?.status === 200)
          ledger.seen(new Set((told.value as { id: string }[]).map(({ id }) => id)), node.name, askedAt)
      }
    },
  }
}
