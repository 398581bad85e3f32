// Parses and validates the access request form.

import { maxTextLength } from '../kit/form-fields.ts'
import { durationOf, readDuration, type DurationInput } from '../kit/duration-field.ts'
import type { Offer, RejectionReason, WantedAccess } from '../../grants/requests/repository.ts'
import type { Fields } from '../kit/form.ts'
import type { DraftFields } from '../../identity/oidc/form-drafts.ts'

/** Field values as submitted, '' when absent. */
export interface RequestForm extends DurationInput {
  readonly app: string
  readonly level: string
  readonly begin: string
  readonly from: string
  readonly reason: string
  readonly ticket: string
  readonly extends: string
  readonly emergency: string
}

/** Field names, also the element ids of the controls. `form`: errors that concern no single field. */
export type FieldName = 'level' | 'length' | 'from' | 'reason' | 'ticket' | 'form'
export type FieldError = RejectionReason | 'length_unclear' | 'moment_unclear'
export type FieldErrors = Partial<Record<FieldName, FieldError>>

export function requestForm(fields: Fields): RequestForm {
  const text = (name: string, max: number) => (fields(name) ?? '').slice(0, max)
  return {
    ...readDuration(fields),
    app: text('app', 200),
    level: text('level', 20),
    begin: text('begin', 20),
    from: text('from', 40),
    // One character over the limit is kept, so that an overlong text is reported instead of cut. Browsers send CR LF.
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

/** Reports all validation errors at once; limits that depend on stored state are checked by `grants/` on creation. */
export function parseRequestForm(
  form: RequestForm,
  { offer, maxDuration }: { readonly offer: Offer; readonly maxDuration: number },
  timeZone: string,
):
  | { readonly state: 'wanted'; readonly wanted: WantedAccess }
  | { readonly state: 'mistaken'; readonly errors: FieldErrors } {
  const emergency = form.emergency === '1'
  const errors: { [place in FieldName]?: FieldError } = {}
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

/** The field at which a rejection by `grants/` is shown. */
export function fieldForRejection(code: RejectionReason): FieldName {
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

/** Epoch milliseconds of a `datetime-local` value such as `2026-12-01T08:00` in `timeZone`; undefined if malformed. */
export function momentOf(text: string, timeZone: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?$/.test(text)) return undefined
  try {
    return Temporal.PlainDateTime.from(text, { overflow: 'reject' }).toZonedDateTime(timeZone).epochMilliseconds
  } catch {
    return undefined
  }
}

/** The reverse, to the minute, for `min` and `max` of the field. */
export function localMoment(at: number, timeZone: string): string {
  const local = Temporal.Instant.fromEpochMilliseconds(Math.round(at)).toZonedDateTimeISO(timeZone).toPlainDateTime()
  return local.toString({ smallestUnit: 'minute' })
}
