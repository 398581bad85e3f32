// Page fixtures with realistic content: every request and approval page.

import { approvalPage, type Approval } from '../../src/web/approvals/approval-page.ts'
import { approvalsPage } from '../../src/web/approvals/approvals-page.ts'
import { codePage } from '../../src/web/requests/emergency-code.ts'
import { deniedPage } from '../../src/web/errors/denied-page.ts'
import { requestForm } from '../../src/web/requests/new-request-form.ts'
import {
  chooseRequestPage,
  newRequestPage,
  noRequestPossible,
  type NewRequest,
} from '../../src/web/requests/new-request-page.ts'
import { grantPage, type OneGrant } from '../../src/web/requests/grant-page.ts'
import { requestPage, requestsPage, type OneRequest } from '../../src/web/requests/requests-page.ts'
import type { GrantRequest, Offer, Person } from '../../src/grants/requests/repository.ts'
import type { Session } from '../../src/identity/session/session.ts'
import type { Decision } from '../../src/policy/decision.ts'
import type { Grant } from '../../src/policy/grant.ts'
import type { RequestStatus } from '../../src/web/requests/request-status.ts'
import type { PageRequest, Reply } from '../../src/web/kit/reply.ts'
import { hourGrant, openRequest } from '../grants/records.ts'

const minute = 60_000
const hour = 3_600_000
const day = 24 * hour

export interface Scene {
  readonly request: PageRequest
  readonly session: Session
  readonly now: number
  decision(changes: Partial<Decision>): Decision
}

const ada: Person = {
  provider: 'company',
  sub: '248289761001',
  email: 'ada.lovelace@example.com',
  name: 'Ada Lovelace',
}
const miro: Person = { provider: 'partners', sub: 'miro', email: 'miro.novak@partner.example', name: 'Miro Novák' }
const erika: Person = { provider: 'company', sub: 'erika', email: 'erika@example.com', name: 'Erika Musterfrau' }

export const offer = (more: Partial<Offer> = {}): Offer => ({
  app: 'erp',
  levels: ['read', 'full'],
  minDuration: 5 * minute,
  defaultDuration: hour,
  maxDuration: 4 * hour,
  beginWithin: 7 * day,
  reason: 'required',
  ticket: 'optional',
  ticketPattern: undefined,
  approvals: 1,
  freshMfa: undefined,
  emergency: undefined,
  ...more,
})

export const emergencyOffer: NonNullable<Offer['emergency']> = {
  maxDuration: hour,
  level: 'full',
  mfa: { level: 'mfa', maxAge: 5 * minute },
  reviewWithin: day,
}

export const noAsking: RequestStatus = { ask: undefined, emergency: undefined, pending: undefined, ended: undefined }

export function grantRequest(now: number, more: Partial<GrantRequest> = {}): GrantRequest {
  return openRequest('k3V9s0pQ-4', {
    duration: 4 * hour,
    reason: 'Press 4 loses pressure since this morning.\nI have to read the controller’s log and change one limit.',
    ticket: 'INC-20417',
    by: ada,
    groups: ['staff', 'finance'],
    device: 'laptop-0815',
    address: '192.0.2.7',
    askedAt: now - 12 * minute,
    lapsesAt: now + 23 * hour,
    ...more,
  })
}

export function runtimeGrant(now: number, more: Partial<Grant> = {}): Grant {
  return hourGrant({
    id: 'request-k3V9s0pQ-4',
    who: 'company|248289761001',
    level: 'read',
    from: now - 106 * minute,
    until: now + 14 * minute + 3000,
    reason: 'Press 4 loses pressure',
    givenBy: 'company|erika',
    ...more,
  })
}

