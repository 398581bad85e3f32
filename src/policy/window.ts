// When: weekly windows in a time zone, with the edges a lease needs. (Implemented with Temporal; see the tests.)

/** `schedules.NAME` in its weekly form. Days are ISO weekdays, 1 = Monday; times are minutes since local midnight. */
export interface Schedule {
  readonly name: string
  readonly days: readonly number[]
  /** Minutes since midnight, wall clock. `to` at or before `from` means the next day; the window belongs to the day it starts on. */
  readonly from: number
  readonly to: number
  /** IANA name. */
  readonly timeZone: string
  /** ISO dates on which no window starts. */
  readonly except: readonly string[]
}
