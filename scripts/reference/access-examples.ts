// Example access events for the reference: one request for each way it can end, and the people in all examples.

import type { Actor, AuditEvent, Origin } from '../../src/audit/event.ts'
import type { AccessRequest } from '../../src/policy/access-request.ts'
import type { Decision } from '../../src/policy/decision.ts'

type Access = Extract<AuditEvent, { kind: 'access' }>

export const at = Date.UTC(2026, 10, 30, 8)
export const hour = 3_600_000
export const erika: Actor = {
  kind: 'person',
  provider: 'company',
  sub: 'erika',
  email: 'erika@example.com',
  name: 'Erika Muster',
  groups: ['staff', 'finance'],
  session: 'YEidL4cP8d_nuHldyPc4aQ',
}
export const administrator: Actor = { kind: 'administrator', name: 'admin socket' }
export const system: Actor = { kind: 'system' }
export const origin: Origin = {
  requestId: 'faaa0050-35f2-419b-a1da-b5b37a279c4b',
  address: '203.0.113.7',
  port: 37_016,
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
}

const laptop: AccessRequest['device'] = {
  state: 'known',
  posture: {
    deviceId: 'laptop-17',
    source: 'agents',
    observedAt: at - hour,
    managed: true,
    owner: 'company|erika',
    compliant: true,
    diskEncrypted: true,
    os: { name: 'windows', version: '10.0.26100' },
    screenLock: true,
    firewall: true,
    antivirus: { present: true, healthy: true },
    risk: 'low',
  },
}

const absent = { state: 'absent' } as const

/** By what became of the request. */
export const outcomes: Readonly<Record<string, { readonly when: string; readonly event: Access }>> = {
  allowed: { when: 'a request was forwarded', event: access({}) },
  challenged: {
    when: 'sign-in, step-up or a request for access is needed',
    event: access({ decision: challenged(), result: refused(302) }),
  },
  denied: {
    when: 'a deny rule, or no rule that allows',
    event: access({ decision: denied(), result: refused(403), device: absent }),
  },
  cut: {
    when: 'access ended while the response, WebSocket or stream was open',
    event: access({ result: cut(), upgrade: 'websocket' }),
  },
  monitored: {
    when: 'mode monitor: allowed, although enforcement would have denied',
    event: access({ decision: monitored(), device: absent }),
  },
  'upstream failed': {
    when: 'the application did not answer, or broke off',
    event: access({ result: { status: 502, end: 'upstream_failed' } }),
  },
}

interface Difference {
  readonly decision?: Partial<Decision>
  readonly result?: Partial<Access['result']>
  readonly device?: AccessRequest['device']
  readonly upgrade?: string
}

function access({ decision, result, device = laptop, upgrade }: Difference): Access {
  return {
    kind: 'access',
    at,
    origin,
    actor: erika,
    app: 'erp',
    decision: { ...allowed(), ...decision },
    input: input(device),
    configuration: '259cef766f656b27',
    request: {
      method: 'GET',
      host: 'erp.example.com',
      path: '/ledger',
      scheme: 'https',
      version: '2',
      upgrade,
    },
    result: {
      status: 200,
      bytesIn: 0,
      bytesOut: 4450,
      duration: 12,
      end: 'complete',
      upstream: 'http://10.20.0.5:8443',
      ...result,
    },
  }
}

function allowed(): Decision {
  return {
    effect: 'allow',
    rule: 'finance reads',
    reasons: [],
    remedy: undefined,
    limits: { download: undefined, upload: undefined },
    validUntil: at + 60_000,
    grant: 'g-7f3a',
    monitored: undefined,
  }
}

function denied(): Partial<Decision> {
  const reasons = [{ code: 'device_unknown', parameters: { app: 'ERP', posture: 'company_laptop' } }] as const
  return { effect: 'deny', rule: undefined, grant: undefined, reasons, remedy: { kind: 'use_other_device' } }
}

function monitored(): Partial<Decision> {
  return { ...denied(), effect: 'allow', monitored: 'deny' }
}

function challenged(): Partial<Decision> {
  const reasons = [{ code: 'mfa_required', parameters: { app: 'ERP' } }] as const
  const remedy = { kind: 'step_up', level: 'mfa', maxAge: undefined } as const
  return { effect: 'challenge', rule: undefined, grant: undefined, reasons, remedy }
}

function refused(status: number): Partial<Access['result']> {
  return { status, bytesOut: status === 302 ? 0 : 4450, duration: 1, end: 'answered', upstream: undefined }
}

function cut(): Partial<Access['result']> {
  return { status: 101, end: 'cut', reason: 'grant_expired', duration: 61_000 }
}

function input(device: AccessRequest['device']): AccessRequest {
  return {
    identity: {
      subject: {
        provider: 'company',
        sub: 'erika',
        email: 'erika@example.com',
        name: 'Erika Muster',
        username: 'erika',
        groups: ['staff', 'finance'],
        groupsComplete: true,
        claims: { department: ['finance'] },
        external: false,
      },
      authentication: { acr: undefined, amr: ['pwd', 'otp'], authTime: at - hour, mfa: true, phishingResistant: false },
    },
    absence: 'no_session',
    device,
    grants: [
      {
        id: 'g-7f3a',
        who: 'company|erika',
        app: 'erp',
        level: 'full',
        from: at - hour,
        until: at + 3 * hour,
        schedule: undefined,
        sponsor: 'lead@example.com',
        reason: 'month end',
        origin: 'runtime',
        givenBy: 'admin socket',
        revokedAt: undefined,
      },
    ],
    network: { address: '203.0.113.7', names: new Set(['office']) },
    method: 'GET',
    path: '/ledger',
    now: at,
  }
}
