// Invariants of the model, checked after every step: of each request, each grant, and each decision on each node.

import assert from 'node:assert/strict'
import { retention } from '../../src/grants/grant-records.ts'
import type { GrantRequest } from '../../src/grants/requests/request.ts'
import { compilePolicy } from '../../src/policy/compile.ts'
import { decide } from '../../src/policy/decide.ts'
import type { Grant } from '../../src/policy/grant.ts'
import { subjectKey, type Subject } from '../../src/policy/subject.ts'
import { hour, minute } from '../grants/requests/environment.ts'
import { allGrants, allRequests, people, settings, attemptedFor, type Environment } from './environment.ts'

const approvers = new Set(['corp|owner', 'corp|boss', 'corp|kim'])
const policy = compilePolicy(
  {
    name: 'erp',
    mode: 'enforce',
    require: {},
    rules: [
      {
        name: 'granted',
        effect: 'allow',
        when: { grant: 'required' },
        mode: 'enforce',
        limits: { download: undefined, upload: undefined },
      },
    ],
    lease: minute,
  },
  { roles: new Map(), schedules: new Map(), postures: new Map() },
)

/** Throws an error for each invariant that is violated. */
export async function check(house: Environment): Promise<void> {
  for (const node of house.nodes) await node.quiet()
  const held = await Promise.all(house.nodes.map((node) => node.held(people, 'erp')))
  const [requests, grants] = await Promise.all([allRequests(house), allGrants(house)])
  const at = house.ground.now()
  const byId = new Map(requests.map((request) => [request.id, request]))
  for (const request of requests) checkRequest(house, request, grants, at)
  for (const grant of grants) checkGrant(house, grant, byId, at)
  const entitled = grants.filter((grant) => counts(grant, at)).map((one) => `${one.who} ${one.basis!.entitlement}`)
  assert.equal(new Set(entitled).size, entitled.length, 'one grant that counts for each person and entitlement')
  const open = requests.filter(({ state, lapsesAt }) => state === 'open' && at < lapsesAt)
  assert.equal(new Set(open.map(({ by }) => subjectKey(by))).size, open.length, 'one open request')
  for (const here of held) {
    people.forEach((person, index) => checkDecision(house, here[index]!, person, grants, at))
    if (house.heard) people.forEach((person, index) => checkHeard(house, here[index]!, person, grants, at))
  }
}

/** A decision recorded before a node died is carried out by the surviving node. */
export async function checkCarriedOut(house: Environment): Promise<void> {
  const [requests, grants] = await Promise.all([allRequests(house), allGrants(house)])
  const ids = new Set(grants.map(({ id }) => id))
  for (const { state, terms, grant } of requests) {
    if (state !== 'approved' || terms!.until <= house.ground.now()) continue
    assert.ok(ids.has(grant!), 'what was decided is carried out')
  }
}

const counts = (grant: Grant, at: number): boolean => grant.revokedAt === undefined && at < grant.until

function checkRequest(house: Environment, request: GrantRequest, grants: readonly Grant[], now: number): void {
  const tried = attemptedFor(house, request.id)
  for (const { by, level, duration, at } of request.approvals) {
    const who = subjectKey(by)
    assert.ok(
      tried.approvals.some(
        (one) =>
          one.by === who && one.level === level && one.duration === duration && one.since <= at && at <= one.until,
      ),
      'an approver gave this approval',
    )
    assert.ok(approvers.has(who), 'approved by those who may')
    assert.notEqual(who, subjectKey(request.by), 'no one approves their own request')
  }
  const distinct = new Set(request.approvals.map(({ by }) => subjectKey(by)))
  assert.equal(distinct.size, request.approvals.length, 'no user approves twice')
  for (const { by, level, duration, askedAt, emergency } of tried.asked) {
    assert.deepEqual(
      [subjectKey(request.by), request.level, request.duration, request.askedAt, request.emergency],
      [subjectKey(by), level, duration, askedAt, emergency],
      'what was asked is what stands',
    )
  }
  const own = grants.find((grant) => grant.id === `request-${request.id}`)
  if (request.state !== 'approved') assert.equal(own, undefined, `nothing comes of what is ${request.state}`)
  else if (!request.emergency) assert.ok(request.approvals.length >= request.needed, 'enough have approved')
  if (tried.closed !== undefined) assert.equal(request.state, tried.closed, 'what was acknowledged stays')
  if (tried.approved) {
    assert.equal(request.state, 'approved', 'what was acknowledged stays')
    // An early revoked grant is deleted before the request it came from, but not before this.
    if (now < request.askedAt + retention) {
      const there = grants.some(({ id }) => id === request.grant)
      assert.ok(there, 'what was acknowledged is there')
    }
  }
  if (request.state === 'denied') assert.ok(tried.closings.some(({ act }) => act === 'deny'))
  if (request.state === 'withdrawn') assert.ok(tried.closings.some(({ act }) => act === 'withdraw'))
}

