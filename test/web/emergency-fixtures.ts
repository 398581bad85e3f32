// Page fixtures with running and ended emergencies: the banner in every form, with strangers' text in it.

import { approvalPage } from '../../src/web/approvals/approval-page.ts'
import { approvalsPage } from '../../src/web/approvals/approvals-page.ts'
import { portalPage } from '../../src/web/portal/portal-page.ts'
import type { Portal } from '../../src/web/portal/portal-view.ts'
import { requestPage } from '../../src/web/requests/requests-page.ts'
import type { EmergencyNotice, EmergencyNotices } from '../../src/web/kit/emergency-banner.ts'
import { emergencyProvider } from '../../src/policy/subject.ts'
import type { Reply } from '../../src/web/kit/reply.ts'
import { grantRequest, runtimeGrant, type Scene } from './request-page-fixtures.ts'

const minute = 60_000
const day = 24 * 60 * minute

/** What somebody wrote into the form for an emergency code. */
export const strangersText = '<b>Erika</b> "Muster" erika@example.com (verified)'

export function emergencyGallery(
  { request, session, now, decision }: Scene,
  portal: Portal,
): ReadonlyMap<string, Reply> {
  const code = grantRequest(now, {
    id: 'c0de-1',
    by: {
      provider: emergencyProvider,
      sub: 'c66343a985da1a67',
      email: undefined,
      name: 'Emergency code c66343a985da1a67',
    },
    statedName: strangersText,
    reason: 'The identity provider is down and line 4 does not stop. <script>alert(1)</script>',
    groups: [],
    ticket: undefined,
    device: undefined,
    emergency: true,
    duration: 60 * minute,
    askedAt: now - 12 * minute,
    state: 'approved',
    closed: { at: now - 12 * minute, by: undefined, comment: undefined },
    terms: { level: 'full', from: now - 12 * minute, until: now + 48 * minute },
    grant: 'request-c0de-1',
    settled: true,
    reviewBy: now + day,
  })
  const grant = runtimeGrant(now, {
    id: 'request-c0de-1',
    app: 'erp',
    level: 'full',
    from: now - 12 * minute,
    until: now + 48 * minute,
  })
  const notice = (more: Partial<EmergencyNotice> = {}): EmergencyNotice => ({
    id: 'c0de-1',
    grant: grant.id,
    user: { stated: true, name: strangersText, code: 'c66343a985da1a67' },
    app: 'ERP',
    reason: code.reason,
    since: now - 12 * minute,
    until: now + 48 * minute,
    reviewBy: now + day,
    ...more,
  })
  const ada = notice({
    id: 'a-1',
    user: { stated: false, name: 'Ada Lovelace' },
    app: 'Machine control',
    reason: 'Press 4 does not stop',
  })
  const of = (more: Partial<EmergencyNotices>): EmergencyNotices => ({
    running: [],
    own: [],
    ended: [],
    timeZone: 'Europe/Berlin',
    now,
    ...more,
  })
  const ended = [
    { ...notice({ until: now - 3 * minute }), mayReview: true },
    {
      ...notice({
        id: 'b-1',
        user: { stated: true, name: undefined, code: 'aa11' },
        until: now - 5 * minute,
        reviewBy: undefined,
      }),
      mayReview: false,
    },
  ]
  const overseer = {
    current: 'approvals',
    awaitingCount: 2,
    reviewCount: 1,
    emergencies: of({ running: [notice(), ada], ended }),
  } as const
  const many = of({ running: Array.from({ length: 7 }, () => ada), ended: Array.from({ length: 6 }, () => ended[0]!) })
  const own = of({
    own: [{ ...ada, app: 'Wiki', grant: 'g-emergency', told: () => 'erika@example.com, thomas@example.com' }],
  })
  const frame = { session, notice: undefined, timeZone: 'Europe/Berlin', now }
  const apps = portal.apps.map((app, index) =>
    index === 0 ? { ...app, decision: { ...decision({}), grant: 'g-emergency' } } : app,
  )
  return new Map<string, Reply>([
    ['portal-emergency', portalPage(request, { ...portal, nav: { ...overseer, current: 'apps' } })],
    [
      'portal-emergency-many',
      portalPage(request, { ...portal, nav: { current: 'apps', awaitingCount: 0, emergencies: many } }),
    ],
    [
      'portal-emergency-own',
      portalPage(request, { ...portal, apps, nav: { current: 'apps', awaitingCount: undefined, emergencies: own } }),
    ],
    [
      'request-emergency-own',
      requestPage(request, {
        ...frame,
        request: code,
        title: 'ERP',
        grant,
        nav: { current: 'requests', awaitingCount: undefined, emergencies: own },
        origin: 'https://erp.example.com',
        mayAsk: false,
        mayExtend: false,
        extendPath: undefined,
      }),
    ],
    [
      'approvals-emergency',
      approvalsPage(request, {
        ...frame,
        nav: overseer,
        waiting: [],
        reviews: [{ request: code, title: 'ERP', grant }],
        decided: [],
      }),
    ],
    [
      'approval-emergency',
      approvalPage(request, {
        ...frame,
        nav: overseer,
        request: code,
        title: 'ERP',
        grant,
        form: undefined,
        errors: {},
        provider: emergencyProvider,
        device: undefined,
        lastUsed: undefined,
        before: [],
        refused: 0,
        others: [],
        mayDecide: false,
        mayReview: true,
        mayEnd: true,
      }),
    ],
  ])
}
