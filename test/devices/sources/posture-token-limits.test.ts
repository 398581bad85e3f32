// Posture tokens at their limits: times and their types, lifetime, clock difference, length of the id, audience.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { PostureSource } from '../../../src/devices/posture-source.ts'
import { openSignedJwt } from '../../../src/devices/sources/signed-jwt.ts'
import { createDeviceFixtures, deviceKey, origin, postureQuery, start, token } from '../posture-query-fixtures.ts'

const seconds = start / 1000
let key: Awaited<ReturnType<typeof deviceKey>>
let folder: string
let source: PostureSource
let fixtures: ReturnType<typeof createDeviceFixtures>

beforeAll(async () => {
  key = await deviceKey('ES256')
  folder = mkdtempSync(join(tmpdir(), 'einlass-posture-'))
  writeFileSync(join(folder, 'keys.json'), JSON.stringify({ keys: [{ ...key.jwk, kid: 'LT-1' }] }))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))
beforeEach(async () => {
  fixtures = createDeviceFixtures()
  source = await openSignedJwt({ name: 'token', keys: join(folder, 'keys.json'), audience: origin }, fixtures.deps)
})
afterEach(async () => {
  await source.stop()
  await fixtures.stop()
})

const observe = async (claims: Record<string, unknown>, now = start) =>
  await source.observe!(postureQuery({ 'device-posture': await token(key, 'LT-1', claims) }, { now }))

describe('a posture token is accepted', () => {
  test.each<[string, Record<string, unknown>]>([
    ['that lives for five minutes', { iat: seconds, exp: seconds + 300 }],
    ['of a clock that is a minute ahead', { iat: seconds + 60, exp: seconds + 90 }],
    ['of a clock that is a minute behind', { iat: seconds - 100, exp: seconds - 59 }],
    ['whose id has eight characters', { jti: '12345678' }],
    ['whose id has 256 characters', { jti: 'x'.repeat(256) }],
    ['whose audience is a list of the gateway alone', { aud: [origin] }],
    ['whose subject is the device', { sub: 'LT-1' }],
    ['that lives for less than a second', { iat: seconds, exp: seconds + 0.5 }],
  ])('%s', async (_name, claims) => {
    expect(await observe(claims)).toMatchObject({ state: 'observed' })
  })
})

describe('a posture token is rejected', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['that lives a second longer than five minutes', { iat: seconds, exp: seconds + 301 }, 'lives too long'],
    ['that expires when it is issued', { iat: seconds + 10, exp: seconds + 10 }, 'lives too long'],
    ['of a clock that is further ahead', { iat: seconds + 61, exp: seconds + 90 }, 'issued in the future'],
    ['for the gateway and another audience', { aud: [origin, 'https://a.example'] }, 'wrong audience'],
    ['for another audience', { aud: 'https://a.example' }, 'wrong audience'],
    ['for an empty list', { aud: [] }, 'wrong audience'],
    ['whose id has seven characters', { jti: '1234567' }, 'jti'],
    ['whose id has 257 characters', { jti: 'x'.repeat(257) }, 'jti'],
    ['whose id is a number', { jti: 123456789 }, 'jti'],
    ['whose subject is another device', { sub: 'LT-2' }, 'sub is not the device'],
    ['whose time of issue is text', { iat: String(seconds) }, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    ['whose expiry is text', { exp: String(seconds + 60) }, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    ['whose expiry is null', { exp: null }, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    ['that has expired', { iat: seconds - 100, exp: seconds - 60 }, 'ERR_JWT_EXPIRED'],
  ])('%s', async (_name, claims, detail) => {
    expect(await observe(claims)).toEqual({ state: 'refused', detail: `device posture token: ${detail}` })
  })

  test('longer than 8 KiB', async () => {
    const header = 'a'.repeat(8193)
    const detail = 'device posture token: too long'
    expect(await source.observe!(postureQuery({ 'device-posture': header }))).toEqual({ state: 'refused', detail })
    expect(await source.observe!(postureQuery({ 'device-posture': header.slice(1) }))).not.toMatchObject({ detail })
  })
})

test('an observation is never later than now', async () => {
  expect(await observe({ iat: seconds + 20, exp: seconds + 60 })).toMatchObject({ posture: { observedAt: start } })
  expect(await observe({ iat: seconds - 20, exp: seconds + 60 })).toMatchObject({
    posture: { observedAt: start - 20_000 },
  })
})

test('the id of a token is remembered until no clock accepts the token any more', async () => {
  const posture = await token(key, 'LT-1', { iat: seconds, exp: seconds + 60, jti: 'remembered' })
  const at = async (now: number) => {
    fixtures.clock.at = now
    const fresh = await openSignedJwt(
      { name: 'token', keys: join(folder, 'keys.json'), audience: origin },
      fixtures.deps,
    )
    try {
      return await fresh.observe!(postureQuery({ 'device-posture': posture }, { now: start }))
    } finally {
      await fresh.stop()
    }
  }
  expect(await at(start)).toMatchObject({ state: 'observed' })
  // 60 s until it expires and 30 s of clock difference.
  expect(await at(start + 89_000)).toMatchObject({ state: 'refused', detail: 'device posture token: used before' })
})
