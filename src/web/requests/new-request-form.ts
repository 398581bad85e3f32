// What was typed into the form that asks for access, and what of it can be asked for.

import { maxTextLength } from '../kit/form-fields.ts'
import { durationOf, readDuration, type TypedDuration } from '../kit/duration-field.ts'
import type { Offer, RejectionReason, WantedAccess } from '../../grants/requests/repository.ts'
import type { Fields } from '../kit/form.ts'
import type { DraftFields } from '../sign-in/form-drafts.ts'

/** As typed, '' for what was not. */
export interface RequestForm extends TypedDuration {
  readonly app: string
  readonly level: string
  readonly begin: string
  readonly from: string
  readonly reason: string
  readonly ticket: string
  readonly extends: string
  readonly emergency: string
}

/** Names of fields: they are also the ids of the controls. `form`: what no single field is to blame for. */
export type Place = 'level' | 'length' | 'from' | 'reason' | 'ticket' | 'form'
export type FieldError = RejectionReason | 'length_unclear' | 'moment_unclear'
export type FieldErrors = Partial<Record<Place, FieldError>>

export function requestForm(fields: Fields): RequestForm {
  const text = (name: string, max: number) => (fields(name) ?? '').slice(0, max)
  return {
    ...readDuration(fields),
    app: text('app', 200),
    level: text('level', 20),
    begin: text('begin', 20),
    from: text('from', 40),
    // One more than may be: that it is too long has to be said, never cut in silence. Browsers send CR LF for a line end.
    reason: text('reason', 4 * maxTextLength)
      .replaceAll('\r\n', '\n')
      .slice(0, maxTextLength + 1),
    ticket: text('ticket', 300).trim(),
    extends: text('extends', 100),
    emergency: text('emergency', 5),
  }
}

export function draftOf(form: RequestForm): DraftFields {
  return { ...form }
}

/** Everything that is wrong at once; what only the house can know it says when asked. */
export function parseRequestForm(
  form: RequestForm,
  { offer, maxDuration }: { readonly offer: Offer; readonly maxDuration: number },
  timeZone: string,
):
  | { readonly state: 'wanted'; readonly wanted: WantedAccess }
  | { readonly state: 'mistaken'; readonly errors: FieldErrors } {
  const emergency = form.emergency === '1'
  const errors: { [place in Place]?: FieldError } = {}
  const level = emergency ? offer.emergency?.level : offer.levels.find((one) => one === form.level)
  if (level === undefined) errors.level = 'level_not_offered'
  const duration = durationOf(form)
  if (duration === undefined) errors.length = 'length_unclear'
  else if (duration > maxDuration) errors.length = 'too_long'
  const from = emergency || form.begin !== 'later' ? undefined : momentOf(form.from, timeZone)
  if (!emergency && form.begin === 'later' && from === undefined) errors.from = 'moment_unclear'
  const reason = form.reason.trim()
  if (reason.length > maxTextLength) errors.reason = 'text_too_long'
  else if (reason === '' && (emergency || offer.reason === 'required')) errors.reason = 'reason_missing'
  if (form.ticket === '' && offer.ticket === 'required' && !emergency) errors.ticket = 'ticket_missing'
  if (level === undefined || duration === undefined || Object.keys(errors).length > 0) {
    return { state: 'mistaken', errors }
  }
  return {
    state: 'wanted',
    wanted: {
      app: offer.app,
      level,
      duration,
      from,
      reason: reason === '' ? undefined : reason,
      ticket: form.ticket === '' ? undefined : form.ticket,
      extends: form.extends === '' || emergency ? undefined : form.extends,
      emergency,
    },
  }
}

/** Where on the form a refusal of the house belongs. */
export function placeOf(code: RejectionReason): Place {
  switch (code) {
    case 'level_not_offered':
      return 'level'
    case 'too_long':
    case 'too_short':
      return 'length'
    case 'begins_too_late':
    case 'ends_before_it_begins':
      return 'from'
    case 'reason_missing':
    case 'text_too_long':
      return 'reason'
    case 'ticket_missing':
    case 'ticket_malformed':
      return 'ticket'
    // open: refusals that concern the whole form
    default:
      return 'form'
  }
}

/** `2026-12-01T08:00` as a browser sends it, in the zone the form names; epoch milliseconds. */
export function momentOf(text: string, timeZone: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?$/.test(text)) return undefined
  try {
    return Temporal.PlainDateTime.from(text, { overflow: 'reject' }).toZonedDateTime(timeZone).epochMilliseconds
  } catch {
    return undefined
  }
}

/** The same in the other direction, to the minute: for `min` and `max` of the field. */
export function localMoment(at: number, timeZone: string): string {
  const local = Temporal.Instant.fromEpochMilliseconds(Math.round(at)).toZonedDateTimeISO(timeZone).toPlainDateTime()
  return local.toString({ smallestUnit: 'minute' })
}
