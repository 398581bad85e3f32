// What an approver typed: how much to give, or why not.

import { longestText } from '../kit/form-fields.ts'
import { lengthOf, lengthTyped, type TypedLength } from '../kit/duration-field.ts'
import type { GrantRequest, RequestRefusal } from '../../grants/requests/repository.ts'
import type { GrantLevel } from '../../policy/grant.ts'
import type { Fields } from '../kit/form.ts'

export interface ApprovalForm extends TypedLength {
  /** Which of the forms on the page: each has its own comment. */
  readonly act: 'approve' | 'deny' | 'review' | 'end'
  readonly level: string
  readonly comment: string
}

export type Place = 'level' | 'length' | 'comment' | 'form'
export type Mistake = RequestRefusal | 'length_unclear'
export type Mistakes = Partial<Record<Place, Mistake>>

export function approvalForm(act: ApprovalForm['act'], fields: Fields): ApprovalForm {
  const comment = (fields('comment') ?? '').slice(0, 4 * longestText).replaceAll('\r\n', '\n')
  return {
    ...lengthTyped(fields),
    act,
    level: (fields('level') ?? '').slice(0, 20),
    comment: comment.slice(0, longestText + 1),
  }
}

export function isAct(text: string | undefined): text is ApprovalForm['act'] {
  return text === 'approve' || text === 'deny' || text === 'review' || text === 'end'
}

export interface Lesser {
  readonly level: GrantLevel
  readonly duration: number
  readonly comment: string | undefined
}

/** What shall be given: never more than was asked for, which is said here at the field and checked by the house. */
export function lesserAccess(
  form: ApprovalForm,
  request: GrantRequest,
): { readonly state: 'given'; readonly lesser: Lesser } | { readonly state: 'mistaken'; readonly mistakes: Mistakes } {
  const mistakes: { [place in Place]?: Mistake } = {}
  const level = form.level === 'read' || form.level === 'full' ? form.level : undefined
  if (level === undefined || (level === 'full' && request.level === 'read')) mistakes.level = 'more_than_asked'
  const duration = lengthOf(form)
  if (duration === undefined) mistakes.length = 'length_unclear'
  else if (duration > request.duration) mistakes.length = 'longer_than_asked'
  const comment = commentOf(form)
  if (comment === 'too_long') mistakes.comment = 'text_too_long'
  if (level === undefined || duration === undefined || comment === 'too_long' || Object.keys(mistakes).length > 0) {
    return { state: 'mistaken', mistakes }
  }
  return { state: 'given', lesser: { level, duration, comment: comment.text } }
}

export function commentOf(form: ApprovalForm): 'too_long' | { readonly text: string | undefined } {
  const text = form.comment.trim()
  return text.length > longestText ? 'too_long' : { text: text === '' ? undefined : text }
}

export function placeOf(code: RequestRefusal): Place {
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
