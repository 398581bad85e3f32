// Says in a sentence what one audit event of the demo records: who, which application, what was decided, and why.

import { locales, type Language } from '../../policy/messages/locale.ts'
import { message, reasonCodes, title, type ReasonCode } from '../../policy/reasons.ts'
import type { Person } from '../people.ts'
import { words } from './audit-messages.ts'

/** `stop`: refused or cut off, `wait`: the person has to do something first, `note`: no decision about access. */
export type Tone = 'good' | 'stop' | 'wait' | 'note'

export interface AuditLine {
  readonly id: string
  /** Epoch milliseconds. */
  readonly at: number
  readonly tone: Tone
  /** What happened, with names. */
  readonly text: string
  /** What the person is told, or more about it. */
  readonly why: string | undefined
  /** Reason code as recorded. */
  readonly code: string | undefined
  /** Equal for lines that say the same of different requests. */
  readonly key: string
  /** User name of whom it concerns, where it is one of the demo. */
  readonly person: string | undefined
  readonly kind: string
  readonly event: object
}

export interface AuditContext {
  readonly people: readonly Person[]
  /** By name in the configuration. */
  readonly titles: Readonly<Record<string, string>>
  readonly providers: Readonly<Record<string, string>>
  readonly language: Language
  readonly timeZone: string
}

/** The members of OCSF events that are read here. */
interface Recorded {
  readonly class_uid: number
  readonly time: number
  /** Milliseconds. */
  readonly duration?: number
  readonly severity_id?: number
  readonly status?: string
  readonly status_detail?: string
  readonly message?: string
  readonly metadata: { readonly uid: string }
  readonly actor?: { readonly user?: User }
  readonly user?: User
  readonly device?: { readonly uid?: string }
  readonly resource?: { readonly name?: string }
  readonly dst_endpoint?: { readonly svc_name?: string }
  readonly is_mfa?: boolean
  readonly unmapped?: {
    readonly activity?: string
    readonly detail?: string
    readonly provider?: string
    readonly end?: string
    readonly upgrade?: string
    readonly decision?: {
      readonly effect: 'allow' | 'challenge' | 'deny'
      readonly rule?: string
      readonly reasons?: readonly { readonly code: ReasonCode; readonly parameters: Record<string, string> }[]
    }
    readonly grant?: {
      readonly who: string
      readonly until: number
      readonly sponsor?: string
      readonly reason?: string
    }
    readonly request?: { readonly who: string; readonly duration: number; readonly reason?: string }
    readonly review?: { readonly kept: number; readonly ended: number }
  }
}

interface User {
  readonly uid?: string
  readonly name?: string
  readonly full_name?: string
  readonly groups?: readonly { readonly name: string }[]
}

type Said = Pick<AuditLine, 'tone' | 'text'> & Partial<Pick<AuditLine, 'why' | 'code' | 'kind'>>

/** Undefined for events that tell nothing in the demo: its own pages, tokens that were renewed. */
export function inWords(recorded: object, context: AuditContext): AuditLine | undefined {
  const event = recorded as Recorded
  const said = say(event, context)
  if (said === undefined) return undefined
  const { tone, text, why, code, kind = 'other' } = said
  const person = personOf(subjectOf(event), context)?.username
  const key = [tone, text, code].join('|')
  // Exchanges are recorded at their end, with the time they began.
  const at = event.time + (event.class_uid === 4002 ? (event.duration ?? 0) : 0)
  return { id: event.metadata.uid, at, tone, text, why, code, key, person, kind, event }
}

function say(event: Recorded, context: AuditContext): Said | undefined {
  switch (event.class_uid) {
    case 4002:
      return access(event, context)
    case 3002:
      return authentication(event, context)
    case 3005:
      return entitlement(event, context)
    case 3004:
      return { tone: event.status === 'Success' ? 'note' : 'stop', text: words[context.language].configuration }
    case 5019:
      return device(event, context)
    // open: findings, and classes that are added later
    default:
      // Of low severity: notes for operators, which say nothing about the scenes.
      if (event.message === undefined || (event.severity_id ?? 0) < 3) return undefined
      return { tone: 'stop', text: event.message, why: event.status_detail }
  }
}

