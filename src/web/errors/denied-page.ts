// Access denied page: every reason with its remedy, and the actions the user can take.

import { homeOf } from '../kit/app-home.ts'
import { html, type Content } from '../kit/html.ts'
import { words, type Kind, type Words } from './denied-messages.ts'
import { message, type Action, type Message, type Person } from '../kit/layout.ts'
import { mailto } from './error-pages.ts'
import { isMailAddress, ownerLine } from './owner-line.ts'
import { denialSentence } from '../kit/own-sentences.ts'
import { timePhrase, exactTimeElement, timeElement, type Clock } from '../kit/format-time.ts'
import type { RequestStatus } from '../requests/request-status.ts'
import { reasonIcon, reasonMessage, reasonTexts } from './reasons.ts'
import { icon, type Icon } from '../kit/icons.ts'
import { faceOf, language, page, type Requester, type Reply } from '../kit/reply.ts'
import type { Decision, Remedy } from '../../policy/decision.ts'
import { never } from '../../policy/never.ts'

export interface DeniedView {
  readonly decision: Pick<Decision, 'effect' | 'reasons' | 'remedy'>
  /** `path`: '' or such as `/wiki`. */
  readonly app: {
    /** In the configuration; undefined: without sentences of its own. */
    readonly name?: string
    readonly title: string
    readonly origin: string
    readonly path?: string
    readonly owner: string | undefined
  }
  /** Undefined without a session. */
  readonly viewer: Person | undefined
  /** Origin of the gateway, with portal and sign-out. */
  readonly gateway: string
  /** Absolute sign-in URL, when signing in again, with a second factor or at another provider would help. */
  readonly signIn: string | undefined
  /** Absolute URL of the requested page, when repeating the request is safe. */
  readonly again: string | undefined
  /** State of the user's access requests for this app; undefined without a session. */
  readonly requestStatus?: RequestStatus | undefined
  /** A form was submitted and not forwarded; the browser sends it again when the page is reloaded after `signIn`. */
  readonly formDiscarded?: boolean
  /** IANA name of the zone for displayed times, and epoch milliseconds. */
  readonly timeZone: string
  readonly now: number
}

export function deniedPage(
  requester: Requester,
  status: number,
  refusal: DeniedView,
  headers: readonly string[] = [],
): Reply {
  const { decision, app } = refusal
  const clock: Clock = { language: language(requester), timeZone: refusal.timeZone, now: refusal.now }
  const say = words[clock.language]
  const kind = categoryOf(refusal)
  const heading = say.headings[kind](app.title)
  const main = message({
    ...remedyLooks[kind],
    heading,
    lead: html`<p>${say.leads[kind](app.title)}</p>
      ${waitUntil(decision.remedy, clock)} ${endedAt(refusal, clock)} ${pendingSince(refusal, clock)}
      ${
        refusal.formDiscarded &&
        html`<p>${say.nothingSent}</p>
          <p>${say.sendAgain}</p>`
      }`,
    detail: html`${reasonList(refusal, clock)} ${ownSentence(requester, refusal, clock)}`,
    contact: ownerLine(app.owner, clock.language),
    actions: actionsFor(requester, refusal, clock),
    facts: facts(refusal, clock),
  })
  const viewer = refusal.viewer && { ...refusal.viewer, signOut: `${app.origin}/.einlass/sign-out` }
  const waits = decision.remedy?.kind === 'try_again' && refusal.again !== undefined && refusal.signIn === undefined
  return page(requester, status, { title: heading, main, viewer, help: true, waits }, headers)
}

/** Of the app or the organisation, for the first reason that has one. */
function ownSentence(requester: Requester, { decision, app }: DeniedView, { language }: Clock): Content {
  const text = denialSentence(faceOf(requester), app.name, decision.reasons[0]?.code, language)
  return text && html`<div class="own-words">${text}</div>`
}

function reasonList(refusal: DeniedView, clock: Clock): Content {
  const { decision, app } = refusal
  if (decision.reasons.length === 0) return undefined
  const said = new Set<string>()
  return html`<ul class="reasons" aria-label="${words[clock.language].reasons}">
    ${reasonTexts(decision, { ...clock, app: app.title }).map((reason) => {
      const hint = isCrossOrigin(decision) ? undefined : hintOf(reason.remedy, refusal, clock.language)
      const fresh = hint && !said.has(hint)
      if (fresh) said.add(hint)
      return html`<li>
        ${icon(reasonIcon(reason.code))}
        <h2>${reason.title}</h2>
        <p>${reason.message}</p>
        ${fresh && html`<p>${hint}</p>`}
      </li>`
    })}
  </ul>`
}

function hintOf(
  remedy: Remedy['kind'] | undefined,
  { app, requestStatus }: DeniedView,
  language: Clock['language'],
): string | undefined {
  if (remedy === undefined) return undefined
  if (remedy === 'request_access' && requestStatus?.pending) return undefined
  if (remedy === 'request_access' && requestStatus?.ask !== undefined) return words[language].askHere
  const asks = remedy === 'ask_owner' || remedy === 'request_access'
  return asks && app.owner === undefined ? words[language].askIt : words[language].remedies[remedy]
}

function facts(refusal: DeniedView, clock: Clock): Content {
  const say = words[clock.language]
  const viewer = refusal.viewer
  const both = viewer?.name !== undefined && viewer.email !== undefined
  return html`<dl class="facts">
    ${
      viewer &&
      html`<dt>${say.signedInAs}</dt>
        <dd>
          ${both ? `${viewer.name} (${viewer.email})` : (viewer.name ?? viewer.email ?? say.unnamed)}<br />
          <a href="${refusal.app.origin}/.einlass/sign-out">${say.switchAccount}</a>
        </dd>`
    }
    <dt>${say.application}</dt>
    <dd>${refusal.app.title}</dd>
    <dt>${say.time}</dt>
    <dd>${exactTimeElement(refusal.now, clock)}</dd>
  </dl>`
}