export function requestGallery({ request, session, now, decision }: Scene): ReadonlyMap<string, Reply> {
  const frame = { session, notice: undefined, timeZone: 'Europe/Berlin', now }
  const mine = { ...frame, nav: { current: 'requests', awaitingCount: undefined } } as const
  const approving = { ...frame, nav: { current: 'approvals', awaitingCount: 3 } } as const
  const asking = (more: Partial<NewRequest> = {}): Reply =>
    newRequestPage(request, {
      viewer: session.subject,
      nav: mine.nav,
      title: 'ERP',
      offer: offer(),
      emergency: false,
      maxDuration: 4 * hour,
      grant: undefined,
      form: requestForm(() => undefined),
      errors: {},
      notice: undefined,
      deciders: 'erika@example.com, thomas@example.com',
      lapseAfter: day,
      timeZone: 'Europe/Berlin',
      now,
      ...more,
    })
  const approved = grantRequest(now, {
    state: 'approved',
    askedAt: now - 2 * hour,
    approvals: [
      {
        by: erika,
        at: now - 106 * minute,
        level: 'read',
        duration: 2 * hour,
        comment: 'Read the log first, then call me.',
      },
    ],
    closed: { at: now - 106 * minute, by: erika, comment: undefined },
    terms: { level: 'read', from: now - 106 * minute, until: now + 14 * minute },
    grant: 'request-k3V9s0pQ-4',
    settled: true,
  })
  const grant = runtimeGrant(now)
  const one = (more: Partial<OneRequest> = {}): Reply =>
    requestPage(request, {
      ...mine,
      request: grantRequest(now),
      title: 'ERP',
      grant: undefined,
      origin: 'https://erp.example.com',
      mayAsk: true,
      mayExtend: true,
      extendPath: undefined,
      ...more,
    })
  const approval = (more: Partial<Approval> = {}): Reply =>
    approvalPage(request, {
      ...approving,
      request: grantRequest(now, { by: miro, external: true, groups: ['technicians'], needed: 2 }),
      title: 'ERP',
      grant: undefined,
      provider: 'Partner AG',
      device: {
        state: 'known',
        posture: {
          deviceId: 'laptop-0815',
          source: 'inventory',
          observedAt: now - 5 * minute,
          managed: true,
          owner: undefined,
          compliant: undefined,
          diskEncrypted: false,
          os: { name: 'Windows', version: '10.0.22631' },
          screenLock: undefined,
          firewall: undefined,
          antivirus: undefined,
          risk: undefined,
        },
      },
      lastUsed: now - 9 * day,
      before: [
        runtimeGrant(now, { until: now - 9 * day, from: now - 9 * day - hour }),
        runtimeGrant(now, {
          until: now - 40 * day,
          from: now - 41 * day,
          revokedAt: now - 40 * day - hour,
          reason: undefined,
        }),
      ],
      refused: 1,
      others: [{ ...runtimeGrant(now), title: 'Machine control' }],
      mayDecide: true,
      mayReview: false,
      mayEnd: false,
      form: undefined,
      errors: {},
      ...more,
    })
  const emergency = grantRequest(now, {
    emergency: true,
    state: 'approved',
    needed: 0,
    duration: hour,
    ticket: undefined,
    reason: 'Payment run stands still, nobody of finance can be reached.',
    closed: { at: now - 12 * minute, by: ada, comment: undefined },
    grant: grant.id,
    terms: { level: 'full', from: now - 12 * minute, until: now + 48 * minute },
    reviewBy: now + 23 * hour,
  })
  const wrong = {
    app: 'erp',
    length: 'own',
    amount: '9',
    unit: 'hours',
    level: 'full',
    begin: 'later',
    from: '',
    reason: '',
    ticket: 'what <b>?',
  } as Record<string, string>
  const wiki = { title: 'ERP', origin: 'https://erp.example.com', owner: 'it@example.com' }
  const refuse = (asks: Partial<RequestStatus>, code: 'grant_required' | 'grant_expired'): Reply =>
    deniedPage(request, 403, {
      decision: decision({
        effect: 'challenge',
        remedy: { kind: 'request_access' },
        reasons: [{ code, parameters: { app: 'ERP' } }],
      }),
      app: wiki,
      viewer: session.subject,
      gateway: 'https://access.example.com',
      signIn: undefined,
      again: 'https://erp.example.com/orders/7',
      requestStatus: { ...noAsking, ask: 'https://access.example.com/requests/new?app=erp', ...asks },
      timeZone: 'Europe/Berlin',
      now,
    })
  const declared = hourGrant({
    id: 'yaml-7',
    who: 'partners|mailto:miro.novak@partner.example',
    app: 'machines',
    from: 0,
    until: Date.parse('2026-12-02T23:00:00Z'),
    timeZone: 'Europe/Berlin',
    sponsor: 'erika@example.com',
    reason: 'Maintenance of press 4',
    contract: 'V-2026-118',
    origin: 'configuration',
  })
  const oneGrant = (more: Partial<OneGrant> = {}): Reply =>
    grantPage(request, {
      ...frame,
      nav: { current: 'apps', awaitingCount: undefined },
      grant: declared,
      title: 'Machine control',
      person: undefined,
      origin: 'https://machines.example.com',
      path: '',
      mayExtend: true,
      pending: undefined,
      following: undefined,
      ...more,
    })
  return new Map([
    ['grant', oneGrant()],
    ['grant-pending', oneGrant({ pending: '/requests/r-1', mayExtend: false })],
    [
      'grant-followed',
      oneGrant({ following: '/grants/request-r-1', mayExtend: false, grant: { ...declared, until: now + 3 * hour } }),
    ],
    ['grant-over', oneGrant({ mayExtend: false, grant: { ...declared, until: Date.parse('2026-11-28T23:00:00Z') } })],
    ['grant-of-another', oneGrant({ person: 'miro.novak@partner.example', mayExtend: false })],
    ['request-new', asking()],
    [
      'request-new-strict',
      asking({ offer: offer({ levels: ['read'], approvals: 2, ticket: 'required', emergency: emergencyOffer }) }),
    ],
    [
      'request-new-mistakes',
      asking({
        form: requestForm((name) => wrong[name]),
        errors: {
          length: 'too_long',
          from: 'moment_unclear',
          reason: 'reason_missing',
          ticket: 'ticket_malformed',
          form: 'too_many_requests',
        },
      }),
    ],
    [
      'request-new-proven',
      asking({ notice: 'proven', form: requestForm((name) => (name === 'reason' ? 'Month end' : undefined)) }),
    ],
    ['request-extend', asking({ grant, offer: offer({ ticket: 'none' }) })],
    ['request-emergency', asking({ emergency: true, maxDuration: hour, offer: offer({ emergency: emergencyOffer }) })],
    [
      'request-choose',
      chooseRequestPage(request, {
        viewer: session.subject,
        nav: mine.nav,
        offers: [
          { ...offer(), title: 'ERP' },
          {
            ...offer({ levels: [], emergency: emergencyOffer }),
            title: 'Kraftfahrzeughaftpflichtversicherungsverwaltung',
          },
        ],
      }),
    ],
    ['request-nothing', noRequestPossible(request, session.subject, mine.nav)],
    [
      'requests',
      requestsPage(request, {
        ...mine,
        mayAsk: true,
        requests: [
          { request: grantRequest(now, { needed: 2, approvals: approved.approvals }), title: 'ERP', grant: undefined },
          { request: approved, title: 'Machine control', grant },
          {
            request: grantRequest(now, { state: 'denied', closed: { at: now - day, by: erika, comment: 'No' } }),
            title: 'Payroll',
            grant: undefined,
          },
          {
            request: grantRequest(now, { state: 'lapsed', lapsesAt: now - 2 * day }),
            title: 'Kraftfahrzeughaftpflichtversicherungsverwaltung',
            grant: undefined,
          },
        ],
      }),
    ],
    ['requests-none', requestsPage(request, { ...mine, mayAsk: false, requests: [] })],
    ['request-open', one({ request: grantRequest(now, { needed: 2, approvals: approved.approvals }) })],
    ['request-running', one({ request: approved, grant })],
    ['request-running-more', one({ request: approved, grant, extendPath: 'x-2', notice: 'not_returned' })],
    [
      'request-coming',
      one({
        request: { ...approved, from: now + 18 * hour },
        grant: runtimeGrant(now, { from: now + 18 * hour, until: now + 20 * hour }),
      }),
    ],
    [
      'request-over',
      one({
        request: approved,
        grant: runtimeGrant(now, { until: now - hour, revokedAt: now - 2 * hour }),
        notice: 'returned',
      }),
    ],
    [
      'request-denied',
      one({
        request: grantRequest(now, {
          state: 'denied',
          closed: { at: now - minute, by: erika, comment: 'Ask me on the phone <first>.' },
        }),
      }),
    ],
    [
      'request-mine-emergency',
      one({ request: emergency, grant: runtimeGrant(now, { level: 'full', until: now + 48 * minute }) }),
    ],
    [
      'approvals',
      approvalsPage(request, {
        ...approving,
        waiting: [
          { request: grantRequest(now, { by: miro, external: true }), title: 'Machine control', grant: undefined },
          { request: grantRequest(now, { extends: grant.id, duration: 2 * hour }), title: 'ERP', grant },
        ],
        reviews: [{ request: emergency, title: 'ERP', grant }],
        decided: [{ request: approved, title: 'ERP', grant }],
      }),
    ],
    [
      'approvals-none',
      approvalsPage(request, {
        ...approving,
        nav: { current: 'approvals', awaitingCount: 0 },
        waiting: [],
        reviews: [],
        decided: [],
      }),
    ],
    ['emergency-code', codePage(request)],
    [
      'emergency-code-wrong',
      codePage(request, { typed: { name: 'Max Muster', reason: 'Line 4 stands' }, mistakes: { code: 'wrong' } }),
    ],
    [
      'emergency-code-incomplete',
      codePage(request, {
        typed: { name: '', reason: '"><script>alert(1)</script>' },
        mistakes: { name: 'missing', reason: 'too_long' },
      }),
    ],
    ['approval', approval()],
    [
      'approval-mistakes',
      approval({
        form: { act: 'approve', level: 'full', length: 'own', amount: '12', unit: 'hours', comment: 'As discussed' },
        errors: { length: 'longer_than_asked' },
      }),
    ],
    [
      'approval-late',
      approval({
        request: approved,
        grant,
        mayDecide: false,
        mayEnd: true,
        notice: 'request_closed',
        lastUsed: undefined,
        before: [],
        others: [],
        refused: 0,
      }),
    ],
    ['approval-review', approval({ request: emergency, grant, mayDecide: false, mayReview: true, mayEnd: true })],
    [
      'denied-ask-here',
      refuse({ emergency: 'https://access.example.com/requests/new?app=erp&emergency=1' }, 'grant_required'),
    ],
    [
      'denied-pending',
      refuse({ pending: { href: 'https://access.example.com/requests/x-1', at: now - hour } }, 'grant_required'),
    ],
    ['denied-ended', refuse({ ended: { at: now - 5 * minute, early: false } }, 'grant_expired')],
    ['denied-ended-early', refuse({ ended: { at: now - 30 * hour, early: true } }, 'grant_expired')],
  ])
}
