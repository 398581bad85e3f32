// Shared parts of the request and approval pages: status pill, facts, timeline.

import { endElement, endedPhrase } from '../kit/grant-end.ts'
import { html, type Content, type Html } from '../kit/html.ts'
import { icon, type Icon } from '../kit/icons.ts'
import { timeElement, type Clock } from '../kit/format-time.ts'
import { words, type DisplayStatus, type Words } from './messages.ts'
import { personText } from '../kit/emergency-banner.ts'
import { formatDuration } from '../kit/format-duration.ts'
import { emergencyUser } from '../../grants/emergency/emergencies.ts'
import { subjectKey } from '../../policy/subject.ts'
import type { GrantRequest, Person } from '../../grants/requests/repository.ts'
import type { Grant } from '../../policy/grant.ts'
import { never } from '../../policy/never.ts'

/** A request with the title of its app and its grant, if any. */
export interface RequestView {
  readonly request: GrantRequest
  readonly title: string
  readonly grant: Grant | undefined
}

export function statusOf({ request, grant }: RequestView, now: number): DisplayStatus {
  if (request.state !== 'approved') return request.state
  if (grant === undefined) return request.terms && request.terms.until <= now ? 'over' : 'settling'
  if (grant.revokedAt !== undefined) return 'early'
  if (now >= grant.until) return 'over'
  return now < grant.from ? 'coming' : 'running'
}

/** `Access to ERP`. */
export function subjectOf({ request, title }: RequestView, say: Words): string {
  if (request.emergency) return say.emergencyAccess(title)
  return request.extends === undefined ? say.access(title) : say.moreTime(title)
}

export function statePill(view: RequestView, clock: Clock): Html {
  const standing = statusOf(view, clock.now)
  const alarming = view.request.emergency && standing === 'running'
  const { tone, symbol } = alarming ? alarmLook : statusLooks[standing]
  const say = words[clock.language]
  return html`<span class="${`pill ${tone}`.trim()}"
    >${icon(symbol)}<span>${alarming ? say.emergencyRunning : say.state[standing]}</span></span
  >`
}

/** The time relevant in the current status: when it lapses, begins, ends or ended. */
export function whenItMatters(view: RequestView, clock: Clock): Content {
  const say = words[clock.language]
  const { request, grant } = view
  const standing = statusOf(view, clock.now)
  switch (standing) {
    case 'open':
      return html`${request.needed > 1 && html`${say.agreed(request.approvals.length, request.needed)} · `}${say.lapses}
      ${timeElement(request.lapsesAt, clock)}`
    case 'running':
      return html`${say.until} ${endElement(grant!, clock)}`
    case 'coming':
      return html`${say.begins} ${timeElement(grant!.from, clock)}`
    case 'over':
      return html`${say.ended} ${endedPhrase(grant ?? { until: request.terms!.until }, clock)}`
    case 'early':
      return html`${say.ended} ${timeElement(grant!.revokedAt!, clock)}`
    case 'settling':
    case 'denied':
    case 'withdrawn':
    case 'lapsed':
      return request.closed ? timeElement(request.closed.at, clock) : timeElement(request.lapsesAt, clock)
    default:
      return never(standing)
  }
}

/** The requested access, as rows of a description list. */
export function requestFacts({ request, grant }: RequestView, clock: Clock): Html {
  const say = words[clock.language]
  const extended = request.extends === undefined ? undefined : grant
  return html`<dt>${say.facts.level}</dt>
    <dd>${say.levels[request.level]}</dd>
    <dt>${say.facts.length}</dt>
    <dd>${formatDuration(request.duration, clock.language)}</dd>
    ${
      extended === undefined
        ? html`<dt>${say.facts.begin}</dt>
            <dd>
              ${request.emergency ? say.atOnce : request.from === undefined ? say.asSoonAs : timeElement(request.from, clock)}
            </dd>`
        : request.state === 'open' &&
          html`<dt>${say.facts.extends}</dt>
            <dd>${endElement(extended, clock)}</dd>`
    }
    <dt>${say.facts.reason}</dt>
    <dd class="written">${request.reason ?? say.notGiven}</dd>
    ${
      request.ticket !== undefined &&
      html`<dt>${say.facts.ticket}</dt>
        <dd>${request.ticket}</dd>`
    }`
}

interface Step {
  readonly at: number
  readonly text: string
  readonly detail?: Content
  readonly comment?: string | undefined
  readonly tone?: 'good' | 'stop'
}

