// Lines of `einlass status` about the certificates of `gateway.acme`.

import type { HostStatus } from '../acme/host-status.ts'
import { escapeControls, formatTime } from './table.ts'

export function certificateLines(certificates: readonly HostStatus[]): string[] {
  return certificates.map(({ host, issuer, until, renewAt, failure }) => {
    const what =
      until === null
        ? `NONE YET${failure === null ? ', is being ordered' : ''}: https connections to this host are refused`
        : `until ${formatTime(until)}, by ${escapeControls(issuer ?? '')}, ${failure === null ? `renewed at ${formatTime(renewAt ?? until)}` : 'RENEWAL FAILS'}`
    return `certificate    ${host}: ${what}`
  })
}

/** Why a host has no certificate, or will soon have none: cause, mend, and when it is tried again. */
export function certificatesNeedingAttention(certificates: readonly HostStatus[]): string[] {
  return certificates.flatMap(({ host, state, until, failure }) => {
    const what = {
      valid: [],
      late: [`its certificate ends at ${formatTime(until ?? 0)} and cannot be renewed`],
      ended: [`its certificate ended at ${formatTime(until ?? 0)}: browsers refuse it`],
      missing: ['no certificate yet: https connections are refused'],
    }[state]
    return what.map((text) => `${host}: ${text}${failureText(failure)}`)
  })
}

function failureText(failure: HostStatus['failure']): string {
  if (failure === null) return '; it is being ordered'
  const { cause, mend, since, count, nextAttempt } = failure
  const times = count === 1 ? 'once' : `${count} times`
  return `. Failed ${times} since ${formatTime(since)}: ${escapeControls(cause)}. To mend it: ${escapeControls(mend)}. Next attempt at ${formatTime(nextAttempt)}, or after a reload`
}
