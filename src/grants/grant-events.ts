// Audit events of grants and requests, with their notification targets (approvers, requester, sponsor) and page link.

import type { Actor, AuditEvent, NotificationTarget } from '../audit/event.ts'
import type { Configuration } from '../config/configuration.ts'
import type { Grant, GrantBasis } from '../policy/grant.ts'
import { hasBeginning } from '../policy/grant-period.ts'
import { subjectKey } from '../policy/subject.ts'
import type { Entitlements } from './entitlements.ts'
import type { GrantRequest } from './requests/request.ts'
import type { ActingUser, Person } from './requests/repository.ts'
import { never } from '../policy/never.ts'

type GrantEvent = Extract<AuditEvent, { kind: 'grant' }>
type RequestEvent = Extract<AuditEvent, { kind: 'request' }>

export interface GrantEvents {
  grantEvent(at: number, activity: GrantEvent['activity'], grant: Grant, actor: Actor): GrantEvent
  requestEvent(
    at: number,
    activity: RequestEvent['activity'],
    request: GrantRequest,
    actor: Actor,
    comment?: string,
  ): RequestEvent
}

export function createGrantEvents(
  configuration: () => Pick<Configuration, 'gateway' | 'apps'>,
  entitlements: () => Entitlements,
): GrantEvents {
  const titleOf = (app: string): string => configuration().apps.get(app)?.title ?? app
  const page = (path: string): string => `${configuration().gateway.origin}${path}`

  return {
    grantEvent(at, activity, grant, actor) {
      const { id, who, app, level, from, until, reason, sponsor, contract, basis, revokedFor } = grant
      const emailOf = who.indexOf('|mailto:')
      const address = emailOf < 0 ? basis?.email : who.slice(emailOf + '|mailto:'.length)
      const tell: NotificationTarget = {
        approvers:
          basis === undefined
            ? []
            : basis.entitlement === 'sponsor'
              ? [] // The sponsor is told as such.
              : entitlements().approvers(app, basis.entitlement === 'requests' ? 'requests' : 'emergency'),
        requester: address,
        sponsor,
        person: basis?.entitlement === 'codes' ? emergencyCodeName(who) : (address ?? who.slice(who.indexOf('|') + 1)),
        app: titleOf(app),
        link: page(basis === undefined ? `/grants/${id}` : `/requests/${basis.request}`),
      }
      const zone = grant.timeZone === undefined ? {} : { timeZone: grant.timeZone }
      const about = { id, who, app, level, ...(hasBeginning(grant) ? { from } : {}), until, ...zone, reason, sponsor }
      return {
        kind: 'grant',
        at,
        actor,
        activity,
        grant: {
          ...about,
          ...(contract === undefined ? {} : { contract }),
          ...(basis === undefined || !isEmergency(basis) ? {} : { emergency: true }),
          ...(basis?.statedName === undefined ? {} : { statedName: basis.statedName }),
          ...(activity === 'revoked' && revokedFor !== undefined ? { revokedFor } : {}),
        },
        tell,
      }
    },
    requestEvent(at, activity, request, actor, comment) {
      const { id, app, by, level, duration, reason, ticket, emergency, grant } = request
      // Events that need an approver link to the approval page.
      const approverTarget = activity === 'opened' || activity === 'supported' || activity === 'unreviewed'
      const tell: NotificationTarget = {
        approvers:
          request.followUp?.sponsor === undefined
            ? entitlements().approvers(app, emergency ? 'emergency' : 'requests')
            : [request.followUp.sponsor],
        requester: by.email,
        sponsor: undefined,
        person: by.name ?? by.email ?? by.sub,
        app: titleOf(app),
        link: page(`/${approverTarget ? 'approvals' : 'requests'}/${id}`),
      }
      const about = {
        id,
        app,
        who: subjectKey(by),
        level,
        duration,
        reason,
        ticket,
        extends: request.extends,
        emergency,
      }
      return {
        kind: 'request',
        at,
        actor,
        activity,
        request: {
          ...about,
          ...(request.statedName === undefined ? {} : { statedName: request.statedName }),
          ...(grant === undefined ? {} : { grant }),
          ...(comment === undefined ? {} : { comment }),
        },
        tell,
      }
    },
  }
}

function isEmergency({ entitlement }: GrantBasis): boolean {
  return entitlement === 'emergency' || entitlement === 'codes'
}

/** As the subject of an emergency code is named. `who`: `emergency|ID`. */
function emergencyCodeName(who: string): string {
  return `Emergency code ${who.slice(who.indexOf('|') + 1)}`
}

export function personOf(acting: ActingUser): Person {
  if (acting.kind === 'administrator') return { provider: '', sub: acting.name, email: undefined, name: acting.name }
  const { provider, sub, email, name } = acting.subject
  return { provider, sub, email, name }
}

export function actorOf(acting: ActingUser): Actor {
  if (acting.kind === 'administrator') return { kind: 'administrator', name: acting.name }
  const { provider, sub, email, name, groups } = acting.subject
  return {
    kind: 'person',
    provider,
    sub,
    groups,
    session: acting.session,
    ...(email === undefined ? {} : { email }),
    ...(name === undefined ? {} : { name }),
  }
}

/** Name of the actor that gave a grant, as `givenBy`. */
export function nameOf(actor: Actor): string {
  switch (actor.kind) {
    case 'person':
      return subjectKey(actor)
    case 'administrator':
      return actor.name
    case 'system':
    case 'stranger':
      return actor.kind
    default:
      return never(actor)
  }
}
