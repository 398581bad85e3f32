// Lines of `einlass status` about the certificates of `gateway.acme`.

import type { HostStatus } from '../acme/host-status.ts'
import { escapeControls, formatTime } from './table.ts'

/** `zone`: IANA name. */
export function certificateLines(certificates: readonly HostStatus[], zone: string): string[] {
  return certificates.map(({ host, issuer, until, renewAt, failure }) => {
    const what =
      until === null
        ? `NONE YET${failure === null ? ', is being ordered' : ''}: https connections to this host are refused`
        : `until ${formatTime(until, zone)}, by ${escapeControls(issuer ?? '')}, ${failure === null ? `renewed at ${formatTime(renewAt ?? until, zone)}` : 'RENEWAL FAILS'}`
    return `certificate    ${host}: ${what}`
  })
}

/** `zone`: IANA name. Why a host has no certificate, or will soon have none: cause, mend, and when it is tried again. */
export function certificatesNeedingAttention(certificates: readonly HostStatus[], zone: string): string[] {
  return certificates.flatMap(({ host, state, until, failure }) => {
    const what = {
      valid: [],
      late: [`its certificate ends at ${formatTime(until ?? 0, zone)} and cannot be renewed`],
      ended: [`its certificate ended at ${formatTime(until ?? 0, zone)}: browsers refuse it`],
      missing: ['no certificate yet: https connections are refused'],
    }[state]
    return what.map((text) => `${host}: ${text}${failureText(failure, zone)}`)
  })
}

function failureText(failure: HostStatus['failure'], zone: string): string {
  if (failure === null) return '; it is being ordered'
  const { cause, mend, since, count, nextAttempt } = failure
  const times = count === 1 ? 'once' : `${count} times`
  return `. Failed ${times} since ${formatTime(since, zone)}: ${escapeControls(cause)}. To mend it: ${escapeControls(mend)}. Next attempt at ${formatTime(nextAttempt, zone)}, or after a reload`
}
