// Maps audit events to OCSF 1.8 as JSON lines: HTTP Activity, Authentication, User Access Management, Detection Finding.

import { escapeControlCharacters } from '../../telemetry/escape-control-characters.ts'
import { moment } from '../decision-input.ts'
import type { AuditEvent } from '../event.ts'
import { createAccessLine } from './access.ts'
import {
  actorObject,
  cutUserAgent,
  granteeObject,
  metadata,
  sourceEndpoint,
  userOf,
  whole,
  type Stamp,
} from './objects.ts'
import { never } from '../../policy/never.ts'
import { guestProvider } from '../../policy/subject.ts'

export type { Stamp } from './objects.ts'

export type WriteLine = (event: AuditEvent, stamp: Stamp) => string

/** The returned function caches JSON of recurring records; lines have no line end. */
export function createOcsf(): WriteLine {
  const accessLine = createAccessLine()
  return (event, stamp) =>
    event.kind === 'access'
      ? accessLine(event, stamp)
      : escapeControlCharacters(JSON.stringify(ocsfObject(event, stamp)))
}

type Other = Exclude<AuditEvent, { kind: 'access' }>

function ocsfObject(event: Other, stamp: Stamp): object {
  switch (event.kind) {
    case 'authentication':
      return authentication(event, stamp)
    case 'grant':
      return userAccess(event, stamp)
    case 'request':
      return accessRequest(event, stamp)
    case 'review':
      return accessReview(event, stamp)
    case 'configuration':
      return entityManagement(event, stamp)
    case 'device':
      return deviceState(event, stamp)
    case 'finding':
      return detectionFinding(event, stamp)
    default:
      return never(event)
  }
}

/** Attributes of the OCSF Base Event; `activity` is `[id, name]`. */
function base(uid: number, name: string, activity: readonly [number, string], at: number, severity: number) {
  return {
    class_uid: uid,
    class_name: name,
    category_uid: Math.trunc(uid / 1000),
    activity_id: activity[0],
    activity_name: activity[1],
    type_uid: uid * 100 + activity[0],
    time: whole(at),
    severity_id: severity,
  }
}

function outcome(success: boolean) {
  return success ? { status_id: 1, status: 'Success' } : { status_id: 2, status: 'Failure' }
}

const authenticationActivities = {
  sign_in: [1, 'Logon'],
  step_up: [99, 'Step-up'],
  sign_out: [2, 'Logoff'],
  session_ended: [2, 'Logoff'],
  refresh: [5, 'Service Ticket Renew'],
  token_revoked: [99, 'Token revoked'],
  code_sent: [6, 'Preauth'],
} as const

/** OCSF has no value for codes by mail and for passkeys: 99, and a name of the source. */
function authenticationProtocol(provider: string) {
  if (provider === guestProvider) return { auth_protocol_id: 99, auth_protocol: 'Mail code or passkey' }
  return { auth_protocol_id: 4, auth_protocol: 'OpenID' }
}

function authentication(event: Extract<Other, { kind: 'authentication' }>, stamp: Stamp): object {
  const failed = event.outcome === 'failure'
  return {
    ...base(3002, 'Authentication', authenticationActivities[event.activity], event.at, failed ? 2 : 1),
    ...outcome(!failed),
    status_detail: event.reason,
    metadata: metadata(stamp, event.origin.requestId),
    actor: actorObject(event.actor),
    user: userOf(event.actor),
    session:
      event.session === undefined ? undefined : { uid: event.session, issuer: event.provider, is_mfa: event.mfa },
    src_endpoint: sourceEndpoint(event.origin),
    http_request: { uid: event.origin.requestId, user_agent: cutUserAgent(event.origin.userAgent) },
    service: { name: 'einlass' },
    ...authenticationProtocol(event.provider),
    logon_type_id: 2,
    is_mfa: event.mfa,
    is_remote: true,
    policy: policyVersion(stamp.configuration),
    unmapped: { activity: event.activity, provider: event.provider, detail: event.detail },
  }
}

function policyVersion(configuration: string | undefined) {
  return configuration === undefined ? undefined : { uid: 'configuration', version: configuration }
}

const grantActivities = {
  given: [1, 'Assign Privileges'],
  extended: [1, 'Assign Privileges'],
  revoked: [2, 'Revoke Privileges'],
  ending: [99, 'Ending'],
  ended: [2, 'Revoke Privileges'],
} as const

function userAccess(event: Extract<Other, { kind: 'grant' }>, stamp: Stamp): object {
  const { grant } = event
  return {
    ...base(3005, 'User Access Management', grantActivities[event.activity], event.at, 1),
    ...outcome(true),
    status_detail: event.activity,
    metadata: metadata(stamp, undefined),
    actor: actorObject(event.actor),
    user: granteeObject(grant.who),
    privileges: [grant.level],
    resource: { uid: grant.app, name: grant.app, type: 'application' },
    policy: policyVersion(stamp.configuration),
    unmapped: {
      activity: event.activity,
      grant: {
        ...grant,
        ...(grant.from === undefined ? {} : { from: moment(grant.from) }),
        until: moment(grant.until),
      },
      tell: event.tell,
    },
  }
}

