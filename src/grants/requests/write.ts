// Writes access requests by compare-and-set, and applies approved terms to grants idempotently.

import type { Recorder } from '../../audit/event.ts'
import { emergencyProvider, subjectKey } from '../../policy/subject.ts'
import type { ChangeFeed } from '../../store/change-feed.ts'
import type { Seal } from '../../store/seal.ts'
import type { Store } from '../../store/store.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { Entitlements } from '../entitlements.ts'
import type { GrantRequest, Person } from './request.ts'
import type { Grants } from '../grants.ts'
import { rejected } from './checks.ts'
import { createRequestReplica, type RequestReplica } from './replica.ts'
import { createRequestRecords, type RequestRecords } from './records.ts'
import { nameOf, type GrantEvents } from '../grant-events.ts'

export interface RequestsDependencies {
  readonly store: Store
  readonly changes: ChangeFeed
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly record: Recorder
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly grants: Pick<Grants, 'bind' | 'createIdempotent' | 'extend' | 'find' | 'isUnbound' | 'read' | 'revoke'>
  readonly entitlements: () => Entitlements
  readonly grantEvents: GrantEvents
  readonly log?: Logger
}

export interface RequestWriting {
  readonly records: RequestRecords
  readonly replica: RequestReplica
  /**
   * Compare-and-set of the request with `next`; undefined leaves it unchanged. Rejects with what `next` throws, and with
   * `RequestRejected` when there is no request.
   */
  change(id: string, next: (current: GrantRequest) => ChangeRequest | Promise<ChangeRequest>): Promise<GrantRequest>
  /** After a write: applies it to the replica and announces it to other nodes. */
  applyWrite(request: GrantRequest): Promise<void>
  /** Applies approved terms to the grant. Idempotent, on any number of nodes. */
  applyTerms(request: GrantRequest): Promise<GrantRequest>
}

type ChangeRequest = GrantRequest | undefined

export function createRequestWriting(deps: RequestsDependencies): RequestWriting {
  const { grants } = deps
  const records = createRequestRecords(deps)
  const replica = createRequestReplica({ ...deps, records, applyTerms })

  async function applyTerms(request: GrantRequest): Promise<GrantRequest> {
    const { terms, grant: id, by, emergency, closed } = request
    if (request.state !== 'approved' || request.settled || terms === undefined || id === undefined) return request
    const actor = actorOfPerson(closed?.by)
    if (request.extends === undefined || request.followUp !== undefined) {
      await grants.createIdempotent(
        {
          id,
          who: subjectKey(by),
          app: request.app,
          ...terms,
          // A follow-up has every limit of the grant it follows.
          schedule: request.followUp ? request.followUp.schedule : undefined,
          sponsor: request.followUp?.sponsor,
          reason: request.reason,
          contract: request.followUp?.contract,
          origin: 'runtime',
          givenBy: nameOf(actor),
          revokedAt: undefined,
          basis: {
            request: request.id,
            entitlement: request.followUp
              ? 'sponsor'
              : !emergency
                ? 'requests'
                : by.provider === emergencyProvider
                  ? 'codes'
                  : 'emergency',
            ...(request.followUp && { follows: request.extends }),
            email: by.email,
            groups: request.groups,
            external: request.external,
            ...(request.statedName === undefined ? {} : { statedName: request.statedName }),
          },
        },
        actor,
      )
    } else {
      await grants.extend(id, { request: request.id, until: terms.until, level: terms.level }, actor)
    }
    return change(request.id, (current) => (current.settled ? undefined : { ...current, settled: true }))
  }

  async function change(
    id: string,
    next: (current: GrantRequest) => ChangeRequest | Promise<ChangeRequest>,
  ): Promise<GrantRequest> {
    let current = undefined as GrantRequest | undefined
    const changed = await records.change(id, async (request) => {
      current = request
      const changed = await next(request)
      return changed && { ...changed, version: request.version + 1 }
    })
    if (current === undefined) throw rejected('request_unknown')
    if (changed === undefined) replica.put(current)
    else await applyWrite(changed)
    return changed ?? current
  }

  async function applyWrite(request: GrantRequest): Promise<void> {
    replica.put(request)
    await replica.announce(request.id)
  }

  return { records, replica, change, applyWrite, applyTerms }
}

/** Id of the grant of a request; deterministic, so that it is created only once. */
export function grantIdOf(request: string): string {
  return `request-${request}`
}

export function actorOfPerson(by: Person | undefined) {
  if (by === undefined) return { kind: 'system' } as const
  if (by.provider === '') return { kind: 'administrator', name: by.sub } as const
  const { provider, sub, email, name } = by
  return {
    kind: 'person',
    provider,
    sub,
    ...(email === undefined ? {} : { email }),
    ...(name === undefined ? {} : { name }),
  } as const
}
