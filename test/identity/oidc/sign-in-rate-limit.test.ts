// Rate limit for sign-ins per client address block, and the concurrency limit per user.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addressBlock } from '../../../src/config/address-block.ts'
import { createConcurrencyLimiter } from '../../../src/gateway/concurrency-limit.ts'
import { createSignInRateLimiter, type SignInRateLimiter } from '../../../src/identity/oidc/sign-in-rate-limit.ts'

function rate(limits: { signInsPerMinute?: number }) {
  const clock = { now: 1_700_000_000_000 }
  const all = { signInsPerMinute: 60, ...limits }
  return { clock, rate: createSignInRateLimiter({ limits: () => all, now: () => clock.now }) }
}

const acquired = (one: SignInRateLimiter, address: string, times: number): number =>
  Array.from({ length: times }, () => one.acquire(address)).filter(Boolean).length

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

  test('a whole /56 of IPv6, what one customer gets, is one address', () => {
    const { rate: one } = rate({})
    const spread = Array.from({ length: 100 }, (_, at) => `2001:db8:1:${at.toString(16)}::1`)
    expect(spread.filter((address) => one.acquire(address))).toHaveLength(60)
    expect(one.acquire('2001:db8:1:1ff::1')).toBe(true)
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

describe('strangers of many addresses', () => {
  test('never shut out an honest person: nothing is counted over all addresses', () => {
    const { rate: one } = rate({})
    for (let at = 0; at < 100_000; at++) one.acquire(`10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`)
    for (let at = 0; at < 65_536; at++) one.acquire(`2001:db8:${at.toString(16)}::1`)
    expect(acquired(one, '192.0.2.1', 60)).toBe(60)
    expect(one.acquire('2001:db9::1')).toBe(true)
  })
})

describe('the block of a client address', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:0::/56'],
    ['2001:DB8:1:2::', '2001:db8:1:0::/56'],
    ['2001:db8:1:12ff::1', '2001:db8:1:1200::/56'],
    ['2001:db8::1', '2001:db8:0:0::/56'],
    ['::1', '0:0:0:0::/56'],
    ['::', '0:0:0:0::/56'],
    ['fe80::1%eth0', 'fe80:0:0:0::/56'],
    ['64:ff9b::192.0.2.33', '64:ff9b:0:0::/56'],
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
