// Example audit events for the reference: one of each kind and activity, written by the real writer.

import type { AuditEvent } from '../../src/audit/event.ts'
import { createOcsf } from '../../src/audit/ocsf/ocsf.ts'
import { administrator, at, erika, hour, origin, system, outcomes } from './access-examples.ts'

type Of<Kind extends AuditEvent['kind']> = Extract<AuditEvent, { kind: Kind }>
type Activity<Kind extends 'authentication' | 'grant' | 'request' | 'device'> = Of<Kind>['activity']

export interface Example {
  /** Activity or outcome, and when it is recorded. */
  readonly name: string
  readonly when: string
  /** As the writer made it. */
  readonly line: string
}

/** An activity of the event types without a line does not compile. */
const authenticationWhen: Readonly<Record<Activity<'authentication'>, string>> = {
  sign_in: 'sign-in, successful or failed',
  step_up: 'step-up, successful or failed',
  sign_out: 'the person signed out',
  session_ended: 'a session was ended: by an administrator, by the provider, or by Einlass',
  refresh: 'the provider was asked again and changed claims, or refused',
  token_revoked: 'a refresh token that no session uses any more was revoked at the provider, or could not be',
  code_sent: 'a one-time code was sent to a guest',
}
const grantWhen: Readonly<Record<Activity<'grant'>, string>> = {
  given: 'a grant was given, approved or declared in the configuration',
  extended: 'a grant was prolonged',
  revoked: 'a grant was revoked or removed from the configuration; `unmapped.grant.revokedFor`: why the system did',
  ending: 'a grant will end soon',
  ended: 'the time of a grant is over',
}
const requestWhen: Readonly<Record<Activity<'request'>, string>> = {
  opened: 'access was requested; an emergency is in force at once',
  supported: 'one of several approvals',
  approved: 'the last approval; the grant is an event of its own',
  denied: 'an approver denied it',
  withdrawn: 'the person withdrew it',
  lapsed: 'nobody decided in time',
  reviewed: 'an emergency was reviewed',
  unreviewed: 'an emergency was not reviewed in time',
}
const deviceWhen: Readonly<Record<Activity<'device'>, string>> = {
  observed: 'a device was seen for the first time',
  changed: 'a device reports something else',
  conflict: 'two sources contradict each other; the worse value counts',
  mismatch: 'a device was used with the session, or by the user, of another one',
}

/** By kind, each with at least one example. A kind without examples does not compile. */
export const examples: { readonly [Kind in AuditEvent['kind']]: readonly Example[] } = {
  access: Object.entries(outcomes).map(([name, { when, event }]) => example(name, when, event)),
  authentication: [
    ...each(authenticationWhen, authentication),
    example('failed sign-in', 'the tokens of the provider failed a check', {
      ...authentication('sign_in'),
      outcome: 'failure',
      reason: 'token_invalid',
      detail: 'jwt_claim_comparison_failed: aud',
      actor: { kind: 'stranger' },
      session: undefined,
      mfa: false,
    }),
  ],
  grant: each(grantWhen, grant),
  request: [
    ...each(requestWhen, request),
    example('emergency', 'an emergency was activated: `opened` with higher severity', {
      ...request('opened'),
      request: { ...request('opened').request, emergency: true, grant: 'g-7f3a' },
    }),
  ],
  review: [example('reviewed', 'a review of who can reach an app was signed', review())],
  configuration: [
    example('applied', 'a configuration came into force', configuration('applied', '4 apps, 12 rules')),
    example(
      'refused',
      'a changed file is not valid; the old configuration stays',
      configuration('refused', '2 problems'),
    ),
  ],
  device: each(deviceWhen, device),
  finding: [
    example('finding', 'see below', {
      kind: 'finding',
      at,
      actor: { kind: 'stranger' },
      origin,
      title: 'A device posture was claimed and not proven',
      detail: 'signature is missing (peer 203.0.113.7, host erp.example.com)',
      severity: 'low',
    }),
  ],
}

function each<Name extends string>(
  when: Readonly<Record<Name, string>>,
  event: (name: Name) => AuditEvent,
): readonly Example[] {
  return (Object.keys(when) as Name[]).map((name) => example(name, when[name], event(name)))
}

function example(name: string, when: string, event: AuditEvent): Example {
  const stamp = {
    uid: '01a1ffde-0688-7ffe-8291-66ec1ddac568',
    sequence: 10,
    instance: '87acf462290cd326',
    configuration: '259cef766f656b27',
  }
  return { name, when, line: createOcsf()(event, stamp) }
}

function authentication(activity: Activity<'authentication'>): Of<'authentication'> {
  const ends = activity === 'sign_out' || activity === 'session_ended'
  return {
    kind: 'authentication',
    at,
    origin,
    actor: activity === 'session_ended' ? administrator : erika,
    activity,
    outcome: 'success',
    reason: ends ? 'session_revoked' : undefined,
    detail: ends ? 'company|erika' : undefined,
    provider: 'company',
    session: 'YEidL4cP8d_nuHldyPc4aQ',
    mfa: true,
  }
}

function grant(activity: Activity<'grant'>): AuditEvent {
  return {
    kind: 'grant',
    at,
    actor: activity === 'ending' || activity === 'ended' ? system : administrator,
    activity,
    grant: {
      id: 'g-7f3a',
      who: 'company|erika',
      app: 'erp',
      level: 'full',
      from: at,
      until: at + 4 * hour,
      reason: 'month end',
      sponsor: 'lead@example.com',
      contract: 'C-2026-17',
    },
    tell: tell(),
  }
}

function request(activity: Activity<'request'>): Of<'request'> {
  return {
    kind: 'request',
    at,
    actor: activity === 'lapsed' || activity === 'unreviewed' ? system : erika,
    activity,
    request: {
      id: 'r-52c1',
      app: 'erp',
      who: 'company|erika',
      level: 'full',
      duration: 4 * hour,
      reason: 'month end',
      ticket: 'FIN-17',
      extends: undefined,
      emergency: false,
    },
    tell: tell(),
  }
}

function tell() {
  return {
    approvers: ['lead@example.com'],
    requester: 'erika@example.com',
    sponsor: 'lead@example.com',
    person: 'Erika Muster',
    app: 'ERP',
    link: 'https://access.example.com/requests/r-52c1',
  }
}

function review(): AuditEvent {
  return {
    kind: 'review',
    at,
    actor: erika,
    review: {
      app: 'erp',
      by: 'Erika Muster',
      file: 'erp-2026-11-30.md',
      sha256: 'c8f3a1d2',
      kept: 12,
      ended: 2,
      takeOut: 1,
    },
  }
}

function configuration(outcome: Of<'configuration'>['outcome'], detail: string): AuditEvent {
  return {
    kind: 'configuration',
    at,
    actor: system,
    outcome,
    hash: '259cef766f656b27',
    previous: '0d41b1c7a9b2e630',
    detail,
  }
}

function device(activity: Activity<'device'>): AuditEvent {
  return {
    kind: 'device',
    at,
    actor: system,
    device: 'laptop-17',
    source: 'agents',
    activity,
    detail: 'firewall true -> false',
  }
}
