import { expect, test } from 'vitest'
import type { Remedy } from '../../../src/policy/decision.ts'
import { requestStatusOf, type RequestStatus } from '../../../src/web/requests/request-status.ts'
import { deniedPage } from '../../../src/web/errors/denied-page.ts'
import { decision, now, pageRequest, session } from '../page-fixtures.ts'
import { emergencyOffer, grantRequest, noAsking, offer, runtimeGrant } from '../request-page-fixtures.ts'

const gateway = 'https://access.example.com'
const hour = 3_600_000
const everything: RequestStatus = {
  ask: `${gateway}/requests/new?app=erp`,
  emergency: `${gateway}/requests/new?app=erp&emergency=1`,
  pending: undefined,
  ended: { at: now - hour, early: false },
}

function denied(
  remedy: Remedy,
  requestStatus: RequestStatus,
  code: 'grant_expired' | 'denied_by_rule' = 'grant_expired',
): string {
  const reply = deniedPage(pageRequest(), 403, {
    decision: decision({ effect: 'deny', remedy, codes: [code] }),
    app: { title: 'ERP', origin: 'https://erp.example.com', owner: 'it@example.com' },
    viewer: session().subject,
    gateway,
    signIn: undefined,
    again: undefined,
    requestStatus,
    timeZone: 'Europe/Berlin',
    now,
  })
  return String(reply.body)
}

test('the denied page offers a request only where the remedy is request_access', () => {
  expect(denied({ kind: 'request_access' }, everything)).toContain(`href="${gateway}/requests/new?app=erp"`)
  expect(denied({ kind: 'ask_owner' }, everything, 'denied_by_rule')).not.toContain('/requests/new')
  const withoutOffer = denied({ kind: 'request_access' }, noAsking)
  expect(withoutOffer).not.toContain('/requests/new')
  expect(withoutOffer).toContain('mailto:it@example.com')
})

test('an open request replaces the link to request access', () => {
  const pending = { href: `${gateway}/requests/x-1`, at: now - hour }
  const page = denied({ kind: 'request_access' }, { ...everything, pending })
  expect(page).toContain(`href="${gateway}/requests/x-1"`)
  expect(page).not.toContain('app=erp"')
})

test('shows when the access ended, and whether it was revoked', () => {
  expect(denied({ kind: 'request_access' }, everything)).toMatch(/Your access ended at\s+<time[^>]*>13:00 CET/)
  const early = { ...everything, ended: { at: now - hour, early: true } }
  expect(denied({ kind: 'request_access' }, early)).toContain('Your access was ended early,')
})

test('finds the offer, the open request and the most recently ended grant only', () => {
  const parts = {
    requests: {
      offerFor: () => offer({ emergency: emergencyOffer }),
      of: () => [
        grantRequest(now, { id: 'other', app: 'wiki' }),
        grantRequest(now, { id: 'old', state: 'denied' }),
        grantRequest(now, { id: 'open' }),
      ],
    },
    grants: {
      of: () => [
        runtimeGrant(now, { until: now - 3 * hour }),
        runtimeGrant(now, { until: now + hour, revokedAt: now - hour }),
        runtimeGrant(now, { until: now + hour }),
      ],
    },
  }
  expect(requestStatusOf(parts, session().subject, 'erp & "more"', gateway, now)).toEqual({
    ask: `${gateway}/requests/new?app=erp+%26+%22more%22`,
    emergency: `${gateway}/requests/new?app=erp+%26+%22more%22&emergency=1`,
    pending: undefined,
    ended: { at: now - hour, early: true },
  })
  expect(requestStatusOf(parts, session().subject, 'erp', gateway, now).pending?.href).toBe(`${gateway}/requests/open`)
  const none = { ...parts, requests: { offerFor: () => undefined, of: () => [] }, grants: { of: () => [] } }
  expect(requestStatusOf(none, session().subject, 'erp', gateway, now)).toEqual(noAsking)
})
