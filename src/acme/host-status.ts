// Status of one host of `gateway.acme`, for `einlass status` and the metrics.

import type { HostRecord } from './host-record.ts'

/** Times in epoch milliseconds; `null`: there is none. */
export interface HostStatus {
  readonly host: string
  /** `late`: it should have been renewed, and an order has failed. */
  readonly state: 'valid' | 'late' | 'ended' | 'missing'
  readonly issuer: string | null
  readonly until: number | null
  readonly renewAt: number | null
  readonly failure: {
    readonly cause: string
    readonly mend: string
    readonly since: number
    readonly count: number
    readonly nextAttempt: number
  } | null
}

export function hostStatus(host: string, record: HostRecord | undefined, now: number): HostStatus {
  const { certificate, failure } = record ?? {}
  return {
    host,
    state: stateOf(record, now),
    issuer: certificate?.issuer ?? null,
    until: certificate?.notAfter ?? null,
    renewAt: certificate?.renewAt ?? null,
    failure: failure
      ? {
          cause: failure.cause,
          mend: failure.mend,
          since: failure.since,
          count: failure.count,
          nextAttempt: failure.nextAttempt,
        }
      : null,
  }
}

function stateOf({ certificate, failure }: Partial<HostRecord> = {}, now: number): HostStatus['state'] {
  if (certificate === undefined) return 'missing'
  if (now >= certificate.notAfter) return 'ended'
  return failure === undefined ? 'valid' : 'late'
}
