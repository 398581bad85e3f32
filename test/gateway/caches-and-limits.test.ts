// Networks of an address, concurrency per user, decision cache and revalidation at their limits.

import { describe, expect, test } from 'vitest'
import { createConcurrencyLimiter } from '../../src/gateway/concurrency-limit.ts'
import { createDecisionCache } from '../../src/gateway/decision-cache.ts'
import { createIdpFreshness } from '../../src/gateway/idp-freshness.ts'
import { cidrMatcher, createNetworkLookup } from '../../src/gateway/ip-networks.ts'
import { decideBeforePolicy, denial, type PrePolicyRequest } from '../../src/gateway/pre-policy.ts'
import { isPublicPath } from '../../src/gateway/public-paths.ts'
import type { RevalidationResult } from '../../src/identity/oidc/revalidation.ts'
import type { Session } from '../../src/identity/session/session.ts'
import { access, allow, hour, minute, noon, policyOf } from '../policy/access-request-fixtures.ts'

describe('networks', () => {
  const networksOf = createNetworkLookup(
    new Map([
      ['office', ['192.0.2.0/24', '2001:db8::/32']],
      ['printer', ['192.0.2.7']],
      ['empty', []],
    ]),
  )

  test.each<[string, string[]]>([
    ['192.0.2.7', ['office', 'printer']],
    ['192.0.2.8', ['office']],
    ['192.0.3.1', []],
    ['2001:db8::9', ['office']],
    ['2001:db9::9', []],
    ['no address', []],
    ['', []],
  ])('of %j are %j', (address, names) => expect([...networksOf(address)]).toEqual(names))

  test('of one address are the same object: decisions are cached by it', () => {
    expect(networksOf('192.0.2.7')).toBe(networksOf('192.0.2.7'))
  })

  test('are still right after ten thousand addresses', () => {
    for (let index = 0; index < 10_001; index++) networksOf(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`)
    expect([...networksOf('192.0.2.7')]).toEqual(['office', 'printer'])
  })

  test('without blocks match nothing', () => {
    expect(cidrMatcher([])('192.0.2.1')).toBe(false)
  })
})

describe('concurrency per user', () => {
  const limits = { requestsPerPerson: 2, websocketsPerPerson: 1 }
  const anna = { provider: 'corp', sub: 'anna' }

  test('counts requests and WebSockets apart, and users and providers apart', () => {
    const limiter = createConcurrencyLimiter(() => limits)
    expect(limiter.acquire(anna, 'http')).toBeDefined()
    expect(limiter.acquire(anna, 'http')).toBeDefined()
    expect(limiter.acquire(anna, 'http')).toBeUndefined()
    expect(limiter.acquire(anna, 'websocket')).toBeDefined()
    expect(limiter.acquire(anna, 'websocket')).toBeUndefined()
    expect(limiter.acquire({ ...anna, provider: 'partners' }, 'http')).toBeDefined()
    expect(limiter.acquire({ ...anna, sub: 'ben' }, 'http')).toBeDefined()
  })

  test('is free again when a request has ended', () => {
    const limiter = createConcurrencyLimiter(() => limits)
    const release = limiter.acquire(anna, 'websocket')
    release?.()
    expect(limiter.acquire(anna, 'websocket')).toBeDefined()
  })

  test('follows the configuration at once', () => {
    let requestsPerPerson = 1
    const limiter = createConcurrencyLimiter(() => ({ ...limits, requestsPerPerson }))
    limiter.acquire(anna, 'http')
    expect(limiter.acquire(anna, 'http')).toBeUndefined()
    requestsPerPerson = 2
    expect(limiter.acquire(anna, 'http')).toBeDefined()
  })

  test('keeps count of a user with open requests, however many others come and go', () => {
    const limiter = createConcurrencyLimiter(() => limits)
    const held = limiter.acquire(anna, 'http')
    limiter.acquire(anna, 'http')
    for (let index = 0; index < 1_100; index++) limiter.acquire({ ...anna, sub: `u${index}` }, 'http')?.()
    held?.()
    expect(limiter.acquire(anna, 'http')).toBeDefined()
    expect(limiter.acquire(anna, 'http')).toBeUndefined()
  })
})

describe('the decision cache', () => {
  const session = { endsAt: noon + hour } as Session
  const policy = policyOf([allow('staff', { groups: ['staff'], actions: ['read'] })], { lease: minute })
  const asked = access()

  test('returns the decision until its last moment', () => {
    const cache = createDecisionCache()
    const first = cache.decide(policy, session, asked)
    expect(first.validUntil).toBe(noon + minute)
    expect(cache.decide(policy, session, { ...asked, now: noon + minute - 1 })).toBe(first)
    expect(cache.decide(policy, session, { ...asked, now: noon + minute })).not.toBe(first)
  })

  test('serves alternating addresses and classes, each from its own decision', () => {
    const cache = createDecisionCache()
    const from = (address: string, method: string) =>
      cache.decide(policy, session, { ...asked, method, network: { ...asked.network, address } })
    const [one, other, writing] = [from('192.0.2.1', 'GET'), from('192.0.2.2', 'GET'), from('192.0.2.1', 'POST')]
    for (let turn = 0; turn < 2; turn++) {
      expect([from('192.0.2.1', 'GET'), from('192.0.2.2', 'HEAD'), from('192.0.2.1', 'PUT')]).toEqual([
        one,
        other,
        writing,
      ])
      expect(from('192.0.2.1', 'GET')).toBe(one)
      expect(from('192.0.2.2', 'GET')).toBe(other)
      expect(from('192.0.2.1', 'POST')).toBe(writing)
    }
  })

  test('keeps up to 256 addresses of a session, and begins anew beyond', () => {
    const cache = createDecisionCache()
    const from = (index: number) =>
      cache.decide(policy, session, { ...asked, network: { ...asked.network, address: `a${index}` } })
    const first = Array.from({ length: 256 }, (_, index) => from(index))
    expect(first.map((decision, index) => from(index) === decision)).not.toContain(false)
    from(256)
    expect(from(0)).not.toBe(first[0])
  })

  test('replaces an expired decision of the same address and class', () => {
    const cache = createDecisionCache()
    const first = cache.decide(policy, session, asked)
    const late = { ...asked, grants: [] }
    const second = cache.decide(policy, session, late)
    expect(second).not.toBe(first)
    expect(cache.decide(policy, session, late)).toBe(second)
  })

  test('does not repeat a decision of an earlier time after the clock was set back', () => {
    const cache = createDecisionCache()
    const first = cache.decide(policy, session, asked)
    expect(cache.decide(policy, session, { ...asked, now: noon - hour }).validUntil).toBeLessThanOrEqual(
      first.validUntil,
    )
  })
})

describe('revalidation', () => {
  const subject = { provider: 'company', sub: '7' } as Session['subject']
  const session = { id: 's', subject, validatedAt: 0, revalidateAt: 300_000 } as Session
  const settings = { revalidate: 300_000, grace: 60_000 }

  function freshness(result: RevalidationResult) {
    const clock = { now: 0 }
    let attempts = 0
    const made = createIdpFreshness({
      revalidation: { revalidate: async () => (attempts++, result) },
      sessions: { read: async () => ({ state: 'live', session }) },
      providers: new Map(),
      now: () => clock.now,
    })
    return { clock, attempts: () => attempts, ensureFresh: () => made.ensureFresh(session, settings), made }
  }

  test('begins thirty seconds before the end, and for short intervals a fifth before', () => {
    const long = freshness({ state: 'confirmed', session })
    long.clock.now = 269_999
    void long.ensureFresh()
    expect(long.attempts()).toBe(0)
    long.clock.now = 270_000
    void long.ensureFresh()
    expect(long.attempts()).toBe(1)
    const short = freshness({ state: 'confirmed', session })
    expect(short.made.nextCheckAt(session, { revalidate: 50_000, grace: 0 })).toBe(40_000)
  })

  test('that failed is tried again after two seconds, not earlier', () => {
    const { clock, attempts, ensureFresh } = freshness({ state: 'unreachable' })
    clock.now = 280_000
    void ensureFresh()
    clock.now = 281_999
    void ensureFresh()
    expect(attempts()).toBe(1)
    clock.now = 282_000
    void ensureFresh()
    expect(attempts()).toBe(2)
  })

  test('that another node finishes meanwhile is read from the store', async () => {
    const later = { ...session, validatedAt: 500_000, revalidateAt: 800_000 } as Session
    let reads = 0
    const made = createIdpFreshness({
      revalidation: { revalidate: async () => ({ state: 'busy' }) },
      sessions: { read: async () => ({ state: 'live', session: ++reads < 3 ? session : later }) },
      providers: new Map(),
      now: () => 500_000,
    })
    expect(await made.ensureFresh(session, settings)).toEqual({ state: 'live', session: later })
    expect(reads).toBe(3)
  })

  test('that another node does not finish is given up after twelve seconds', async () => {
    const { clock, ensureFresh } = freshness({ state: 'busy' })
    clock.now = 400_000
    const answer = ensureFresh()
    clock.now = 412_001
    expect(await answer).toEqual({ state: 'unreachable', code: 'provider_unreachable' })
  })

  test('that the provider refused ends the session, even while the store does not know', async () => {
    const { clock, ensureFresh } = freshness({ state: 'ended' })
    clock.now = 400_000
    expect(await ensureFresh()).toEqual({ state: 'none', absence: 'session_revoked' })
  })
})

describe('a decision before the policy', () => {
  const session = {
    createdAt: 0,
    endsAt: 10 * hour,
    idle: hour,
    device: undefined,
    subject: { provider: 'main', claims: {} },
    authentication: { authTime: undefined },
  } as unknown as Session
  const request = (more: Partial<PrePolicyRequest>): PrePolicyRequest => ({
    app: {
      name: 'wiki',
      origin: 'https://wiki.example.com',
      addresses: [{ origin: 'https://wiki.example.com', host: 'wiki.example.com', secure: true, path: '' }],
      trustedOrigins: [],
      websocketOrigins: [],
      websocketWithoutOrigin: false,
      session: { idle: hour, lifetime: 10 * hour } as PrePolicyRequest['app']['session'],
    },
    lease: minute,
    publicPath: false,
    who: { state: 'live', session },
    access: access(),
    source: undefined,
    lastSeen: () => 0,
    ...more,
  })
  const app = (settings: object): PrePolicyRequest['app'] => {
    const { app } = request({})
    return { ...app, session: { ...app.session, ...settings } }
  }

  test('of a public path names no user and lasts for a lease', () => {
    expect(decideBeforePolicy(request({ publicPath: true }))).toEqual({
      effect: 'allow',
      rule: 'public',
      reasons: [],
      remedy: undefined,
      limits: { download: undefined, upload: undefined },
      validUntil: noon + minute,
      grant: undefined,
      monitored: undefined,
    })
  })

  test('that denies holds for this request only, and says what helps', () => {
    expect(denial('throttled', { kind: 'try_again' }, noon)).toEqual({
      effect: 'deny',
      rule: undefined,
      reasons: [{ code: 'throttled', parameters: {} }],
      remedy: { kind: 'try_again' },
      limits: { download: undefined, upload: undefined },
      validUntil: noon,
      grant: undefined,
      monitored: undefined,
    })
  })

  test.each<[string, Partial<PrePolicyRequest>, object]>([
    ['an unreachable provider', { who: { state: 'unreachable', code: 'provider_unreachable' } }, { kind: 'try_again' }],
    [
      'a foreign WebSocket',
      {
        source: {
          kind: 'upgrade',
          browserForm: false,
          navigation: false,
          origin: 'https://evil.test',
          site: undefined,
          referer: undefined,
        },
      },
      { kind: 'ask_owner' },
    ],
    [
      'another device',
      {
        who: { state: 'live', session: { ...session, device: 'LT-1' } },
        access: access({ device: { state: 'mismatch' } }),
      },
      { kind: 'sign_in', provider: undefined },
    ],
    ['a lifetime that is over', { app: app({ lifetime: 500 }) }, { kind: 'step_up', level: 'any', maxAge: 500 }],
    ['a user who was inactive', { app: app({ idle: 500 }) }, { kind: 'step_up', level: 'any', maxAge: 500 }],
  ])('by %s offers its remedy', (_name, more, remedy) => {
    expect(decideBeforePolicy(request(more))?.remedy).toEqual(remedy)
  })

  const at = (now: number, more: Partial<PrePolicyRequest>) =>
    decideBeforePolicy(request({ access: access({ now }), ...more }))?.reasons[0]?.code

  test('by lifetime holds from its last moment on, counted from the sign-in', () => {
    expect(at(499, { app: app({ lifetime: 500 }) })).toBeUndefined()
    expect(at(500, { app: app({ lifetime: 500 }) })).toBe('session_expired')
    const signedInAgain = { ...session, authentication: { ...session.authentication, authTime: 100 } }
    expect(at(599, { app: app({ lifetime: 500 }), who: { state: 'live', session: signedInAgain } })).toBeUndefined()
    expect(at(600, { app: app({ lifetime: 500 }), who: { state: 'live', session: signedInAgain } })).toBe(
      'session_expired',
    )
  })

  test('by lifetime or inactivity is made only where the app is stricter than the session', () => {
    expect(at(10 * hour, { app: app({ lifetime: 10 * hour }) })).toBeUndefined()
    expect(at(10 * hour, { app: app({ idle: hour }) })).toBeUndefined()
  })

  test('by inactivity is made after the last moment', () => {
    expect(at(500, { app: app({ idle: 500 }) })).toBeUndefined()
    expect(at(501, { app: app({ idle: 500 }) })).toBe('session_idle')
    expect(at(700, { app: app({ idle: 500 }), lastSeen: () => 200 })).toBeUndefined()
    expect(at(701, { app: app({ idle: 500 }), lastSeen: () => 200 })).toBe('session_idle')
  })
})

test('a path is public for its methods only', () => {
  const app = {
    public: [
      { paths: ['/a', '/b/*'], methods: ['GET'] },
      { paths: ['/hook'], methods: ['POST'] },
    ],
  }
  expect([
    isPublicPath(app, 'GET', '/a'),
    isPublicPath(app, 'GET', '/b/c'),
    isPublicPath(app, 'POST', '/hook'),
  ]).toEqual([true, true, true])
  expect([isPublicPath(app, 'POST', '/a'), isPublicPath(app, 'GET', '/hook'), isPublicPath(app, 'GET', '/c')]).toEqual([
    false,
    false,
    false,
  ])
})
