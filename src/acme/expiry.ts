// Findings about certificates: 14, 7, 3 and 1 days before the end of one that should have been renewed, at its end, and a host without any.

import type { AuditEvent } from '../audit/event.ts'
import type { HeldCertificate, OrderFailure } from './host-record.ts'

const day = 24 * 3_600_000
/** 0: it has ended. */
const thresholds = [0, 1, 3, 7, 14] as const

type Finding = Extract<AuditEvent, { kind: 'finding' }>

/**
 * Days of the threshold that is due and was not reported yet; undefined: none. A certificate is reported only once its renewal is
 * late: one of six days is never more than 14 days from its end.
 */
export function warningDue(
  certificate: HeldCertificate,
  failure: OrderFailure | undefined,
  now: number,
): number | undefined {
  const { notBefore, notAfter, renewAt } = certificate
  // An order that has just begun is not late.
  if (now < renewAt + (failure === undefined ? (notAfter - notBefore) / 12 : 0)) return undefined
  const left = notAfter - now
  const reached = thresholds.find((days) => left <= days * day)
  return reached !== undefined && reached < (certificate.warned ?? Infinity) ? reached : undefined
}

export function expiryFinding(
  name: string,
  { notAfter }: HeldCertificate,
  failure: OrderFailure | undefined,
  now: number,
): Finding {
  const left = notAfter - now
  const until = new Date(notAfter).toISOString()
  const when = left <= 0 ? `ended on ${until}: browsers refuse it` : `ends on ${until}, in ${timeLeft(left)}`
  return {
    ...base(now),
    title: left <= 0 ? 'A certificate has ended' : 'A certificate ends soon and could not be renewed',
    detail: `the certificate of ${name} ${when}. ${failureText(failure)}`,
    severity: left <= day ? 'critical' : left <= 3 * day ? 'high' : 'medium',
  }
}

/** For the first of several failures in a row of a host that has no certificate at all. */
export function missingFinding(name: string, failure: OrderFailure, now: number): Finding {
  return {
    ...base(now),
    title: 'A host has no certificate',
    detail: `${name} cannot be reached by https: no certificate could be ordered. ${failureText(failure)}`,
    severity: 'high',
  }
}

function base(at: number) {
  return { kind: 'finding', at, actor: { kind: 'system' }, origin: undefined } as const
}

function failureText(failure: OrderFailure | undefined): string {
  return failure === undefined ? 'No order has failed yet.' : `${failure.cause}. To mend it: ${failure.mend}.`
}

function timeLeft(left: number): string {
  const days = Math.round(left / day)
  return days >= 2 ? `${days} days` : `${Math.max(1, Math.round(left / 3_600_000))} hours`
}
