// What an approver must see first, and the two answers: who, what, how long, why, the device; on a phone all of it on one screen.

import { words } from './messages.ts'
import { formatDuration } from '../kit/format-duration.ts'
import type { Clock } from '../kit/format-time.ts'
import { html, type Content, type Html } from '../kit/html.ts'
import { icon } from '../kit/icons.ts'
import { words as requestWords } from '../requests/messages.ts'
import type { GrantRequest } from '../../grants/requests/repository.ts'
import type { Device } from '../../policy/device.ts'

export interface Glanced {
  readonly request: GrantRequest
  readonly device: Device | undefined
}

/** `what`: title of the app; the page has every fact below. */
export function glance({ request, device }: Glanced, what: string, clock: Clock): Html {
  const say = words[clock.language]
  const asked = requestWords[clock.language]
  const { by, external } = request
  const warning = deviceWarning(request, device, clock)
  return html`<dl class="glance">
    ${row(
      say.glance.who,
      html`<strong>${by.name ?? by.email ?? by.sub}</strong>
        ${external && html`<span class="pill wait">${say.external}</span>`}
        <small>${by.email ?? by.sub}</small>`,
    )}
    ${row(say.glance.what, html`${what}, ${asked.levels[request.level]}`)}
    ${row(say.glance.length, formatDuration(request.duration, clock.language))}
    ${row(say.glance.why, html`<span class="written">${request.reason ?? asked.notGiven}</span>`)}
    ${warning !== undefined && row(say.device, html`<span class="warned">${icon('alert')} ${warning}</span>`)}
  </dl>`
}

/** The two answers, for the forms of the page as they are filled in: at first as asked for, without a comment. */
export function answerBar({ language }: Pick<Clock, 'language'>): Html {
  const say = words[language]
  return html`<div class="answers" role="group" aria-label="${say.glance.answer}">
    <button class="button danger" type="submit" form="deny">${say.deny}</button>
    <button class="button primary" type="submit" form="approve">${say.approve}</button>
  </div>`
}

/** What speaks against the device that asked; undefined when nothing is known to. */
function deviceWarning(request: GrantRequest, device: Device | undefined, clock: Clock): string | undefined {
  const say = words[clock.language]
  if (request.device === undefined) return say.noDevice
  if (device?.state !== 'known') return say.glance.deviceUnknown
  const { posture } = device
  if (posture.compliant === false) return say.glance.deviceNotCompliant
  if (posture.diskEncrypted === false) return say.glance.devicePlain
  return posture.managed === false ? say.glance.deviceUnmanaged : undefined
}

function row(name: string, value: Content): Html {
  return html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`
}