function actionsFor(requester: Requester, refusal: DeniedView, clock: Clock): readonly Action[] {
  const say = words[clock.language]
  const { app, decision, signIn, again } = refusal
  const kind = decision.remedy?.kind
  if (isCrossOrigin(decision)) {
    return [
      { label: say.openApp(app.title), href: homeOf(app) },
      { label: say.toApps, href: `${refusal.gateway}/` },
    ]
  }
  const list: Action[] = []
  const switches = kind === 'sign_in' && signIn === undefined && refusal.viewer !== undefined
  if (switches) list.push({ label: say.switchAccount, href: `${app.origin}/.einlass/sign-out` })
  const signInLabel = kind === 'step_up' ? say.stepUp : say.signIn
  if (signIn !== undefined) {
    list.push(
      refusal.formDiscarded
        ? { label: say.inTab(signInLabel), href: signIn, newTab: true }
        : { label: signInLabel, href: signIn },
    )
  } else if (again !== undefined && mayTryAgain(kind)) list.push({ label: say.again, href: again })
  const asking = askLine(refusal, say)
  list.push(...asking)
  // Only one way to ask for access is offered, so that the user need not choose.
  if (app.owner !== undefined && isMailAddress(app.owner) && asking.length === 0)
    list.push({ label: say.askOwner, href: askOwner(requester, refusal, app.owner, clock) })
  list.push({ label: say.toApps, href: `${refusal.gateway}/` })
  return list
}

/** Links to request access, only when policy's remedy is `request_access`. They lead to the gateway host. */
function askLine({ decision, requestStatus }: DeniedView, say: Words): readonly Action[] {
  if (decision.remedy?.kind !== 'request_access' || !requestStatus) return []
  const { pending, ask, emergency, ended } = requestStatus
  const first = pending
    ? [{ label: say.toRequest, href: pending.href }]
    : ask === undefined
      ? []
      : [{ label: ended ? say.requestAgain : say.requestAccess, href: ask }]
  return emergency === undefined ? first : [...first, { label: say.emergency, href: emergency }]
}

/** Remedies after which the same request may succeed; membership in a list does not change by retrying. */
function mayTryAgain(kind: Remedy['kind'] | undefined): boolean {
  return kind === 'wait' || kind === 'use_other_device' || kind === 'use_other_network' || kind === 'try_again'
}

function askOwner(requester: Requester, refusal: DeniedView, owner: string, clock: Clock): string {
  const say = words[clock.language]
  const lines = [
    say.mail(refusal.app.title),
    '',
    ...refusal.decision.reasons.map((reason) => `- ${reasonMessage(reason, { ...clock, app: refusal.app.title })}`),
    '',
    `${say.request}: ${requester.id}`,
  ]
  return mailto(owner, say.subject(refusal.app.title), lines.join('\r\n'))
}

function waitUntil(remedy: Remedy | undefined, clock: Clock): Content {
  if (remedy?.kind !== 'wait' || remedy.until === undefined) return undefined
  return html`<p><strong>${words[clock.language].opens} ${timeElement(remedy.until, clock)}</strong></p>`
}

function hasEnded({ decision, requestStatus }: DeniedView): boolean {
  return requestStatus?.ended !== undefined && decision.reasons.some(({ code }) => code === 'grant_expired')
}

function endedAt(refusal: DeniedView, clock: Clock): Content {
  const ended = hasEnded(refusal) ? refusal.requestStatus?.ended : undefined
  if (!ended) return undefined
  const say = words[clock.language]
  return html`<p>
    <strong>${ended.early ? say.endedEarly : say.endedAt} ${timePhrase(ended.at, clock)}.</strong> ${say.cut}
  </p>`
}

function pendingSince({ decision, requestStatus }: DeniedView, clock: Clock): Content {
  if (!requestStatus?.pending || decision.remedy?.kind !== 'request_access') return undefined
  const say = words[clock.language]
  return html`<p>${say.pending[0]} ${timePhrase(requestStatus.pending.at, clock)}${say.pending[1]}</p>`
}

function categoryOf(refusal: DeniedView): Kind {
  if (hasEnded(refusal)) return 'ended'
  return isCrossOrigin(refusal.decision) ? 'origin' : kindOf(refusal.decision.remedy)
}

/** The user did not ask for this, so there is nothing to ask anybody for. */
function isCrossOrigin({ reasons }: DeniedView['decision']): boolean {
  return reasons[0]?.code === 'origin_not_allowed'
}

function kindOf(remedy: Remedy | undefined): Kind {
  switch (remedy?.kind) {
    case 'sign_in':
    case 'step_up':
      return 'step'
    case 'wait':
      return remedy.until === undefined ? 'ask' : 'wait'
    case 'use_other_device':
      return 'device'
    case 'use_other_network':
      return 'network'
    case 'try_again':
      return 'again'
    case 'request_access':
    case 'ask_owner':
    case undefined:
      return 'ask'
    default:
      return never(remedy)
  }
}

const remedyLooks: Readonly<Record<Kind, { icon: Icon; tone: Message['tone'] }>> = {
  step: { icon: 'phone', tone: 'calm' },
  wait: { icon: 'clock', tone: 'wait' },
  device: { icon: 'device', tone: 'wait' },
  network: { icon: 'network', tone: 'wait' },
  origin: { icon: 'lock', tone: 'stop' },
  ask: { icon: 'lock', tone: 'stop' },
  ended: { icon: 'clock', tone: 'wait' },
  again: { icon: 'plug', tone: 'wait' },
}
