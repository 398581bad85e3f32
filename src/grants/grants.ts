// The repository of grants: those declared in YAML and those given at run time, one view.

import { randomBytes } from 'node:crypto'
import type { Actor, Recorder } from '../audit/event.ts'
import type { Grant, GrantLevel } from '../policy/grant.ts'
import { subjectKey, type Subject } from '../policy/subject.ts'
import type { ChangeFeed } from '../store/change-feed.ts'
import type { Seal } from '../store/seal.ts'
import type { Store } from '../store/store.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Entitlements, InvalidReason } from './entitlements.ts'
import { createGrantReplica } from './grant-replica.ts'
import { noGrants } from './grant-index.ts'
import { createGrantRecords, retention } from './grant-records.ts'
import { validateNewGrant, GrantRejected, type NewGrant } from './validate-grant.ts'
import { createValidGrants } from './valid-grants.ts'
import { nameOf, type GrantEvents } from './grant-events.ts'

export { GrantRejected as GrantRefused, type NewGrant } from './validate-grant.ts'

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
  createIdempotent(grant: Grant, actor: Actor): Promise<Grant>
  /**
   * Prolongs a grant that is neither revoked nor over; never shortens it. With `request` it happens once for each
   * request, however often it is asked. Undefined when there is nothing (left) to prolong.
   */
  extend(id: string, terms: GrantExtension, actor: Actor): Promise<Grant | undefined>
  /** From the store. */
  read(id: string): Promise<Grant | undefined>
  /** False when there is no such grant or it was revoked before (then it counts nowhere afterwards). Rejects with `declared_grant` for one of the YAML. */
  revoke(id: string, actor: Actor): Promise<boolean>
  /** Grants of the configuration just applied; replaces the earlier ones. Records what came and went. */
  setDeclared(grants: readonly Grant[], actor: Actor): void
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

export interface GrantExtension {
  readonly request?: string
  /** Epoch milliseconds. */
  readonly until: number
  /** As it is when left out. */
  readonly level?: GrantLevel
}

export interface GrantsDependencies {
  readonly store: Store
  readonly changes: ChangeFeed
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly record: Recorder
  readonly now: () => number
  readonly log?: Logger
  /** Of the configuration in force; without it nothing but times and revocation ends a grant. */
  readonly entitlements?: () => Entitlements
  readonly grantEvents?: GrantEvents
}

export function createGrants(deps: GrantsDependencies): Grants {
  const { store, changes, seal, record, now, log, entitlements, grantEvents } = deps
  const records = createGrantRecords({ store, seal, now })
  const replica = createGrantReplica({ changes, records, log })
  const { index, refresh, announce } = replica
  const validGrants = createValidGrants(entitlements)
  let stopped = false

  function recordEvent(activity: 'given' | 'revoked' | 'extended', grant: Grant, actor: Actor): void {
    if (grantEvents !== undefined) return record(grantEvents.grantEvent(now(), activity, grant, actor))
    const { id, who, app, level, from, until, reason, sponsor } = grant
    record({ kind: 'grant', at: now(), actor, activity, grant: { id, who, app, level, from, until, reason, sponsor } })
  }

  /** Written: known here at once, recorded, and announced to the others. */
  async function changed(activity: 'given' | 'revoked' | 'extended', grant: Grant, actor: Actor): Promise<Grant> {
    replica.apply(grant)
    recordEvent(activity, grant, actor)
    await announce(grant.id)
    return grant
  }

  /** What rests on what the configuration no longer says counts nowhere already; here it also ends for good. */
  async function endInvalid(id: string, why: InvalidReason): Promise<void> {
    try {
      const revoked = await records.revoke(id, why)
      if (revoked === undefined) await refresh(id)
      else await changed('revoked', revoked, { kind: 'system' })
    } catch (error) {
      log?.warn({ grant: id, error }, 'a grant whose ground is gone does not count, but could not be ended yet')
      setTimeout(() => void (stopped || endInvalid(id, why)), retryAfter).unref()
    }
  }

  /** Every node declares the same lines at every start: recorded by the one that was first to say so. */
  function recordOnce(activity: 'given' | 'revoked', grant: Grant, actor: Actor): void {
    const first = activity === 'given' ? records.setDeclared(grant) : records.removeDeclared(grant)
    first.then(
      (news) => news && recordEvent(activity, grant, actor),
      () => recordEvent(activity, grant, actor),
    )
  }

  const over = (grant: Grant): boolean => grant.revokedAt !== undefined || grant.until <= now()

  return {
    of(subject, app) {
      // Most apps have none at all: a request there makes no names of people to look for.
      if (!index.hasFor(app)) return noGrants
      // A `sub` that looks like an address must not pass for one.
      const who = subject.sub.startsWith('mailto:') ? undefined : subjectKey(subject)
      const mailbox = subject.email === undefined ? undefined : `${subject.provider}|mailto:${subject.email}`
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
        revokedAt: undefined,
      }
      await records.add(grant)
      return changed('given', grant, actor)
    },
    async createIdempotent(grant, actor) {
      // A store that went back to an earlier state asks for what was taken back already.
      const known = index.get(grant.id)
      if (known?.revokedAt !== undefined) return known
      if (!(await records.createIdempotent(grant))) {
        await refresh(grant.id)
        return (await records.read(grant.id)) ?? grant
      }
      await changed('given', grant, actor)
      // Decided when the configuration still offered it, carried out when it no longer does.
      const why = entitlements?.().invalidReason(grant)
      if (why !== undefined) await endInvalid(grant.id, why)
      return grant
    },
    async extend(id, { request, until, level }, actor) {
      let before: Grant | undefined
      const extended = await records.change(id, (grant) => {
        before = grant
        if (request !== undefined && grant.extensions?.includes(request)) return undefined
        if (!(now() < grant.until)) return undefined
        const extensions = [...(grant.extensions ?? []), ...(request === undefined ? [] : [request])]
        return { ...grant, level: level ?? grant.level, until: Math.max(grant.until, until), extensions }
      })
      if (extended !== undefined) return changed('extended', extended, actor)
      return request !== undefined && before?.extensions?.includes(request) ? before : undefined
    },
    read: (id) => records.read(id),
    async revoke(id, actor) {
      if (replica.declared().has(id)) {
        throw new GrantRejected('declared_grant', `the grant ${id} is declared in the configuration: take it out there`)
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
    },
    onChange: replica.onChange,
    load: replica.load,
    stop() {
      stopped = true
      replica.stop()
    },
  }
}

/** Milliseconds. */
const retryAfter = 1000
