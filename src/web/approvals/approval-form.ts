// Parses and validates the approver's form: level and duration to grant, comment.

import { maxTextLength } from '../kit/form-fields.ts'
import { durationOf, readDuration, type DurationInput } from '../kit/duration-field.ts'
import type { GrantRequest, RejectionReason } from '../../grants/requests/repository.ts'
import type { GrantLevel } from '../../policy/grant.ts'
import type { Fields } from '../kit/form.ts'

export interface ApprovalForm extends DurationInput {
  /** Which form of the page was sent; each has its own comment field. */
  readonly act: 'approve' | 'deny' | 'review' | 'end'
  readonly level: string
  readonly comment: string
}

export type FieldName = 'level' | 'length' | 'comment' | 'form'
export type FieldError = RejectionReason | 'length_unclear'
export type FieldErrors = Partial<Record<FieldName, FieldError>>

export function approvalForm(act: ApprovalForm['act'], fields: Fields): ApprovalForm {
  const comment = (fields('comment') ?? '').slice(0, 4 * maxTextLength).replaceAll('\r\n', '\n')
  return {
    ...readDuration(fields),
    act,
    level: (fields('level') ?? '').slice(0, 20),
    comment: comment.slice(0, maxTextLength + 1),
  }
}

export function isAction(text: string | undefined): text is ApprovalForm['act'] {
  return text === 'approve' || text === 'deny' || text === 'review' || text === 'end'
}

export interface ReducedAccess {
  readonly level: GrantLevel
  readonly duration: number
  readonly comment: string | undefined
}

/** Access to grant, at most what was requested. Validated here to report at the field, and enforced by `grants/`. */
export function reducedAccess(
  form: ApprovalForm,
  request: GrantRequest,
):
  | { readonly state: 'given'; readonly lesser: ReducedAccess }
  | { readonly state: 'mistaken'; readonly errors: FieldErrors } {
  const errors: { [place in FieldName]?: FieldError } = {}
  const level = form.level === 'read' || form.level === 'full' ? form.level : undefined
  if (level === undefined || (level === 'full' && request.level === 'read')) errors.level = 'more_than_asked'
  const duration = durationOf(form)
  if (duration === undefined) errors.length = 'length_unclear'
  else if (duration > request.duration) errors.length = 'longer_than_asked'
  const comment = commentOf(form)
  if (comment === 'too_long') errors.comment = 'text_too_long'
  if (level === undefined || duration === undefined || comment === 'too_long' || Object.keys(errors).length > 0) {
    return { state: 'mistaken', errors }
  }
  return { state: 'given', lesser: { level, duration, comment: comment.text } }
}

export function commentOf(form: ApprovalForm): 'too_long' | { readonly text: string | undefined } {
  const text = form.comment.trim()
  return text.length > maxTextLength ? 'too_long' : { text: text === '' ? undefined : text }
}

export function fieldForRejection(code: RejectionReason): FieldName {
  switch (code) {
    case 'more_than_asked':
    case 'level_not_offered':
      return 'level'
    case 'longer_than_asked':
    case 'too_long':
    case 'too_short':
      return 'length'
    case 'text_too_long':
      return 'comment'
    // open: refusals that concern the whole form
    default:
      return 'form'
  }
}
