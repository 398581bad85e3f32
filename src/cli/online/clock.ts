// The clock of this machine beside those of its peers, for `einlass check --online`.

import type { ClockSample, OnlineCheck } from './online-check.ts'

/** Milliseconds: tokens tolerate a minute, and `Date` has whole seconds. */
const tolerance = 30_000

/** No line without a peer that stated its time. */
export function checkClock(samples: readonly ClockSample[]): readonly OnlineCheck[] {
  if (samples.length === 0) return []
  const name = 'clock'
  const off = samples.filter(({ ahead }) => Math.abs(ahead) > tolerance)
  if (off.length === 0) {
    return [
      { name, ok: true, detail: `agrees with ${samples.map(({ of }) => of).join(', ')} within ${tolerance / 1000} s` },
    ]
  }
  const detail = off
    .map(({ of, ahead }) => `${of} is ${Math.abs(Math.round(ahead / 1000))} s ${ahead > 0 ? 'ahead' : 'behind'}`)
    .join(', ')
  const mend =
    off.length === samples.length
      ? 'set the clock of this machine by NTP (`timedatectl`)'
      : 'set the clock there by NTP: others agree with this machine'
  return [{ name, ok: false, detail, mend }]
}
