// The repository of grants: those declared in YAML and those given at run time, one view.

import { randomBytes } from 'node:crypto'
import type { Actor, Recorder } from '../audit/event.ts'
import type { Grant, GrantLevel } from '../policy/grant.ts'
import { subjectKey, type Subject } from '../policy/subject.ts'
import type { Changes } from '../store/changes.ts'
import type { Seal } from '../store/seal.ts'
import type { Store } from '../store/store.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Entitlements, Fallen } from './entitlement.ts'
import { createGrantIndex, type Difference } from './grant-index.ts'
import { createGrantRecords, kept } from './grant-records.ts'
import { checkNewGrant, GrantRefused, type NewGrant } from './new-grant.ts'
import { createStanding } from './standing.ts'
import { nameOf, type Telling } from './telling.ts'

export { GrantRefused, type NewGrant } from './new-grant.ts'

export interface Grants {
  /**
   * From memory: every node holds all of them and follows the change log. The same list as long as nothing about it
   * changed. An address counts only for the provider the grant names; a grant that rests on what the configuration no
   * longer offers this person is not among them.
   */
  of(subject: Subject | Pick<Subject, 'provider' | 'sub' | 'email'>, app: string): readonly Grant[]
  /** Revoked and expired ones for 90 days more. */
  all(): readonly Grant[]
  /** Rejects with `GrantRefused` (`bad_grant`), or when the store cannot be asked; nothing was given then. */
  give(grant: NewGrant, actor: Actor): Promise<Grant>
  /**
   * A grant whose id says what it came of. Whoever is first writes and records it; the one that stands there then is
   * the answer. Rejects when the store cannot be asked.
   */
  establish(grant: Grant, actor: Actor): Promise<Grant>
  /**
   * Prolongs a grant that is neither revoked nor over; never shortens it. With `request` it happens once for each
   * request, however often it is asked. Undefined when there is nothing (left) to prolong.
   */
  prolong(id: string, terms: Prolongation, actor: Actor): Promise<Grant | undefined>
  /** From the store. */
  read(id: string): Promise<Grant | undefined>
  /** False when there is no such grant or it was revoked before (then it counts nowhere afterwards). Rejects with `declared_grant` for one of the YAML. */
  revoke(id: string, actor: Actor): Promise<boolean>
  /** Grants of the configuration just applied; replaces the earlier ones. Records what came and went. */
  declare(grants: readonly Grant[], actor: Actor): void
  /**
   * Called with the ids of grants that changed, on whichever node, once `of` answers with the change; and with the apps
   * concerned, because a grant that is gone is no longer among `all`.
   */
  onChange(listener: (grantIds: readonly string[], apps: readonly string[]) => void): void
  /** Reads everything from the store; until it resolved once, `of` must not be asked. */
  load(): Promise<void>
  /** Follows no further change and tries nothing again. */
  stop(): void
}

export interface Prolongation {
  readonly request?: string
  /** Epoch milliseconds. */
  readonly until: number
  /** As it is when left out. */
  readonly level?: GrantLevel
}

export interface GrantsParts {
  readonly store: Store
  readonly changes: Changes
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly record: Recorder
  readonly now: () => number
  readonly log?: Logger
  /** Of the configuration in force; without it nothing but times and revocation ends a grant. */
  readonly entitlements?: () => Entitlements
  readonly telling?: Telling
}

