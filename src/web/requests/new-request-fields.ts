// Fields of the access request form, with their validation errors.

import { choices, hidden, textArea, textInput } from '../kit/form-fields.ts'
import { html, type Html } from '../kit/html.ts'
import { durationField } from '../kit/duration-field.ts'
import { formatTime, type Clock } from '../kit/format-time.ts'
import { rejectionMessage } from './refusal-messages.ts'
import { localMoment, type FieldError, type FieldErrors, type FieldName, type RequestForm } from './new-request-form.ts'
import { words } from './new-request-messages.ts'
import { formatDuration } from '../kit/format-duration.ts'
import type { Offer } from '../../grants/requests/repository.ts'
import type { Grant } from '../../policy/grant.ts'

export interface FormState {
  /** Of the app. */
  readonly title: string
  readonly offer: Offer
  readonly emergency: boolean
  /** The user's grant to extend. */
  readonly grant: Grant | undefined
  /** Milliseconds: maximum duration that may be requested. */
  readonly maxDuration: number
  readonly form: RequestForm
  readonly errors: FieldErrors
}

export function levelField(asked: FormState, clock: Clock): Html {
  const { emergency, offer, grant, form } = asked
  const say = words[clock.language]
  const levels = emergency ? [offer.emergency!.level] : grant ? [grant.level] : offer.levels
  const [only] = levels
  if (levels.length === 1 && only !== undefined) {
    return html`<p class="given">${emergency ? say.opensLevel[only] : say.onlyLevel[only]}</p>
      ${hidden('level', only)}`
  }
  return choices({
    name: 'level',
    label: say.level,
    // Least privilege: reading is preselected.
    value: form.level === '' ? 'read' : form.level,
    mistake: sentence(asked, 'level', clock),
    list: levels.map((level) => ({ value: level, label: say.levels[level], hint: say.levelHints[level] })),
  })
}

export function durationFieldOf(asked: FormState, clock: Clock): Html {
  const { emergency, offer, grant, form } = asked
  const say = words[clock.language]
  return durationField({
    label: grant ? say.longer : say.length,
    hint: grant && say.longerHint,
    typed: form,
    max: asked.maxDuration,
    min: emergency ? 0 : offer.minDuration,
    preferred: emergency ? asked.maxDuration : Math.min(offer.defaultDuration, asked.maxDuration),
    mistake: sentence(asked, 'length', clock),
    language: clock.language,
  })
}

export function beginField(asked: FormState, clock: Clock): Html {
  const { form, offer } = asked
  const say = words[clock.language]
  const when = textInput({
    name: 'from',
    label: say.laterField,
    hint: say.laterHint(clock.timeZone),
    type: 'datetime-local',
    value: form.from,
    min: localMoment(clock.now, clock.timeZone),
    max: localMoment(clock.now + offer.beginWithin, clock.timeZone),
    mistake: sentence(asked, 'from', clock),
  })
  return choices({
    name: 'begin',
    label: say.begin,
    value: form.begin === 'later' ? 'later' : 'now',
    list: [
      { value: 'now', label: say.now },
      { value: 'later', label: say.later, more: when },
    ],
  })
}

export function reasonField(asked: FormState, clock: Clock): Html {
  const { emergency, offer, form } = asked
  const say = words[clock.language]
  const required = emergency || offer.reason === 'required'
  return textArea({
    name: 'reason',
    label: say.reason,
    hint: emergency ? say.emergencyReasonHint : say.reasonHint,
    aside: required ? undefined : say.optional,
    value: form.reason,
    required,
    mistake: sentence(asked, 'reason', clock),
  })
}

export function ticketField(asked: FormState, clock: Clock): Html {
  const say = words[clock.language]
  const required = asked.offer.ticket === 'required' && !asked.emergency
  return textInput({
    name: 'ticket',
    label: say.ticket,
    hint: say.ticketHint,
    aside: required ? undefined : say.optional,
    value: asked.form.ticket,
    required,
    mistake: sentence(asked, 'ticket', clock),
  })
}

const order: readonly FieldName[] = ['form', 'level', 'length', 'from', 'reason', 'ticket']

export function errorTexts(asked: FormState, clock: Clock): { name: string | undefined; text: string }[] {
  return order.flatMap((place) => {
    const text = sentence(asked, place, clock)
    return text === undefined ? [] : [{ name: place === 'form' ? undefined : place, text }]
  })
}

function sentence(asked: FormState, place: FieldName, clock: Clock): string | undefined {
  const mistake = asked.errors[place]
  return mistake && errorText(mistake, asked, clock)
}

function errorText(mistake: FieldError, { offer, title, maxDuration }: FormState, clock: Clock): string {
  if (mistake === 'length_unclear' || mistake === 'moment_unclear') return words[clock.language][mistake]
  return rejectionMessage(
    mistake,
    {
      app: title,
      longest: formatDuration(maxDuration, clock.language),
      shortest: formatDuration(offer.minDuration, clock.language),
      latest: formatTime(clock.now + offer.beginWithin, clock),
    },
    clock.language,
  )
}