/** Past and scheduled events in order. `self`: the reader, shown as "You". */
export function timeline(view: RequestView, self: Person, clock: Clock): Html {
  const say = words[clock.language]
  const steps = stepsOf(view, self, clock).toSorted((a, b) => a.at - b.at)
  return html`<ol class="timeline">
    ${steps.map(
      (step) =>
        html`<li class="${`${step.tone ?? ''}${step.at > clock.now ? ' ahead' : ''}`.trim()}">
          <p class="what">${step.text}</p>
          <p class="when">${timeElement(step.at, clock)}</p>
          ${step.detail && html`<p class="detail">${step.detail}</p>`}
          ${step.comment !== undefined && html`<blockquote class="written">${step.comment}</blockquote>`}
        </li>`,
    )}
    ${
      view.request.reviewBy !== undefined &&
      view.request.reviewed === undefined &&
      html`<li class="ahead">
        <p class="what">${say.steps.reviewDue}</p>
        <p class="when">${timeElement(view.request.reviewBy, clock)}</p>
      </li>`
    }
  </ol>`
}

/** Who made the request; a name stated with an emergency code is marked as such. */
export function requesterName(request: GrantRequest, self: Person | undefined, clock: Pick<Clock, 'language'>): string {
  const say = words[clock.language]
  const own = self !== undefined && subjectKey(self) === subjectKey(request.by)
  const user = emergencyUser(request)
  return user.stated && !own ? personText(user, clock.language) : personName(request.by, self, say)
}

export function personName(person: Person | undefined, self: Person | undefined, say: Words): string {
  if (person === undefined) return say.unnamed
  if (self && person.provider === self.provider && person.sub === self.sub) return say.you
  if (person.provider === '') return say.administrator
  return person.name ?? person.email ?? say.unnamed
}

function stepsOf(view: RequestView, self: Person, clock: Clock): readonly Step[] {
  const say = words[clock.language]
  const { request } = view
  const who = (person: Person | undefined) => personName(person, self, say)
  const asked: Step = {
    at: request.askedAt,
    text: request.emergency
      ? say.steps.emergency(requesterName(request, self, clock))
      : say.steps.asked(who(request.by)),
  }
  const approvals = request.approvals.map((approval, index): Step => {
    const last = request.state === 'approved' && index === request.approvals.length - 1
    const less = [
      ...(approval.level === request.level ? [] : [say.instead(say.levels[approval.level], say.levels[request.level])]),
      ...(approval.duration >= request.duration
        ? []
        : [
            say.instead(
              formatDuration(approval.duration, clock.language),
              formatDuration(request.duration, clock.language),
            ),
          ]),
    ]
    return {
      at: approval.at,
      text: last ? say.steps.approved(who(approval.by)) : say.steps.agreed(who(approval.by)),
      detail: less.length > 0 && say.steps.less(less.join(', ')),
      comment: approval.comment,
      tone: 'good',
    }
  })
  return [asked, ...approvals, ...closing(view, who, say), ...accessSteps(view, clock), ...reviews(view, who, say)]
}

function closing({ request }: RequestView, who: (person: Person | undefined) => string, say: Words): readonly Step[] {
  const { closed } = request
  switch (request.state) {
    case 'denied':
      return [{ at: closed!.at, text: say.steps.denied(who(closed!.by)), comment: closed!.comment, tone: 'stop' }]
    case 'withdrawn':
      return [{ at: closed!.at, text: say.steps.withdrawn(who(closed!.by)) }]
    case 'lapsed':
      return [{ at: closed?.at ?? request.lapsesAt, text: say.steps.lapsed }]
    case 'open':
    case 'approved':
      return []
    default:
      return never(request.state)
  }
}

function accessSteps({ request, grant }: RequestView, clock: Clock): readonly Step[] {
  if (grant === undefined || request.state !== 'approved') return []
  const { steps } = words[clock.language]
  const { from, until, revokedAt } = grant
  const end: Step =
    revokedAt !== undefined
      ? { at: revokedAt, text: steps.early, tone: 'stop' }
      : { at: until, text: until > clock.now ? steps.ends : steps.ended }
  // The beginning is listed only when it was requested for a later time and not for an extension.
  const begins = request.extends === undefined && !request.emergency && request.from !== undefined
  if (!begins || (revokedAt !== undefined && revokedAt < from)) return [end]
  return [{ at: from, text: from > clock.now ? steps.begins : steps.began }, end]
}

function reviews({ request }: RequestView, who: (person: Person | undefined) => string, say: Words): readonly Step[] {
  const { reviewed } = request
  return reviewed ? [{ at: reviewed.at, text: say.steps.reviewed(who(reviewed.by)), comment: reviewed.comment }] : []
}

/** A running emergency is never shown as a success. */
const alarmLook = { tone: 'stop', symbol: 'alert' } as const

const statusLooks: Readonly<Record<DisplayStatus, { readonly tone: string; readonly symbol: Icon }>> = {
  open: { tone: 'wait', symbol: 'clock' },
  settling: { tone: 'good', symbol: 'check' },
  coming: { tone: 'good', symbol: 'clock' },
  running: { tone: 'good', symbol: 'check' },
  over: { tone: '', symbol: 'clock' },
  early: { tone: '', symbol: 'clock' },
  denied: { tone: 'stop', symbol: 'lock' },
  withdrawn: { tone: '', symbol: 'leave' },
  lapsed: { tone: '', symbol: 'clock' },
}