function access(event: Recorded, context: AuditContext): Said | undefined {
  const { language, titles, timeZone } = context
  const say = words[language]
  const name = event.dst_endpoint?.svc_name
  const decision = event.unmapped?.decision
  if (name === undefined || name === 'demo' || decision === undefined) return undefined
  const app = titles[name] ?? name
  const who = nameOf(event.actor?.user, context)
  const [reason] = decision.reasons ?? []
  const told = reason && message(reason, language, timeZone)
  const rule = decision.rule === undefined ? undefined : say.rule(decision.rule)
  if (event.unmapped?.end === 'cut') {
    const code = reasonCodes.find((one) => one === event.status_detail)
    const what = event.unmapped.upgrade === 'websocket' ? say.socket : say.stream
    return { tone: 'stop', kind: 'cut', text: say.cut(who, app, what), why: code && title(code, language), code }
  }
  switch (decision.effect) {
    case 'allow':
      return { tone: 'good', kind: 'allow', text: say.allow(who, app), why: rule }
    case 'challenge':
      return reason?.code === 'no_session'
        ? { tone: 'wait', text: say.signInFirst(app), why: told, code: reason.code }
        : { tone: 'wait', kind: 'deny', text: say.challenge(who, app), why: told, code: reason?.code }
    case 'deny':
      return { tone: 'stop', kind: 'deny', text: say.deny(who, app), why: told, code: reason?.code }
    // open: effects that are added later
    default:
      return undefined
  }
}

function authentication(event: Recorded, context: AuditContext): Said | undefined {
  const say = words[context.language]
  const { activity, provider = '', detail } = event.unmapped ?? {}
  const who = nameOf(event.user, context)
  const at = context.providers[provider] ?? provider
  if (event.status !== 'Success') return { tone: 'stop', text: say.signInFailed(at), code: event.status_detail }
  switch (activity) {
    case 'sign_in':
      return { tone: 'good', text: say.signIn(who, at), why: event.is_mfa ? say.withSecondFactor : say.oneFactor }
    case 'step_up':
      return { tone: 'good', text: say.stepUp(who, at) }
    case 'sign_out':
      return { tone: 'note', text: say.signOut(who) }
    case 'session_ended': {
      const ended = personOf(detail, context)?.name ?? who
      return { tone: 'stop', text: say.sessionEnded(ended), code: event.status_detail }
    }
    case 'refresh': {
      if (detail !== 'claims_changed') return undefined
      const groups = event.user?.groups?.map(({ name }) => name).join(', ') ?? ''
      return { tone: 'note', kind: 'groups', text: say.groups(at, who, groups), why: say.askedAgain }
    }
    // open: activities that say nothing here
    default:
      return undefined
  }
}

function entitlement(event: Recorded, context: AuditContext): Said | undefined {
  const say = words[context.language]
  const { activity = '', grant, request, review } = event.unmapped ?? {}
  const app = context.titles[event.resource?.name ?? ''] ?? event.resource?.name ?? ''
  const actor = nameOf(event.actor?.user, context)
  if (review)
    return { tone: 'good', kind: 'review', text: say.reviewed(actor, app), why: say.kept(review.kept, review.ended) }
  const who = personOf((grant ?? request)?.who, context)?.name ?? event.user?.name ?? ''
  if (request) {
    const sentence = Object.hasOwn(say.requests, activity)
      ? say.requests[activity as keyof typeof say.requests]
      : undefined
    const tone = activity === 'denied' ? 'stop' : activity === 'opened' ? 'wait' : 'good'
    return sentence && { tone, kind: `request_${activity}`, text: sentence(who, app, actor), why: request.reason }
  }
  if (!grant) return undefined
  const end = new Date(grant.until).toLocaleTimeString(locales[context.language], { timeZone: context.timeZone })
  const sentence = Object.hasOwn(say.grants, activity) ? say.grants[activity as keyof typeof say.grants] : undefined
  const why = activity === 'given' ? grant.reason : undefined
  return sentence && { tone: activity === 'ended' ? 'stop' : 'note', text: sentence(who, app, end), why }
}

function device(event: Recorded, { language }: AuditContext): Said {
  const say = words[language]
  const facts = (event.message ?? '').replaceAll('disk_encrypted', say.encrypted).replaceAll('managed', say.managed)
  const spoken = facts.replaceAll('true', say.yes).replaceAll('false', say.no).replaceAll('->', '→')
  const worse = /-> false/.test(event.message ?? '')
  return { tone: worse ? 'stop' : 'note', kind: 'device', text: `${event.device?.uid ?? ''}: ${spoken}` }
}

function subjectOf(event: Recorded): string | undefined {
  const { grant, request } = event.unmapped ?? {}
  return grant?.who ?? request?.who ?? event.actor?.user?.uid ?? event.user?.uid
}

/** `who`: `provider|sub` or `provider|mailto:address`. */
function personOf(who: string | undefined, { people }: AuditContext): Person | undefined {
  const name = who?.slice(who.indexOf('|') + 1).replace(/^mailto:/, '')
  return people.find(({ username, sub, email }) => name === (sub ?? username) || name === email)
}

function nameOf(user: User | undefined, context: AuditContext): string {
  if (user?.uid === undefined) return words[context.language].somebody
  return user.full_name ?? personOf(user.uid, context)?.name ?? user.name ?? user.uid
}
