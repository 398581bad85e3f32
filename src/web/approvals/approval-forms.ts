// Forms of the approval page: approve (possibly less), deny, review, revoke.

import { words, type Words } from './messages.ts'
import { choices, hidden, textArea } from '../kit/form-fields.ts'
import { html, type Html } from '../kit/html.ts'
import { durationField } from '../kit/duration-field.ts'
import { rejectionMessage } from '../requests/refusal-messages.ts'
import { words as requestWords } from '../requests/messages.ts'
import { formatDuration } from '../kit/format-duration.ts'
import type { ApprovalForm, FieldError, FieldErrors, FieldName } from './approval-form.ts'
import type { GrantRequest } from '../../grants/requests/repository.ts'
import type { Clock } from '../kit/format-time.ts'

export interface FormState {
  readonly request: GrantRequest
  /** Title of the app. */
  readonly title: string
  readonly form: ApprovalForm | undefined
  readonly errors: FieldErrors
}

/** Element ids of the comment fields, one per form. */
export const commentIds = { approve: 'comment', deny: 'why-not', review: 'outcome', end: 'comment' } as const

export function approveForm(approval: FormState, clock: Clock): Html {
  const say = words[clock.language]
  const asked = requestWords[clock.language]
  const { request } = approval
  const form = approval.form?.act === 'approve' ? approval.form : undefined
  const prolongs = request.extends !== undefined
  const mayLessen = request.level === 'full' && !prolongs
  return html`<form class="verdict" id="approve" method="post" action="/approvals/${request.id}" novalidate>
    <h2>${say.approveTitle}</h2>
    <p class="note">${say.approveLead}</p>
    ${hidden('act', 'approve')}
    ${
      mayLessen
        ? choices({
            name: 'level',
            label: say.level,
            value: form?.level || request.level,
            mistake: sentence(approval, 'level', clock),
            compact: true,
            list: (['read', 'full'] as const).map((level) => ({
              value: level,
              label: asked.levels[level],
              hint: level === request.level && say.levelAsked,
            })),
          })
        : hidden('level', request.level)
    }
    ${durationField({
      label: prolongs ? say.lengthMore : say.length,
      typed: form ?? { length: '', amount: '', unit: '' },
      max: request.duration,
      preferred: request.duration,
      mistake: sentence(approval, 'length', clock),
      language: clock.language,
      asked: { length: request.duration, label: say.lengthAsked },
    })}
    ${textArea({
      name: 'comment',
      label: say.comment,
      hint: say.commentHint,
      aside: say.optional,
      value: form?.comment ?? '',
      rows: 2,
      mistake: form && sentence(approval, 'comment', clock),
    })}
    <div class="actions"><button class="button primary" type="submit">${say.approve}</button></div>
  </form>`
}

export function denyForm(approval: FormState, clock: Clock): Html {
  const say = words[clock.language]
  const form = approval.form?.act === 'deny' ? approval.form : undefined
  return html`<form class="verdict" id="deny" method="post" action="/approvals/${approval.request.id}" novalidate>
    <h2>${say.denyTitle}</h2>
    ${hidden('act', 'deny')}
    ${textArea({
      name: 'comment',
      id: 'why-not',
      label: say.denyComment,
      hint: say.denyHint,
      aside: say.optional,
      value: form?.comment ?? '',
      rows: 2,
      mistake: form && sentence(approval, 'comment', clock),
    })}
    <div class="actions"><button class="button danger" type="submit">${say.deny}</button></div>
  </form>`
}

export function reviewForm(approval: FormState, clock: Clock): Html {
  const say = words[clock.language]
  const form = approval.form?.act === 'review' ? approval.form : undefined
  return html`<form class="verdict" method="post" action="/approvals/${approval.request.id}" novalidate>
    <h2>${say.reviewTitle}</h2>
    <p class="note">${say.reviewLead}</p>
    ${hidden('act', 'review')}
    ${textArea({
      name: 'comment',
      id: 'outcome',
      label: say.reviewComment,
      hint: say.reviewHint,
      value: form?.comment ?? '',
      mistake: form && sentence(approval, 'comment', clock),
    })}
    <div class="actions"><button class="button primary" type="submit">${say.reviewed}</button></div>
  </form>`
}

export function endForm({ request }: FormState, say: Words): Html {
  return html`<details class="confirm" id="end">
    <summary class="${request.emergency ? 'button primary danger' : 'button small'}">${say.endNow}</summary>
    <form method="post" action="/approvals/${request.id}">
      ${hidden('act', 'end')}
      <p>${say.endLead}</p>
      <button class="button small danger" type="submit">${say.endYes}</button>
    </form>
  </details>`
}

export function sentence(approval: FormState, place: FieldName, clock: Clock): string | undefined {
  const mistake = approval.errors[place]
  return mistake && errorText(mistake, approval, clock)
}

function errorText(mistake: FieldError, { title, request }: FormState, { language }: Clock): string {
  if (mistake === 'length_unclear') return words[language].length_unclear
  return rejectionMessage(mistake, { app: title, longest: formatDuration(request.duration, language) }, language)
}