function checkGrant(house: Environment, grant: Grant, byId: ReadonlyMap<string, GrantRequest>, at: number): void {
  if (grant.revokedAt !== undefined) house.revoked.add(grant.id)
  else assert.ok(!house.revoked.has(grant.id), 'revoked stays revoked')
  if (counts(grant, at)) assert.ok(!house.over.has(grant.id), 'what was said to be over does not count later')
  const request = byId.get(grant.basis!.request)
  if (request === undefined) {
    assert.ok(at >= grant.from + retention, 'what a grant came of is known as long as it counts, and long after')
    return
  }
  assert.equal(grant.who, subjectKey(request.by))
  const length = grant.until - grant.from
  if (request.emergency) {
    assert.ok(length <= Math.min(hour, request.duration), 'an emergency is as short as it may be')
    assert.equal(grant.from, request.askedAt)
    return
  }
  const prolonged = (grant.extensions ?? []).map((id) => byId.get(id)!)
  assert.ok(prolonged.length <= settings.maxExtensions, 'not prolonged more often than it may be')
  assert.equal(new Set(prolonged.map(({ id }) => id)).size, prolonged.length, 'prolonged once by each request')
  const least = (one: GrantRequest) => Math.min(one.duration, ...one.approvals.map(({ duration }) => duration))
  const agreed = [request, ...prolonged].reduce((sum, one) => sum + least(one), 0)
  assert.equal(length, agreed, 'as long as the least of what was approved')
  assert.ok(length <= settings.maxTotal, 'no longer than it may be in all')
  assert.ok(grant.from >= Math.max(request.approvals.at(-1)!.at, request.from ?? 0), 'it does not begin too early')
  const last = prolonged.at(-1) ?? request
  if (last.level === 'read' || last.approvals.some(({ level }) => level === 'read')) {
    assert.equal(grant.level, 'read', 'the least level of what was approved')
  }
}

/** The gateway's own decision: never an allow without a grant that is valid now, under the current configuration. */
function checkDecision(
  house: Environment,
  held: readonly Grant[],
  person: Subject,
  stored: readonly Grant[],
  now: number,
): void {
  const offers = house.rules.apps?.['erp']
  for (const method of ['GET', 'POST']) {
    const decision = decide(policy, {
      identity: {
        subject: person,
        authentication: { acr: undefined, amr: [], authTime: undefined, mfa: false, phishingResistant: false },
      },
      absence: 'no_session',
      device: { state: 'absent' },
      grants: held,
      network: { address: '192.0.2.1', names: new Set() },
      method,
      path: '/',
      now,
    })
    if (decision.effect !== 'allow') continue
    const grant = stored.find(({ id }) => id === decision.grant)
    assert.ok(grant !== undefined, 'a decision allows by a grant that was given')
    assert.equal(grant.who, subjectKey(person))
    assert.ok(grant.from <= now && now < grant.until, 'a decision allows within the grant’s time')
    assert.ok(decision.validUntil <= grant.until, 'a decision is good no longer than its grant')
    assert.ok(offers?.[grant.basis!.entitlement as 'requests'] !== undefined, 'the entitlement is still there')
    // A revocation reaches other nodes a moment later, or within 30 s if the node died before announcing it.
    if (!house.heard) continue
    assert.equal(grant.revokedAt, undefined, 'what was taken back counts nowhere')
    if (method === 'POST') assert.equal(grant.level, 'full', 'no write with a read grant')
  }
}

/** An up-to-date node has exactly the effective grants of the store. */
function checkHeard(
  house: Environment,
  held: readonly Grant[],
  person: Subject,
  stored: readonly Grant[],
  at: number,
): void {
  const offers = house.rules.apps?.['erp']
  const texts = (grants: readonly Grant[]) =>
    grants
      .filter((grant) => counts(grant, at))
      .map(({ id, level, from, until }) => `${id} ${level} ${from} ${until}`)
      .sort()
  const there = stored.filter(
    ({ who, basis }) => who === subjectKey(person) && offers?.[basis!.entitlement as 'requests'] !== undefined,
  )
  assert.deepEqual(texts(held), texts(there), 'a node that heard of everything holds what the store has')
}
