// Rate limit for sign-ins per client address, the cap on pending ones, address blocks, and the concurrency limit per user.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addressBlock } from '../../../src/config/address-block.ts'
import { createConcurrencyLimiter } from '../../../src/gateway/concurrency-limit.ts'
import { createSignInRateLimiter, type SignInRateLimiter } from '../../../src/identity/oidc/sign-in-rate-limit.ts'

function rate(limits: { signInsPerMinute?: number; pendingSignIns?: number }) {
  const clock = { now: 1_700_000_000_000 }
  const all = { signInsPerMinute: 60, pendingSignIns: 100_000, ...limits }
  return { clock, rate: createSignInRateLimiter({ limits: () => all, now: () => clock.now }) }
}

const acquired = (one: SignInRateLimiter, address: string, times: number): number =>
  Array.from({ length: times }, () => one.acquire('departure', address)).filter(Boolean).length

describe('sign-ins begun by one address', () => {
  test('are limited per minute, independent of other addresses', () => {
    const { rate: one } = rate({})
    expect(acquired(one, '192.0.2.1', 100)).toBe(60)
    expect(acquired(one, '192.0.2.2', 1)).toBe(1)
  })

  test('are refilled evenly, never above the limit of a minute', () => {
    const { rate: one, clock } = rate({})
    acquired(one, '192.0.2.1', 60)
    clock.now += 5_000
    expect(acquired(one, '192.0.2.1', 100)).toBe(5)
    clock.now += 3_600_000
    expect(acquired(one, '192.0.2.1', 100)).toBe(60)
  })

  test('a return context and an authorization state count as one sign-in', () => {
    const { rate: one } = rate({ signInsPerMinute: 1 })
    expect([one.acquire('journey', '192.0.2.1'), one.acquire('departure', '192.0.2.1')]).toEqual([true, true])
    expect([one.acquire('journey', '192.0.2.1'), one.acquire('departure', '192.0.2.1')]).toEqual([false, false])
  })

  test('a whole /64 of IPv6 is one address', () => {
    const { rate: one } = rate({})
    const spread = Array.from({ length: 100 }, (_, at) => `2001:db8:1:2::${at.toString(16)}`)
    expect(spread.filter((address) => one.acquire('journey', address))).toHaveLength(60)
    expect(one.acquire('journey', '2001:db8:1:3::1')).toBe(true)
  })

  test('a clock that is set back refills nothing, and nothing is lost when it advances', () => {
    const { rate: one, clock } = rate({})
    acquired(one, '192.0.2.1', 60)
    clock.now -= 3_600_000
    expect(acquired(one, '192.0.2.1', 1)).toBe(0)
    clock.now += 60_000
    expect(acquired(one, '192.0.2.1', 100)).toBe(60)
  })
})

describe('pending sign-ins over all addresses', () => {
  const fromManyAddresses = (one: SignInRateLimiter, count: number, from = 0): number =>
    Array.from(
      { length: count },
      (_, at) => `10.${(at + from) >> 16}.${((at + from) >> 8) & 255}.${(at + from) & 255}`,
    ).filter((address) => one.acquire('journey', address)).length

  test('are bounded, and expire after 15 minutes', () => {
    const { rate: one, clock } = rate({ pendingSignIns: 1_000 })
    expect(fromManyAddresses(one, 2_000)).toBe(1_000)
    expect(one.pending()).toBe(1_000)
    clock.now += 14 * 60_000
    expect(one.acquire('journey', '192.0.2.1')).toBe(false)
    clock.now += 60_000
    expect(one.pending()).toBe(0)
    expect(one.acquire('journey', '192.0.2.1')).toBe(true)
  })

  test('when half of them are used, an address that begins many gets a tenth, and one that begins one gets in', () => {
    const { rate: one } = rate({ pendingSignIns: 1_000 })
    expect(fromManyAddresses(one, 500)).toBe(500)
    expect(acquired(one, '192.0.2.1', 60)).toBe(6)
    expect(acquired(one, '192.0.2.2', 1)).toBe(1)
  })

  test('free their place when they are completed', () => {
    const { rate: one, clock } = rate({ pendingSignIns: 10 })
    expect(fromManyAddresses(one, 20)).toBe(10)
    clock.now += 120_000
    one.release()
    expect(fromManyAddresses(one, 20, 1_000)).toBe(1)
    for (let i = 0; i < 50; i++) one.release()
    expect(one.pending()).toBe(0)
  })

  test('the count is never below zero nor above its bound, for any sequence of events', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('begin' as const), address: fc.ipV4() }),
      fc.record({ kind: fc.constant('finish' as const) }),
      fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: -600_000, max: 2_000_000 }) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const { rate: one, clock } = rate({ pendingSignIns: 20 })
        for (const some of steps) {
          if (some.kind === 'begin') one.acquire('journey', some.address)
          else if (some.kind === 'finish') one.release()
          else clock.now += some.ms
          expect(one.pending()).toBeGreaterThanOrEqual(0)
          expect(one.pending()).toBeLessThanOrEqual(20)
        }
      }),
    )
  })
})

describe('the block of a client address', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::192.0.2.33', '64:ff9b:0:0::/64'],
  ])('%s counts as %s', (address, block) => {
    expect(addressBlock(address)).toBe(block)
  })

  test('every spelling of an IPv6 address is in the same block', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 }), (groups) => {
        const long = groups.map((group) => group.toString(16).padStart(4, '0')).join(':')
        const short = new URL(`http://[${long}]/`).hostname.slice(1, -1)
        expect(addressBlock(short)).toBe(addressBlock(long.toUpperCase()))
      }),
    )
  })
})

describe('concurrency limit of one user', () => {
  const erika = { provider: 'company', sub: 'erika' }
  const limits = () => ({ requestsPerPerson: 3, websocketsPerPerson: 1 })

  test('is separate for each kind and each user, and releasing frees a place', () => {
    const limiter = createConcurrencyLimiter(limits)
    const enter = (person = erika) => limiter.acquire(person, 'http')
    const release = enter()
    expect(release).toBeDefined()
    expect([enter(), enter(), enter()].map((left) => left !== undefined)).toEqual([true, true, false])
    const closeWebSocket = limiter.acquire(erika, 'websocket')
    expect(closeWebSocket).toBeDefined()
    expect(limiter.acquire(erika, 'websocket')).toBeUndefined()
    // The same `sub` at another provider is another user.
    expect(enter({ provider: 'partner', sub: 'erika' })).toBeDefined()
    release!()
    expect([enter(), enter()].map((left) => left !== undefined)).toEqual([true, false])
    closeWebSocket!()
    expect(limiter.acquire(erika, 'websocket')).toBeDefined()
  })
})
