// Keeps the requests of all nodes in memory, and does what nobody asks for: writes down what lapsed, carries out what a
// node that died had decided, reports emergencies nobody reviewed.

import type { Recorder } from '../audit/event.ts'
import { subjectKey } from '../policy/subject.ts'
import type { Changes } from '../store/changes.ts'
import type { Store } from '../store/store.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { GrantRequest } from './grant-request.ts'
import { asOf, createRequestIndex, type RequestIndex } from './request-index.ts'
import type { RequestRecords } from './request-records.ts'
import { step } from './request-states.ts'
import type { Telling } from './telling.ts'

export interface RequestFollowing {
  readonly index: RequestIndex
  announce(id: string): Promise<void>
  load(): Promise<void>
  stop(): void
}

/** Milliseconds, all of them. */
const tendEvery = 2_000
const rereadEvery = 30_000
const retryAfter = 1_000

export function createRequestFollowing(parts: {
  readonly store: Store
  readonly changes: Changes
  readonly records: RequestRecords
  readonly settle: (request: GrantRequest) => Promise<GrantRequest>
  readonly record: Recorder
  readonly telling: Telling
  readonly now: () => number
  readonly log?: Logger
}): RequestFollowing {
  const { store, changes, records, settle, record, telling, now, log } = parts
  const index = createRequestIndex(now)
  let stopped = false
  let reading: Promise<void> | undefined
  let retry: NodeJS.Timeout | undefined
  let tending = false
  let loaded = false
  const rereading = setInterval(() => loadQuietly(), rereadEvery)
  const tended = setInterval(() => void tend(), tendEvery)
  rereading.unref()
  tended.unref()

  changes.on((change) => {
    if (stopped) return
    if (change === 'everything') loadQuietly()
    else if (change.kind === 'request_changed') void refresh(change.request)
  })

  async function refresh(id: string): Promise<void> {
    try {
      const found = await records.read(id)
      if (found !== undefined) index.put(found.request)
    } catch (error) {
      log?.warn({ request: id, error }, 'a changed request cannot be read yet')
      later()
    }
  }

  function loadQuietly(): void {
    load().catch(later)
  }

  function later(): void {
    if (stopped) return
    retry ??= setTimeout(() => {
      retry = undefined
      loadQuietly()
    }, retryAfter).unref()
  }

  function load(): Promise<void> {
    reading ??= (async () => {
      const before = index.ids()
      index.replace(await records.readAll(), before)
      loaded = true
    })().finally(() => {
      reading = undefined
    })
    return reading
  }

  async function tend(): Promise<void> {
    if (tending || stopped || !loaded) return
    tending = true
    try {
      for (const request of index.all()) if (!stopped) await tendOne(request)
      for (const seen of [written, reported]) for (const id of seen) if (index.get(id) === undefined) seen.delete(id)
    } catch (error) {
      log?.warn({ error }, 'requests could not be tended; it is tried again')
    } finally {
      tending = false
    }
  }

  async function tendOne(request: GrantRequest): Promise<void> {
    try {
      if (request.state === 'approved' && !request.settled) await settle(request)
      // In memory it says lapsed since its time was over; here it is written.
      if (request.state === 'lapsed') await lapse(request)
      if (request.emergency && request.reviewed === undefined && now() >= (request.reviewBy ?? Infinity)) {
        await reportUnreviewed(request)
      }
    } catch (error) {
      // Without the store none can be seen to; whatever else is wrong with one must not hold up the others.
      if ((error as { code?: unknown }).code === 'store_unreachable') throw error
      log?.warn({ request: request.id, error }, 'a request could not be tended; it is tried again')
    }
  }

  const written = new Set<string>()

  async function lapse({ id }: GrantRequest): Promise<void> {
    if (written.has(id)) return
    const before = await records.read(id)
    if (before === undefined) return
    const taken = step(before.request.state, 'lapse')
    if (taken.done && now() >= before.request.lapsesAt) {
      const { closed } = asOf(before.request, now())
      const lapsed = { ...before.request, state: taken.state, closed, version: before.request.version + 1 }
      if (!(await records.replace(before, lapsed))) return
      index.put(lapsed)
      record(telling.requestEvent(now(), 'lapsed', lapsed, { kind: 'system' }))
      await announce(id)
    } else index.put(before.request)
    written.add(id)
  }

  const reported = new Set<string>()

  async function reportUnreviewed(request: GrantRequest): Promise<void> {
    const { id, app, by, reviewBy } = request
    if (reported.has(id)) return
    // Until the request itself is forgotten: told by one node, once.
    const first = await store.add(`request-unreviewed:${id}`, '1', Math.max(1, reviewBy! - now()) + 91 * 86_400_000)
    reported.add(id)
    if (!first) return
    const actor = { kind: 'system' } as const
    record(telling.requestEvent(now(), 'unreviewed', request, actor))
    record({
      kind: 'finding',
      at: now(),
      actor,
      origin: undefined,
      title: `Emergency access to ${app} was not reviewed`,
      detail: `what ${subjectKey(by)} did in an emergency nobody has reviewed in time (request ${id})`,
      severity: 'high',
    })
  }

  async function announce(id: string): Promise<void> {
    // It is written: what cannot be announced now is announced when the store is back, and reread in any case.
    await changes.announce({ kind: 'request_changed', request: id }).catch((error: unknown) => {
      log?.warn({ request: id, error }, 'a changed request could not be announced')
    })
  }

  return {
    index,
    announce,
    load,
    stop() {
      stopped = true
      clearInterval(rereading)
      clearInterval(tended)
      clearTimeout(retry)
    },
  }
}
