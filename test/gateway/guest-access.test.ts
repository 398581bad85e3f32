// Access of guests: which grants and requests let them sign in, and which no longer do.

import { expect, test } from 'vitest'
import { createGuestAccess } from '../../src/gateway/guest-access.ts'
import type { Grant } from '../../src/policy/grant.ts'
import type { GrantRequest } from '../../src/grants/requests/request.ts'
import type { Subject } from '../../src/policy/subject.ts'
import type { App, Configuration } from '../../src/config/configuration.ts'

const now = Date.parse('2026-11-30T12:00:00Z')
const hour = 3_600_000
const apps = new Map([['erp', { name: 'erp', title: 'ERP' } as App]])

function of(grants: readonly Partial<Grant>[], requests: readonly Partial<GrantRequest>[] = []) {
  const access = createGuestAccess({
    configuration: () => ({ apps }) as unknown as Configuration,
    grants: { of: () => grants as readonly Grant[] },
    requests: { of: () => requests as readonly GrantRequest[] },
    now: () => now,
  })
  return access.of({ provider: 'guests', sub: 's', email: 'kim@supplier.example' } as Subject)
}

const grant = { from: now - hour, until: now + hour, revokedAt: undefined, sponsor: 'erika@example.com' }

test('a grant that has not ended, also one that has not begun, says who invites to what until when', () => {
  const invitation = [{ app: 'ERP', sponsor: 'erika@example.com', until: now + hour }]
  expect(of([grant])).toEqual(invitation)
  expect(of([{ ...grant, from: now + hour / 2 }])).toEqual(invitation)
})

test.each([
  ['no grant', []],
  ['one that ended', [{ ...grant, until: now }]],
  ['one that was revoked', [{ ...grant, revokedAt: now - 1 }]],
])('%s lets nobody in', (_name, grants) => expect(of(grants)).toBeUndefined())

test('an open request lets its guest in, and one that was approved until the grant is written', () => {
  const asked = [{ app: 'ERP', sponsor: undefined, until: undefined }]
  expect(of([], [{ app: 'erp', state: 'open', settled: false }])).toEqual(asked)
  expect(of([], [{ app: 'erp', state: 'approved', settled: false }])).toEqual(asked)
  for (const state of ['denied', 'withdrawn', 'lapsed'] as const)
    expect(of([], [{ app: 'erp', state, settled: false }])).toBeUndefined()
  expect(of([], [{ app: 'erp', state: 'approved', settled: true }])).toBeUndefined()
  expect(of([], [{ app: 'gone', state: 'open', settled: false }])).toBeUndefined()
})
