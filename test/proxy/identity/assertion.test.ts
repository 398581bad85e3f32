// Identity assertions: verification by an application, caching, and signing keys across nodes and rotations.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { describe, expect, test, vi } from 'vitest'
import { createAssertions, type AssertedSession } from '../../../src/proxy/identity/assertion.ts'
import type { SerializedHeaders } from '../../../src/proxy/headers/serialized-headers.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { createSeal } from '../../../src/store/seal.ts'

const day = 86_400_000
const start = Date.parse('2026-11-21T20:00:00Z')
const origin = 'https://access.example.com'
const erp = { origin: 'https://erp.example.com', identityHeaders: 'einlass' as const, headerGroups: 'all' as const }

const session: AssertedSession = {
  id: 'sid-1',
  version: 1,
  generation: 1,
  subject: {
    provider: 'corp',
    sub: 'u-1',
    email: 'alice@example.com',
    name: 'Alice',
    username: 'alice',
    groups: ['staff', 'a,admin'],
    groupsComplete: true,
    claims: {},
    external: false,
  },
  authentication: {
    acr: 'urn:mfa',
    amr: ['pwd', 'otp'],
    authTime: start - 60_500,
    mfa: true,
    phishingResistant: false,
  },
}

function environment(secret = Buffer.alloc(32, 1)) {
  const clock = { now: start }
  const now = (): number => clock.now
  const store = createMemoryStore({ now })
  const node = (seal = createSeal([secret])) => createAssertions({ origin, store, seal, now })
  return { clock, store, node }
}

const tokenOf = (headers: SerializedHeaders): string => /^X-Einlass-Jwt-Assertion: (.*)\r$/m.exec(headers.lines)![1]!
const noGrant = { grant: undefined }

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

describe('an assertion', () => {
  test('contains subject, authentication and audience, and verifies with the published JWKS', async () => {
    const { clock, node } = environment()
    const assertions = node()
    await assertions.start()
    const headers = await assertions.identityHeaders(erp, session, 'laptop-7', { grant: 'g-1' })
    assertions.stop()
    const keys = createLocalJWKSet({ keys: [...assertions.jwks().keys] })
    const { payload, protectedHeader } = await jwtVerify(tokenOf(headers), keys, {
      issuer: origin,
      audience: erp.origin,
      algorithms: ['ES256'],
      currentDate: new Date(clock.now),
    })
    expect(protectedHeader).toMatchObject({ alg: 'ES256', kid: assertions.jwks().keys[0]!.kid })
    expect(payload).toMatchObject({
      sub: 'u-1',
      email: 'alice@example.com',
      groups: ['staff', 'a,admin'],
      sid: 'sid-1',
      acr: 'urn:mfa',
      amr: ['pwd', 'otp'],
      auth_time: Math.floor(start / 1000) - 61,
      device: 'laptop-7',
      grant: 'g-1',
    })
    expect(payload.exp! - payload.iat!).toBeLessThanOrEqual(300)
    for (const key of assertions.jwks().keys) expect(key).not.toHaveProperty('d')
  })

  test('is evicted from the cache when it is no longer usable', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const { clock, node } = environment()
    const assertions = node()
    try {
      await assertions.start()
      const held = new Map<number, WeakRef<SerializedHeaders>>()
      const make = async (version: number): Promise<void> =>
        void held.set(
          version,
          new WeakRef(await assertions.identityHeaders(erp, { ...session, version }, undefined, noGrant)),
        )
      const left = async (): Promise<number[]> => {
        vi.advanceTimersByTime(60_000)
        // A WeakRef keeps its target alive until the current task ends.
        await new Promise((resolve) => setImmediate(resolve))
        collectGarbage()
        return [...held].filter(([, headers]) => headers.deref() !== undefined).map(([version]) => version)
      }
      await make(1)
      clock.now += 200_000
      await make(2)
      expect(await left()).toEqual([1, 2])
      clock.now += 60_000
      expect(await left()).toEqual([2])
      // The clock was set back: the assertion is from the future and must not be used.
      clock.now = start
      expect(await left()).toEqual([])
    } finally {
      assertions.stop()
      vi.useRealTimers()
    }
  })

  test('is signed once and reused for half its lifetime, then renewed in the background', async () => {
    const { clock, node } = environment()
    const assertions = node()
    await assertions.start()
    const pending = assertions.identityHeaders(erp, session, undefined, noGrant)
    expect(pending).toBeInstanceOf(Promise)
    // A second request meanwhile waits for the same signature.
    const [first, second] = await Promise.all([pending, assertions.identityHeaders(erp, session, undefined, noGrant)])
    expect(second).toBe(first)
    clock.now += 149_000
    expect(assertions.identityHeaders(erp, session, undefined, noGrant)).toBe(first)
    clock.now += 2_000
    // Past the half: the old assertion, valid for another two minutes, is returned while a new one is signed.
    expect(assertions.identityHeaders(erp, session, undefined, noGrant)).toBe(first)
    await expect.poll(() => assertions.identityHeaders(erp, session, undefined, noGrant) === first).toBe(false)
    const renewed = await assertions.identityHeaders(erp, session, undefined, noGrant)
    expect(decodeJwt(tokenOf(renewed)).exp! * 1000).toBeGreaterThan(clock.now + 290_000)
    clock.now += 400_000
    const late = await assertions.identityHeaders(erp, session, undefined, noGrant)
    expect(decodeJwt(tokenOf(late)).exp! * 1000).toBeGreaterThan(clock.now)
    assertions.stop()
  })

  test('is never shared between apps, session states, sign-ins, devices or grants', async () => {
    const { node } = environment()
    const assertions = node()
    await assertions.start()
    const headers = await Promise.all([
      assertions.identityHeaders(erp, session, undefined, noGrant),
      assertions.identityHeaders({ ...erp, origin: 'https://wiki.example.com' }, session, undefined, noGrant),
      assertions.identityHeaders(erp, { ...session, version: 2 }, undefined, noGrant),
      assertions.identityHeaders(erp, { ...session, generation: 2 }, undefined, noGrant),
      assertions.identityHeaders(erp, { ...session, id: 'sid-2' }, undefined, noGrant),
      assertions.identityHeaders(erp, session, 'laptop', noGrant),
      assertions.identityHeaders(erp, session, undefined, { grant: 'g' }),
    ])
    assertions.stop()
    expect(new Set(headers.map(tokenOf)).size).toBe(7)
  })

  test('is rejected without signing keys', async () => {
    const { node } = environment()
    await expect(node().identityHeaders(erp, session, undefined, noGrant)).rejects.toMatchObject({
      code: 'no_signing_key',
    })
  })
})

