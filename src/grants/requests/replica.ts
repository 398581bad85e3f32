// Replica of all access requests in memory, with periodic maintenance: writes lapsed states, applies approvals that a
// failed node left behind, reports emergencies whose review is overdue.

import type { Recorder } from '../../audit/event.ts'
import { subjectKey } from '../../policy/subject.ts'
import type { ChangeFeed } from '../../store/change-feed.ts'
import { createReplica } from '../../store/replica.ts'
import type { Store } from '../../store/store.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { GrantRequest } from './request.ts'
import { stateAt, createRequestIndex, type RequestIndex } from './index.ts'
import type { RequestRecords } from './records.ts'
import { transition } from './state-machine.ts'
import type { GrantEvents } from '../grant-events.ts'

export interface RequestReplica {
  readonly index: Pick<RequestIndex, 'get' | 'all'>
  /** Applies a request that was just written or read on this node. */
  put(request: GrantRequest): void
  announce(id: string): Promise<void>
  load(): Promise<void>
  stop(): void
}

/** Milliseconds. */
const maintenanceInterval = 2_000

export function createRequestReplica(parts: {
  readonly store: Store
  readonly changes: ChangeFeed
  readonly records: RequestRecords
  readonly applyTerms: (request: GrantRequest) => Promise<GrantRequest>
  readonly record: Recorder
  readonly grantEvents: GrantEvents
  readonly now: () => number
  readonly log?: Logger
}): RequestReplica {
  const { store, changes, records, applyTerms, record, grantEvents, now, log } = parts
  const index = createRequestIndex(now)
  let stopped = false
  let maintaining = false
  let loaded = false
  const maintenanceTimer = setInterval(() => void maintain(), maintenanceInterval)
  maintenanceTimer.unref()

  const replica = createReplica<GrantRequest>({
    records,
    changes,
    kind: 'request',
    log,
    // An unreadable request keeps its last state: requests alone give no access.
    apply: (_id, request) => request && index.put(request),
    applyAll(found, touched) {
      index.replace(found, touched)
      loaded = true
    },
  })
  const { announce, load } = replica

  function put(request: GrantRequest): void {
    replica.touch(request.id)
    index.put(request)
  }

  async function maintain(): Promise<void> {
    if (maintaining || stopped || !loaded) return
    maintaining = true
    try {
      for (const request of index.all()) if (!stopped) await maintainRequest(request)
      for (const seen of [written, reported]) for (const id of seen) if (index.get(id) === undefined) seen.delete(id)
    } catch (error) {
      log?.warn({ error }, 'maintenance of requests failed; will retry')
    } finally {
      maintaining = false
    }
  }

  async function maintainRequest(request: GrantRequest): Promise<void> {
    try {
      if (request.state === 'approved' && !request.settled) await applyTerms(request)
      // In memory the state is lapsed already; this writes it.
      if (request.state === 'lapsed') await lapse(request)
      if (request.emergency && request.reviewed === undefined && now() >= (request.reviewBy ?? Infinity)) {
        await reportUnreviewed(request)
      }
    } catch (error) {
      // Without the store, stop; any other error of one request must not block the others.
      if ((error as { code?: unknown }).code === 'store_unreachable') throw error
      log?.warn({ request: request.id, error }, 'maintenance of a request failed; will retry')
    }
  }

  const written = new Set<string>()

  async function lapse({ id }: GrantRequest): Promise<void> {
    if (written.has(id)) return
    let current = undefined as GrantRequest | undefined
    const lapsed = await records.change(id, (request) => {
      current = request
      const result = transition(request.state, 'lapse')
      if (!result.done || now() < request.lapsesAt) return undefined
      return { ...request, state: result.state, closed: stateAt(request, now()).closed, version: request.version + 1 }
    })
    if (current === undefined) return
    put(lapsed ?? current)
    if (lapsed !== undefined) {
      record(grantEvents.requestEvent(now(), 'lapsed', lapsed, { kind: 'system' }))
      await announce(id)
    }
    written.add(id)
  }

  const reported = new Set<string>()

  async function reportUnreviewed(request: GrantRequest): Promise<void> {
    const { id, app, by, reviewBy } = request
    if (reported.has(id)) return
    // Set-if-absent, so that one node reports it, once, for as long as the request is kept.
    const first = await store.add(`request-unreviewed:${id}`, '1', Math.max(1, reviewBy! - now()) + 91 * 86_400_000)
    reported.add(id)
    if (!first) return
    const actor = { kind: 'system' } as const
    record(grantEvents.requestEvent(now(), 'unreviewed', request, actor))
    record({
      kind: 'finding',
      at: now(),
      actor,
      origin: undefined,
      title: `Emergency access to ${app} was not reviewed`,
      detail: `the emergency access of ${subjectKey(by)} was not reviewed in time (request ${id})`,
      severity: 'high',
    })
  }

  return {
    index,
    put,
    announce,
    load,
    stop() {
      stopped = true
      clearInterval(maintenanceTimer)
      replica.stop()
    },
  }
}