/** A request alone assigns no privileges; the resulting grant is an event of its own. */
const requestActivities = {
  opened: [99, 'Request'],
  supported: [99, 'Approve in part'],
  approved: [99, 'Approve'],
  denied: [99, 'Deny'],
  withdrawn: [99, 'Withdraw'],
  lapsed: [99, 'Lapse'],
  reviewed: [99, 'Review'],
  unreviewed: [99, 'Review overdue'],
} as const

function accessRequest(event: Extract<Other, { kind: 'request' }>, stamp: Stamp): object {
  const { request } = event
  return {
    ...base(3005, 'User Access Management', requestActivities[event.activity], event.at, request.emergency ? 4 : 1),
    ...outcome(true),
    status_detail: event.activity,
    metadata: metadata(stamp, undefined),
    actor: actorObject(event.actor),
    user: granteeObject(request.who),
    privileges: [request.level],
    resource: { uid: request.app, name: request.app, type: 'application' },
    policy: policyVersion(stamp.configuration),
    unmapped: { activity: event.activity, request, tell: event.tell },
  }
}

/** Grants revoked by the review are events of their own. */
function accessReview(event: Extract<Other, { kind: 'review' }>, stamp: Stamp): object {
  const { review } = event
  return {
    ...base(3005, 'User Access Management', [99, 'Access review'], event.at, 1),
    ...outcome(true),
    status_detail: 'reviewed',
    metadata: metadata(stamp, undefined),
    actor: actorObject(event.actor),
    user: userOf(event.actor),
    privileges: [],
    resource: { uid: review.app, name: review.app, type: 'application' },
    policy: policyVersion(stamp.configuration),
    unmapped: { activity: 'reviewed', review },
  }
}

function entityManagement(event: Extract<Other, { kind: 'configuration' }>, stamp: Stamp): object {
  const applied = event.outcome === 'applied'
  const entity = (hash: string | undefined) => ({
    name: 'configuration',
    type_id: 5,
    type: 'Policy',
    uid: 'configuration',
    version: hash,
  })
  return {
    ...base(3004, 'Entity Management', [3, 'Update'], event.at, applied ? 1 : 3),
    ...outcome(applied),
    status_detail: event.outcome,
    metadata: metadata(stamp, undefined),
    actor: actorObject(event.actor),
    entity: entity(event.previous ?? (applied ? undefined : stamp.configuration)),
    entity_result: applied ? entity(event.hash) : undefined,
    comment: event.detail,
    policy: policyVersion(applied ? event.hash : (event.previous ?? stamp.configuration)),
    unmapped: { hash: event.hash, previous: event.previous },
  }
}

const deviceActivities = {
  observed: [2, 'Collect'],
  changed: [1, 'Log'],
  conflict: [1, 'Log'],
  mismatch: [1, 'Log'],
} as const

function deviceState(event: Extract<Other, { kind: 'device' }>, stamp: Stamp): object {
  const alarming = event.activity === 'conflict' || event.activity === 'mismatch'
  return {
    ...base(5019, 'Device Config State Change', deviceActivities[event.activity], event.at, alarming ? 3 : 1),
    ...outcome(!alarming),
    status_detail: event.activity === 'mismatch' ? 'device_mismatch' : event.activity,
    message: event.detail,
    metadata: metadata(stamp, undefined),
    actor: actorObject(event.actor),
    device: { uid: event.device, name: event.device, type_id: 0, type: 'Unknown' },
    policy: policyVersion(stamp.configuration),
    unmapped: { activity: event.activity, source: event.source, detail: event.detail },
  }
}

const severities = { low: 2, medium: 3, high: 4, critical: 5 } as const

function detectionFinding(event: Extract<Other, { kind: 'finding' }>, stamp: Stamp): object {
  return {
    ...base(2004, 'Detection Finding', [1, 'Create'], event.at, severities[event.severity]),
    status_id: 1,
    status: 'New',
    status_detail: event.detail,
    message: event.title,
    is_alert: true,
    metadata: metadata(stamp, event.origin?.requestId),
    actor: actorObject(event.actor),
    finding_info: { uid: stamp.uid, title: event.title, desc: event.detail, created_time: whole(event.at) },
    evidences: [
      {
        actor: actorObject(event.actor),
        src_endpoint: event.origin && sourceEndpoint(event.origin),
        http_request: event.origin && {
          uid: event.origin.requestId,
          user_agent: cutUserAgent(event.origin.userAgent),
        },
      },
    ],
    policy: policyVersion(stamp.configuration),
  }
}