describe('groups that the app does not use', () => {
  const line = ({ lines }: SerializedHeaders): string | undefined => /^X-Forwarded-Groups: (.*)\r$/m.exec(lines)?.[1]

  test('are in neither headers nor assertion, whatever their number', async () => {
    const { node } = environment()
    const assertions = node()
    await assertions.start()
    const groups = ['staff', ...Array.from({ length: 5000 }, (_, index) => `a group of twenty-six ${index}`)]
    const many: AssertedSession = { ...session, subject: { ...session.subject, groups } }
    const one = await assertions.identityHeaders({ ...erp, headerGroups: new Set(['staff', 'x']) }, many, '', noGrant)
    expect([line(one), decodeJwt(tokenOf(one)).groups]).toEqual(['staff', ['staff']])
    expect(one.lines.length).toBeLessThan(1000)
    const none = await assertions.identityHeaders({ ...erp, headerGroups: new Set() }, many, '', noGrant)
    expect([line(none), decodeJwt(tokenOf(none)).groups]).toEqual([undefined, []])
    const all = await assertions.identityHeaders(erp, many, '', noGrant)
    expect(decodeJwt(tokenOf(all)).groups).toHaveLength(5001)
    assertions.stop()
  })

  test('are gone from cached headers as soon as a reload narrows them', async () => {
    const { node } = environment()
    const assertions = node()
    await assertions.start()
    const wide = { ...erp, headerGroups: new Set(['staff', 'a,admin']) }
    expect(decodeJwt(tokenOf(await assertions.identityHeaders(wide, session, '', noGrant))).groups).toHaveLength(2)
    const narrow = await assertions.identityHeaders({ ...erp, headerGroups: new Set(['x']) }, session, '', noGrant)
    expect([line(narrow), decodeJwt(tokenOf(narrow)).groups]).toEqual([undefined, []])
    assertions.stop()
  })
})

describe('signing keys', () => {
  test('are the same on all nodes, also with a concurrent start and after a restart', async () => {
    const { node } = environment()
    const nodes = [node(), node(), node()]
    await Promise.all(nodes.map((one) => one.start()))
    const restarted = node()
    await restarted.start()
    for (const one of [...nodes, restarted]) one.stop()
    expect(new Set([...nodes, restarted].map((one) => JSON.stringify(one.jwks()))).size).toBe(1)
  })

  test('are sealed in the store', async () => {
    const { store, node } = environment()
    const assertions = node()
    await assertions.start()
    assertions.stop()
    const kept = await store.get('assertion-keys')
    expect(kept).not.toContain('"d"')
    expect(kept).not.toContain('"kid"')
  })

  test('are replaced when the secret that sealed them was lost', async () => {
    const { node } = environment()
    const before = node()
    await before.start()
    const after = node(createSeal([Buffer.alloc(32, 9)]))
    await after.start()
    before.stop()
    after.stop()
    expect(after.jwks().keys[0]!.kid).not.toBe(before.jwks().keys[0]!.kid)
  })

  test('are rotated with overlap: every assertion verifies with a JWKS cached half a day earlier', async () => {
    const { clock, node } = environment()
    const published: string[] = []
    let previous: string[] = []
    const signedWith = new Set<string>()
    for (let at = 0; at < 70; at += 0.5) {
      clock.now = start + at * day
      const assertions = node()
      await assertions.start()
      const headers = await assertions.identityHeaders(erp, session, undefined, noGrant)
      assertions.stop()
      const { kid } = decodeProtectedHeader(tokenOf(headers))
      const now = assertions.jwks().keys.map((key) => key.kid!)
      expect(now.length).toBeLessThanOrEqual(3)
      // A JWKS cached half a day ago contains the current key, and the current JWKS the previous key.
      if (previous.length > 0) expect(previous).toContain(kid)
      if (published.length > 0) expect(now).toContain(published.at(-1))
      previous = now
      published.push(kid!)
      signedWith.add(kid!)
    }
    expect(signedWith.size).toBe(3)
  })
})
