// Repository of grants: one view of those declared in the configuration and those given at run time.

import { randomBytes } from 'node:crypto'
import type { Actor, Origin, Recorder } from '../audit/event.ts'
import type { Grant, GrantLevel } from '../policy/grant.ts'
import { subjectKey, type Subject } from '../policy/subject.ts'
import type { ChangeFeed } from '../store/change-feed.ts'
import type { Seal } from '../store/seal.ts'
import type { Store } from '../store/store.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Entitlements, InvalidReason } from './entitlements.ts'
import { createGrantBindings } from './grant-bindings.ts'
import { createGrantReplica } from './grant-replica.ts'
import { orphanedFollowUps, undeclaredFollowUps } from './follow-ups.ts'
import { noGrants } from './grant-index.ts'
import { createGrantRecords, retention } from './grant-records.ts'
import { validateNewGrant, GrantRejected, type NewGrant } from './validate-grant.ts'
import { createValidGrants } from './valid-grants.ts'
import { nameOf, type GrantEvents } from './grant-events.ts'

export { GrantRejected, type NewGrant } from './validate-grant.ts'

export interface Grants {
  /**
   * Read from the replica in memory. The identical list until one of its grants changes. An address matches only for the
   * provider that the grant names; grants the configuration no longer entitles this subject to are left out.
   */
  of(subject: Subject | Pick<Subject, 'provider' | 'sub' | 'email'>, app: string): readonly Grant[]
  /** Revoked and expired grants stay listed for 90 days. */
  all(): readonly Grant[]
  /** Rejects with `GrantRejected` (`bad_grant`), or when the store is unreachable; then nothing was given. */
  give(grant: NewGrant, actor: Actor): Promise<Grant>
  /**
   * Creates a grant whose id derives from its origin. The first caller writes and records it; every caller gets the stored
   * grant. Rejects when the store is unreachable.
   */
  createIdempotent(grant: Grant, actor: Actor): Promise<Grant>
  /**
   * Extends a grant that is neither revoked nor expired; never shortens it. With `request` it is idempotent per request.
   * Undefined when there is nothing to extend.
   */
  extend(id: string, terms: GrantExtension, actor: Actor): Promise<Grant | undefined>
  /** Declared in the configuration, or read from the store; with its binding. */
  find(id: string): Promise<Grant | undefined>
  /** Read from the store. */
  read(id: string): Promise<Grant | undefined>
  /** False when there is no such grant or it was already revoked. Rejects with `declared_grant` for a declared grant. */
  revoke(id: string, actor: Actor): Promise<boolean>
  /** A grant to an address that no account has used yet. Read from the replica. */
  isUnbound(id: string): boolean
  /**
   * Binds a grant to an address to this account, unless another was first; visible in `of` afterwards. Rejects when the
   * store is unreachable.
   */
  bind(id: string, subject: Pick<Subject, 'provider' | 'sub' | 'email'>): Promise<void>
  /** Records a finding, once a day for each grant and account. Never throws. */
  reportInherited(grant: Grant, subject: Pick<Subject, 'provider' | 'sub' | 'email'>, origin: Origin): void
  /** Replaces the grants declared in the configuration; records added and removed ones. */
  setDeclared(grants: readonly Grant[], actor: Actor): void
  /**
   * Called after a change on any node has become visible in `of`, with the ids of changed grants and their apps (a removed
   * grant is no longer in `all`).
   */
  onChange(listener: (grantIds: readonly string[], apps: readonly string[]) => void): void
  /** Loads all grants from the store; must resolve once before `of` is called. */
  load(): Promise<void>
  /** Stops following changes and retrying. */
  stop(): void
}

export interface GrantExtension {
  readonly request?: string
  /** Epoch milliseconds. */
  readonly until: number
  /** As `Grant.timeZone`. */
  readonly timeZone?: string | undefined
  /** Unchanged when omitted. */
  readonly level?: GrantLevel
}

export interface GrantsDependencies {
  readonly store: Store
  readonly changes: ChangeFeed
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly record: Recorder
  readonly now: () => number
  readonly log?: Logger
  /** Of the active configuration; without it only time and revocation end a grant. */
  readonly entitlements?: () => Entitlements
  readonly grantEvents?: GrantEvents
}