export function createGrants(parts: GrantsParts): Grants {
  const { store, changes, seal, record, now, log, entitlements, telling } = parts
  const records = createGrantRecords({ store, seal, now })
  const index = createGrantIndex()
  const standing = createStanding(entitlements)
  const listeners: ((grantIds: readonly string[], apps: readonly string[]) => void)[] = []
  let declared: ReadonlyMap<string, Grant> = new Map()
  /** What changed here while everything is being read: what was read of it may be older. */
  let touched: Set<string> | undefined
  let reading: Promise<void> | undefined
  let readAgain = false
  /** By grant: the reading begun last. Only that one counts, however the answers come in. */
  const readings = new Map<string, object>()
  let retry: NodeJS.Timeout | undefined
  let stopped = false
  // A node can die, or time out, between writing and announcing: what nobody heard of is found in time.
  const rereading = setInterval(() => void load().catch(() => later()), rereadEvery)
  rereading.unref()

  changes.on((change) => {
    if (stopped) return
    if (change === 'everything') void load().catch(() => later())
    else if (change.kind === 'grant_changed') void refresh(change.grant)
  })

  function notify({ ids, apps }: Difference): void {
    if (ids.length === 0) return
    for (const listener of listeners) listener(ids, apps)
  }

  function apply(id: string, grant: Grant | undefined): void {
    touched?.add(id)
    notify(index.put(id, grant))
  }

  /** Another node changed it. Unreadable, it is not believed until it can be read again: it may have been revoked. */
  async function refresh(id: string): Promise<void> {
    const mine = {}
    readings.set(id, mine)
    let grant: Grant | undefined
    try {
      grant = await records.read(id)
    } catch (error) {
      log?.warn({ grant: id, error }, 'a changed grant cannot be read: it does not count until it can')
      later()
    }
    if (readings.get(id) !== mine) return
    readings.delete(id)
    if (!declared.has(id)) apply(id, grant && asHeard(grant))
  }

  /** A store that went back to an earlier state does not give back what was taken: it is taken there again. */
  function asHeard(grant: Grant): Grant {
    const known = index.get(grant.id)
    if (known?.revokedAt === undefined || grant.revokedAt !== undefined) return grant
    log?.warn({ grant: grant.id }, 'the store had forgotten that a grant was revoked: it is revoked again')
    records.revoke(grant.id, known.revokedFor).then(
      () => announce(grant.id),
      () => later(),
    )
    return known
  }

  function later(): void {
    if (stopped) return
    retry ??= setTimeout(() => {
      retry = undefined
      void load().catch(() => later())
    }, retryAfter).unref()
  }

  function load(): Promise<void> {
    if (reading !== undefined) {
      // What is being read may be older than the reason to read: once more afterwards.
      readAgain = true
      return reading
    }
    reading = readAll().finally(() => {
      reading = undefined
    })
    return reading
  }

  async function readAll(): Promise<void> {
    do {
      readAgain = false
      touched = new Set()
      try {
        const found = await records.readAll()
        const next = new Map([...found.map((grant) => [grant.id, asHeard(grant)] as const), ...declared])
        for (const id of touched) {
          const grant = index.get(id)
          if (grant === undefined) next.delete(id)
          else next.set(id, grant)
        }
        notify(index.replace(next))
      } finally {
        touched = undefined
      }
    } while (readAgain)
  }

  async function announce(id: string): Promise<void> {
    // It is written: what cannot be announced now is announced when the store is back, and swept in any case.
    await changes.announce({ kind: 'grant_changed', grant: id }).catch((error: unknown) => {
      log?.warn({ grant: id, error }, 'a changed grant could not be announced')
    })
  }

  function tell(activity: 'given' | 'revoked' | 'extended', grant: Grant, actor: Actor): void {
    if (telling !== undefined) return record(telling.grantEvent(now(), activity, grant, actor))
    const { id, who, app, level, from, until, reason, sponsor } = grant
    record({ kind: 'grant', at: now(), actor, activity, grant: { id, who, app, level, from, until, reason, sponsor } })
  }

  /** Written: known here at once, recorded, and announced to the others. */
  async function changed(activity: 'given' | 'revoked' | 'extended', grant: Grant, actor: Actor): Promise<Grant> {
    readings.delete(grant.id)
    apply(grant.id, grant)
    tell(activity, grant, actor)
    await announce(grant.id)
    return grant
  }

  /** What rests on what the configuration no longer says counts nowhere already; here it also ends for good. */
  async function fall(id: string, why: Fallen): Promise<void> {
    try {
      const revoked = await records.revoke(id, why)
      if (revoked === undefined) await refresh(id)
      else await changed('revoked', revoked, { kind: 'system' })
    } catch (error) {
      log?.warn({ grant: id, error }, 'a grant whose ground is gone does not count, but could not be ended yet')
      setTimeout(() => void (stopped || fall(id, why)), retryAfter).unref()
    }
  }

  /** Every node declares the same lines at every start: recorded by the one that was first to say so. */
  function tellOnce(activity: 'given' | 'revoked', grant: Grant, actor: Actor): void {
    const first = activity === 'given' ? records.declare(grant) : records.withdraw(grant)
    first.then(
      (news) => news && tell(activity, grant, actor),
      () => tell(activity, grant, actor),
    )
  }

  const over = (grant: Grant): boolean => grant.revokedAt !== undefined || grant.until <= now()

  return {
    of(subject, app) {
      // A `sub` that looks like an address must not pass for one.
      const who = subject.sub.startsWith('mailto:') ? undefined : subjectKey(subject)
      const mailbox = subject.email === undefined ? undefined : `${subject.provider}|mailto:${subject.email}`
      return standing(index.of(who, mailbox, app), subject)
    },
    all() {
      const old = now() - kept
      for (const { id, until, revokedAt } of index.all()) if ((revokedAt ?? until) < old) index.put(id, undefined)
      return index.all()
    },
    async give(wanted, actor) {
      const grant: Grant = {
        ...checkNewGrant(wanted),
        id: randomBytes(10).toString('hex'),
        origin: 'runtime',
        givenBy: nameOf(actor),
        revokedAt: undefined,
      }
      await records.add(grant)
      return changed('given', grant, actor)
    },
    async establish(grant, actor) {
      // A store that went back to an earlier state asks for what was taken back already.
      const known = index.get(grant.id)
      if (known?.revokedAt !== undefined) return known
      if (!(await records.establish(grant))) {
        await refresh(grant.id)
        return (await records.read(grant.id)) ?? grant
      }
      await changed('given', grant, actor)
      // Decided when the configuration still offered it, carried out when it no longer does.
      const why = entitlements?.().fallen(grant)
      if (why !== undefined) await fall(grant.id, why)
      return grant
    },
    async prolong(id, { request, until, level }, actor) {
      let before: Grant | undefined
      const prolonged = await records.change(id, (grant) => {
        before = grant
        if (request !== undefined && grant.extensions?.includes(request)) return undefined
        if (!(now() < grant.until)) return undefined
        const extensions = [...(grant.extensions ?? []), ...(request === undefined ? [] : [request])]
        return { ...grant, level: level ?? grant.level, until: Math.max(grant.until, until), extensions }
      })
      if (prolonged !== undefined) return changed('extended', prolonged, actor)
      return request !== undefined && before?.extensions?.includes(request) ? before : undefined
    },
    read: (id) => records.read(id),
    async revoke(id, actor) {
      if (declared.has(id)) {
        throw new GrantRefused('declared_grant', `the grant ${id} is declared in the configuration: take it out there`)
      }
      const revoked = await records.revoke(id)
      if (revoked === undefined) {
        // Revoked by somebody who could not say so any more: asked again, everybody hears of it.
        if (index.get(id) !== undefined && index.get(id)?.revokedAt === undefined) {
          await refresh(id)
          await announce(id)
        }
        return false
      }
      await changed('revoked', revoked, actor)
      return true
    },
    declare(grants, actor) {
      const next = new Map(grants.map((grant) => [grant.id, grant]))
      const gone = [...declared.values()].filter(({ id }) => !next.has(id))
      const come = grants.filter(({ id }) => !declared.has(id))
      declared = next
      const differences: Difference[] = []
      for (const { id } of gone) {
        touched?.add(id)
        differences.push(index.put(id, undefined))
      }
      for (const grant of next.values()) {
        touched?.add(grant.id)
        differences.push(index.put(grant.id, grant))
      }
      for (const grant of gone) tellOnce('revoked', grant, actor)
      for (const grant of come) tellOnce('given', grant, actor)
      notify({
        ids: differences.flatMap(({ ids }) => ids),
        apps: [...new Set(differences.flatMap(({ apps }) => apps))],
      })
      for (const grant of index.all()) {
        const why = over(grant) ? undefined : entitlements?.().fallen(grant)
        if (why !== undefined) void fall(grant.id, why)
      }
    },
    onChange: (listener) => void listeners.push(listener),
    load,
    stop() {
      stopped = true
      clearInterval(rereading)
      clearTimeout(retry)
    },
  }
}

/** Milliseconds, both. */
const retryAfter = 1000
const rereadEvery = 30_000
