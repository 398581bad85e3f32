// Records of an access request and a grant as the store holds them; a test names only the members it depends on.

import type { GrantRequest } from '../../src/grants/requests/request.ts'
import type { Grant } from '../../src/policy/grant.ts'
import { day, hour, start } from './requests/environment.ts'

/** An open request of `corp|anna` for an hour of `erp`, asked for at `start`. */
export const openRequest = (id: string, more: Partial<GrantRequest> = {}): GrantRequest => ({
  id,
  version: 1,
  app: 'erp',
  level: 'full',
  duration: hour,
  from: undefined,
  reason: 'month end',
  ticket: undefined,
  by: { provider: 'corp', sub: 'anna', email: 'anna@example.com', name: 'anna' },
  groups: [],
  external: false,
  device: undefined,
  address: undefined,
  askedAt: start,
  lapsesAt: start + day,
  extends: undefined,
  emergency: false,
  needed: 1,
  approvals: [],
  state: 'open',
  closed: undefined,
  terms: undefined,
  grant: undefined,
  settled: false,
  reviewBy: undefined,
  reviewed: undefined,
  ...more,
})

/** A grant given to `corp|anna` by an administrator, for an hour of `erp` from `start`. */
export const hourGrant = (more: Partial<Grant> = {}): Grant => ({
  id: 'g1',
  who: 'corp|anna',
  app: 'erp',
  level: 'full',
  from: start,
  until: start + hour,
  schedule: undefined,
  sponsor: undefined,
  reason: undefined,
  origin: 'runtime',
  givenBy: 'root',
  revokedAt: undefined,
  ...more,
})
