// When a host is due for an order, and when it is tried again after a failure.

import type { AcmeFailure } from './acme-failure.ts'
import type { Explanation } from './explain-failure.ts'
import type { HostRecord, OrderFailure } from './host-record.ts'

const minute = 60_000

/**
 * Milliseconds to the next attempt, by the number of failures in a row. Let's Encrypt permits five failed validations of a host
 * within an hour; what fails for a day is mended by people, and a reload tries again at once.
 */
const pauses = [minute, 5 * minute, 20 * minute, 60 * minute, 180 * minute, 360 * minute]

/** `reloadedAt`: of the configuration, whose change may have mended the cause; 0: never. Epoch milliseconds, both. */
export function isDue(record: HostRecord | undefined, directory: string, now: number, reloadedAt: number): boolean {
  const failure = record?.failure
  // Before `at`: the clock was set back, and the time of the next attempt means nothing.
  if (failure !== undefined && now >= failure.at && now < failure.nextAttempt) {
    const mended = !failure.postponed && reloadedAt >= failure.at + minute
    if (!mended) return false
  }
  const certificate = record?.certificate
  // Of a staging directory, or of the authority before: it still serves until the new one is there.
  return certificate === undefined || certificate.directory !== directory || now >= certificate.renewAt
}

/** `random`: from 0 up to 1, so that hosts which failed together do not come together again. */
export function nextFailure(
  before: OrderFailure | undefined,
  failure: Pick<AcmeFailure, 'code' | 'notBefore'>,
  explanation: Explanation,
  { now, random }: { readonly now: number; readonly random: number },
): OrderFailure {
  const count = (before?.count ?? 0) + 1
  const pause = pauses[Math.min(count, pauses.length) - 1]! * (1 + random / 10)
  // The authority tells when more is permitted (RFC 8555 6.6); an hour if it does not.
  const asked = failure.notBefore ?? (failure.code === 'rateLimited' ? now + 60 * minute : 0)
  return {
    code: failure.code,
    ...explanation,
    since: before?.since ?? now,
    at: now,
    count,
    nextAttempt: Math.max(now + pause, asked),
    postponed: asked > now + pause || failure.code === 'rateLimited',
  }
}
