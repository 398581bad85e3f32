// Formats the end of a grant for people: the last day of one that ends with a day, else the moment, or that there is no end.

import { locales } from '../../policy/messages/locale.ts'
import { hasEnd, lastDayOf } from '../../policy/grant-period.ts'
import type { Grant } from '../../policy/grant.ts'
import { html, type Html } from './html.ts'
import { texts } from './language.ts'
import { formatTime, timeElement, timePhrase, type Clock } from './format-time.ts'

type Ending = Pick<Grant, 'until' | 'timeZone'>

/** After "until": `2 January 2027`, `the end of today`, `Monday 17:00 CET`, `no end date`. */
export function formatEnd(grant: Ending, clock: Clock): string {
  const say = words[clock.language]
  if (!hasEnd(grant)) return say.none
  const day = lastDayOf(grant)
  return day === undefined ? formatTime(grant.until, clock) : dayText(day, grant, clock)
}

/** The same as a `time` element, whose `datetime` is the moment of the end. */
export function endElement(grant: Ending, clock: Clock): Html {
  if (!hasEnd(grant)) return html`${words[clock.language].none}`
  if (lastDayOf(grant) === undefined) return timeElement(grant.until, clock)
  return html`<time datetime="${new Date(grant.until).toISOString()}">${formatEnd(grant, clock)}</time>`
}

/** Within a sentence about a grant that has ended: `yesterday 17:00 CET`, `at the end of 2 January 2027`. */
export function endedPhrase(grant: Ending, clock: Clock): Html {
  const day = lastDayOf(grant)
  if (day === undefined) return timePhrase(grant.until, clock)
  const text = words[clock.language].after(dateText(day, clock))
  return html`<time datetime="${new Date(grant.until).toISOString()}">${text}</time>`
}

function dayText(day: Temporal.PlainDate, { until, timeZone }: Ending, clock: Clock): string {
  const say = words[clock.language]
  const today = Temporal.Instant.fromEpochMilliseconds(Math.round(clock.now))
    .toZonedDateTimeISO(timeZone!)
    .toPlainDate()
  const ahead = today.until(day).days
  const text = ahead === 0 ? say.today : ahead === 1 ? say.tomorrow : dateText(day, clock)
  return endsTogether(until, timeZone!, clock.timeZone) ? text : `${text} (${timeZone})`
}

/** Whether the day of one zone ends with that of the other, so that no reader needs to be told whose day it is. */
function endsTogether(until: number, one: string, other: string): boolean {
  const at = Temporal.Instant.fromEpochMilliseconds(Math.round(until))
  return at.toZonedDateTimeISO(one).offsetNanoseconds === at.toZonedDateTimeISO(other).offsetNanoseconds
}

function dateText(day: Temporal.PlainDate, { language }: Clock): string {
  return day.toLocaleString(locales[language], { day: 'numeric', month: 'long', year: 'numeric' })
}

const words = texts({
  en: {
    none: 'no end date',
    today: 'the end of today',
    tomorrow: 'the end of tomorrow',
    after: (day: string) => `at the end of ${day}`,
  },
  de: {
    none: 'unbefristet',
    today: 'heute, 24 Uhr',
    tomorrow: 'morgen, 24 Uhr',
    after: (day) => `mit Ablauf des ${day}`,
  },
})