export function createGrants(deps: GrantsDependencies): Grants {
  const { store, changes, seal, record, now, log, entitlements, grantEvents } = deps
  const records = createGrantRecords({ store, seal, now })
  const bindings = createGrantBindings(deps, retention, (ids) => replica.rebind(ids))
  const replica = createGrantReplica({ changes, records, log, boundTo: bindings.subOf })
  const { index, refresh, announce } = replica
  const validGrants = createValidGrants(entitlements)
  replica.onChange((ids) => {
    const ended = ids.some(
      (id) => index.get(id)?.revokedAt !== undefined || index.get(id)?.basis?.follows !== undefined,
    )
    if (!ended) return
    for (const { id } of orphanedFollowUps(index.all(), index.get, now())) void endInvalid(id, 'followed_gone')
  })
  let stopped = false

  function recordEvent(activity: 'given' | 'revoked' | 'extended', grant: Grant, actor: Actor): void {
    if (grantEvents !== undefined) return record(grantEvents.grantEvent(now(), activity, grant, actor))
    const { id, who, app, level, from, until, reason, sponsor } = grant
    record({ kind: 'grant', at: now(), actor, activity, grant: { id, who, app, level, from, until, reason, sponsor } })
  }

  /** After a write: applies it to the replica, records it and announces it to other nodes. */
  async function changed(activity: 'given' | 'revoked' | 'extended', grant: Grant, actor: Actor): Promise<Grant> {
    replica.apply(grant)
    recordEvent(activity, grant, actor)
    await announce(grant.id)
    return grant
  }

  /** Revokes a grant that the configuration no longer covers; decisions ignore it already. Retries until it succeeds. */
  async function endInvalid(id: string, why: InvalidReason): Promise<void> {
    try {
      const revoked = await records.revoke(id, why)
      if (revoked === undefined) await refresh(id)
      else await changed('revoked', revoked, { kind: 'system' })
    } catch (error) {
      log?.warn({ grant: id, error }, 'an invalid grant is ignored but could not be revoked yet; will retry')
      setTimeout(() => void (stopped || endInvalid(id, why)), retryAfter).unref()
    }
  }

  /** All nodes declare the same grants at every start: only the first node records the event. */
  function recordOnce(activity: 'given' | 'revoked', grant: Grant, actor: Actor): void {
    const first = activity === 'given' ? records.setDeclared(grant) : records.removeDeclared(grant)
    first.then(
      (isFirst) => isFirst && recordEvent(activity, grant, actor),
      () => recordEvent(activity, grant, actor),
    )
  }

  const over = (grant: Grant): boolean => grant.revokedAt !== undefined || grant.until <= now()

  return {
    of(subject, app) {
      // Most apps have no grants: skip building keys.
      if (!index.hasFor(app)) return noGrants
      // A `sub` that looks like `mailto:` must not match a grant by address.
      const who = subject.sub.startsWith('mailto:') ? undefined : subjectKey(subject)
      const email = entitlements === undefined ? subject.email : entitlements().emailOf(subject)
      const mailbox = email === undefined ? undefined : `${subject.provider}|mailto:${email}`
      return validGrants(index.of(who, mailbox, app), subject)
    },
    all() {
      const old = now() - retention
      for (const { id, until, revokedAt } of index.all()) if ((revokedAt ?? until) < old) index.put(id, undefined)
      return index.all()
    },
    async give(wanted, actor) {
      const grant: Grant = {
        ...validateNewGrant(wanted, entitlements?.().external),
        id: randomBytes(10).toString('hex'),
        origin: 'runtime',
        givenBy: nameOf(actor),
        givenAt: now(),
        revokedAt: undefined,
      }
      await records.add(grant)
      return changed('given', grant, actor)
    },
    async createIdempotent(grant, actor) {
      // After a rollback of the store, a revoked grant may be applied again.
      const known = index.get(grant.id)
      if (known?.revokedAt !== undefined) return known
      if (!(await records.createIdempotent(grant))) {
        await refresh(grant.id)
        return (await records.read(grant.id)) ?? grant
      }
      await changed('given', grant, actor)
      // The configuration may have changed between the decision and this write.
      const why = entitlements?.().invalidReason(grant)
      if (why !== undefined) await endInvalid(grant.id, why)
      return grant
    },
    async extend(id, { request, until, timeZone, level }, actor) {
      await bindings.prolong(id, until)
      let before: Grant | undefined
      const extended = await records.change(id, (grant) => {
        before = grant
        if (request !== undefined && grant.extensions?.includes(request)) return undefined
        if (!(now() < grant.until)) return undefined
        const extensions = [...(grant.extensions ?? []), ...(request === undefined ? [] : [request])]
        const longer = until > grant.until ? { until, timeZone } : {}
        return { ...grant, level: level ?? grant.level, ...longer, extensions }
      })
      if (extended !== undefined) return changed('extended', extended, actor)
      return request !== undefined && before?.extensions?.includes(request) ? before : undefined
    },
    async find(id) {
      const grant = replica.declared().get(id) ?? (await records.read(id))
      return grant && { ...grant, boundTo: bindings.subOf(id) }
    },
    read: (id) => records.read(id),
    async revoke(id, actor) {
      if (replica.declared().has(id)) {
        throw new GrantRejected('declared_grant', `the grant ${id} is declared in the configuration: remove it there`)
      }
      const revoked = await records.revoke(id)
      if (revoked === undefined) {
        // Revoked by a node that failed before announcing it: announce it again.
        if (index.get(id) !== undefined && index.get(id)?.revokedAt === undefined) {
          await refresh(id)
          await announce(id)
        }
        return false
      }
      await changed('revoked', revoked, actor)
      return true
    },
    setDeclared(grants, actor) {
      const next = new Map(grants.map((grant) => [grant.id, grant]))
      const before = replica.declared()
      replica.setDeclared(next)
      for (const grant of before.values()) if (!next.has(grant.id)) recordOnce('revoked', grant, actor)
      for (const grant of next.values()) if (!before.has(grant.id)) recordOnce('given', grant, actor)
      for (const grant of index.all()) {
        const why = over(grant) ? undefined : entitlements?.().invalidReason(grant)
        if (why !== undefined) void endInvalid(grant.id, why)
      }
      for (const { id } of undeclaredFollowUps(index.all(), next, now())) void endInvalid(id, 'followed_gone')
    },
    isUnbound(id) {
      const grant = index.get(id)
      return grant !== undefined && grant.boundTo === undefined && grant.who.includes('|mailto:')
    },
    async bind(id, subject) {
      const grant = index.get(id)
      if (grant !== undefined) await bindings.bind(grant, subject)
    },
    reportInherited: bindings.reportInherited,
    onChange: replica.onChange,
    load: async () => void (await Promise.all([bindings.load(), replica.load()])),
    stop() {
      stopped = true
      bindings.stop()
      replica.stop()
    },
  }
}

/** Milliseconds. */
const retryAfter = 1000
