// Condition `schedule`: one of the named schedules has an open window now.

import type { Verdict } from '../policy.ts'
import { PolicyInvalid, type Compiled, type CompileContext } from '../compile-context.ts'
import { describeSchedule } from '../schedule/describe-schedule.ts'
import { metUntil, unmet } from './verdict.ts'

export function schedule(names: readonly string[], context: CompileContext): Compiled {
  const tables = names.map((name) => {
    const table = context.timetable(name)
    if (table === undefined) throw new PolicyInvalid(`there is no schedule ${name}`)
    return { table, timeZone: context.vocabulary.schedules.get(name)!.timeZone }
  })
  // Cached verdict of the current window: the same for all subjects until its edge.
  let last: Verdict = { state: 'unmet', reasons: [], remedy: undefined, until: Number.NaN }

  return {
    name: 'schedule',
    summary: names.map((name) => summaryOf(name, context)).join(', '),
    probes: [],
    evaluate({ now }) {
      let open = false
      let edge = Infinity
      let timeZone = 'UTC'
      for (const entry of tables) {
        const window = entry.table(now)
        open ||= window.open
        if (window.edge < edge) [edge, timeZone] = [window.edge, entry.timeZone]
      }
      if (last.until === edge && last.state === (open ? 'met' : 'unmet')) return last
      last = open ? metUntil(edge) : outsideSchedule(context, edge, timeZone)
      return last
    },
  }
}

/** A weekly schedule is shown by name, a recurrence rule with its description. */
function summaryOf(name: string, context: CompileContext): string {
  const schedule = context.vocabulary.schedules.get(name)
  return schedule?.recurrence === undefined ? name : `${name} (${describeSchedule(schedule)})`
}

/** `edge`: epoch milliseconds of the next opening; Infinity when there is none. */
export function outsideSchedule(context: CompileContext, edge: number, timeZone: string): Verdict {
  if (edge === Infinity) return unmet(context.reason('outside_schedule'), { kind: 'wait', until: undefined })
  const opens = Temporal.Instant.fromEpochMilliseconds(edge).toZonedDateTimeISO(timeZone).toString()
  return unmet(context.reason('outside_schedule', { opens }), { kind: 'wait', until: edge }, edge)
}
