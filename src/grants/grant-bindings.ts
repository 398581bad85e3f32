// Grant bindings: a grant to an address (`provider|mailto:address`) belongs to the first account that uses it.
//
// An address can be given to another person later, the `sub` of an account cannot (OIDC Core section 5.7). One record per
// grant, written once by set-if-absent: of two nodes one wins, and both learn which.

import { createHash } from 'node:crypto'
import type { Actor, Origin, Recorder } from '../audit/event.ts'
import type { Grant } from '../policy/grant.ts'
import { subjectKey, type Subject } from '../policy/subject.ts'
import type { ChangeFeed } from '../store/change-feed.ts'
import { createReplica } from '../store/replica.ts'
import type { Seal } from '../store/seal.ts'
import { createSealedCollection } from '../store/sealed-collection.ts'
import type { Store } from '../store/store.ts'
import type { Logger } from '../telemetry/logger.ts'

export interface GrantBinding {
  /** Id of the grant. */
  readonly id: string
  readonly sub: string
  /** Epoch milliseconds. */
  readonly at: number
  /** Epoch milliseconds: end of the grant. */
  readonly until: number
}

type Account = Pick<Subject, 'provider' | 'sub' | 'email'>

export interface GrantBindings {
  /** The `sub` a grant is bound to, as far as this node knows. */
  subOf(id: string): string | undefined
  /** Binds the grant unless it is bound already, and records it. Rejects when the store is unreachable. */
  bind(grant: Grant, subject: Account): Promise<void>
  /** Before a grant is extended: its binding lasts as long. Rejects when the store is unreachable. */
  prolong(id: string, until: number): Promise<void>
  /** Records a finding, once a day for each grant and account. Never throws. */
  reportInherited(grant: Grant, subject: Account, origin: Origin): void
  load(): Promise<void>
  stop(): void
}

const day = 86_400_000

function actorOf({ provider, sub, email }: Account): Actor {
  return { kind: 'person', provider, sub, ...(email === undefined ? {} : { email }) }
}

/** `onBound`: called with the ids of grants whose binding has become known here. */
export function createGrantBindings(
  parts: {
    readonly store: Store
    readonly changes: ChangeFeed
    readonly seal: Pick<Seal, 'seal' | 'open'>
    readonly record: Recorder
    readonly now: () => number
    readonly log?: Logger | undefined
  },
  retention: number,
  onBound: (ids: readonly string[]) => void,
): GrantBindings {
  const { store, changes, record, log, now } = parts
  const bound = new Map<string, GrantBinding>()
  const records = createSealedCollection<GrantBinding>({
    ...parts,
    kind: 'grant-binding',
    idsKey: 'grant-bindings',
    until: ({ until }) => until,
    retention,
    revive: (binding) => binding,
  })
  const replica = createReplica<GrantBinding>({
    records,
    changes,
    kind: 'grant',
    log,
    // A binding never changes: what cannot be read at present, or was lost by the store, stays in force here.
    apply: (_id, binding) => void (binding !== undefined && learn([binding])),
    applyAll(all) {
      const stored = new Set(all.map(({ id }) => id))
      for (const [id, binding] of bound) {
        if (binding.until + retention < now()) bound.delete(id)
        else if (!stored.has(id)) records.create(id, binding).catch(replica.loadSoon)
      }
      learn(all)
    },
  })

  function learn(all: readonly GrantBinding[]): void {
    const fresh = all.filter(({ id }) => !bound.has(id))
    for (const binding of fresh) bound.set(binding.id, binding)
    if (fresh.length > 0) onBound(fresh.map(({ id }) => id))
  }

  return {
    subOf: (id) => bound.get(id)?.sub,
    async bind({ id, who, app, until }, subject) {
      if (bound.has(id)) return
      const binding: GrantBinding = { id, sub: subject.sub, at: now(), until }
      if (await records.create(id, binding)) {
        replica.supersede(id)
        learn([binding])
        const title = 'A grant to an address was used for the first time'
        const detail = `${who} is ${subjectKey(subject)} from now on (grant ${id} for ${app})`
        record({
          kind: 'finding',
          at: now(),
          actor: actorOf(subject),
          origin: undefined,
          title,
          detail,
          severity: 'low',
        })
        return replica.announce(id)
      }
      const other = await records.read(id)
      if (other === undefined) throw new Error(`the binding of grant ${id} exists and cannot be read`)
      learn([other])
    },
    async prolong(id, until) {
      if (!bound.has(id)) return
      await records.change(id, (binding) => binding && { ...binding, until: Math.max(binding.until, until) })
    },
    reportInherited({ id, who, app, boundTo }, subject, origin) {
      const title = 'An account came with the address of a grant that belongs to another account'
      const detail = `${subjectKey(subject)} has the address of grant ${id} (${who} for ${app}), which ${subject.provider}|${boundTo} used first`
      const report = (): void =>
        record({ kind: 'finding', at: now(), actor: actorOf(subject), origin, title, detail, severity: 'high' })
      const account = createHash('sha256').update(subjectKey(subject)).digest('hex').slice(0, 20)
      store.add(`grant-inherited:${id}:${account}`, '1', day).then((isFirst) => isFirst && report(), report)
    },
    load: replica.load,
    stop: replica.stop,
  }
}
