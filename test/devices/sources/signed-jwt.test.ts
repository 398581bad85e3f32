// Posture tokens: accepted when signed by the key of the device, for this audience, recent, and used once.

import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { parseDeviceKeys } from '../../../src/devices/sources/device-keys.ts'
import type { PostureSource } from '../../../src/devices/posture-source.ts'
import { openSignedJwt } from '../../../src/devices/sources/signed-jwt.ts'
import { postureQuery, deviceKey, origin, createDeviceFixtures, start, token } from '../posture-query-fixtures.ts'

let es256: Awaited<ReturnType<typeof deviceKey>>
let ed25519: Awaited<ReturnType<typeof deviceKey>>
let folder: string
let keys: string
let source: PostureSource
let fixtures: ReturnType<typeof createDeviceFixtures>

beforeAll(async () => {
  es256 = await deviceKey('ES256')
  ed25519 = await deviceKey('EdDSA')
})
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'einlass-keys-'))
  keys = join(folder, 'keys.json')
  writeFileSync(
    keys,
    JSON.stringify({
      keys: [
        { ...es256.jwk, kid: 'LT-1' },
        { ...ed25519.jwk, kid: 'LT-2' },
      ],
    }),
  )
  fixtures = createDeviceFixtures()
  source = await openSignedJwt({ name: 'token', keys, audience: origin }, fixtures.deps)
})
afterEach(async () => {
  await source.stop()
  await fixtures.stop()
  rmSync(folder, { recursive: true, force: true })
})

const observe = async (posture: string, more: Parameters<typeof postureQuery>[1] = {}) =>
  await source.observe!(postureQuery({ 'device-posture': posture }, more))

test('reads signed facts, and pins the device', async () => {
  const claims = { managed: true, disk_encrypted: true, os: { name: 'macOS', version: '14.6' }, antivirus: 'unhealthy' }
  expect(await observe(await token(es256, 'LT-1', claims))).toMatchObject({
    state: 'observed',
    pins: true,
    posture: {
      deviceId: 'LT-1',
      source: 'token',
      observedAt: start,
      managed: true,
      diskEncrypted: true,
      firewall: undefined,
      os: { name: 'macos', version: '14.6' },
      antivirus: { present: true, healthy: false },
    },
  })
  expect(await observe(await token(ed25519, 'LT-2', {}, { typ: 'application/device-posture+jwt' }))).toMatchObject({
    state: 'observed',
    posture: { deviceId: 'LT-2', managed: undefined },
  })
})

test.each([
  ['ahead', { iat: 60, nbf: 60, exp: 120 }],
  ['behind', { iat: -119, exp: -59 }],
])('accepts one of a device whose clock is a minute %s', async (_name, shifted) => {
  const claims = Object.fromEntries(Object.entries(shifted).map(([name, by]) => [name, start / 1000 + by]))
  expect(await observe(await token(es256, 'LT-1', claims))).toMatchObject({ state: 'observed' })
})

test('returns silent without the header', () => {
  expect(source.observe!(postureQuery({}))).toEqual({ state: 'silent' })
})

describe('rejects', () => {
  const seconds = start / 1000
  test.each<[string, (posture: typeof token) => Promise<string>]>([
    ['another audience', (t) => t(es256, 'LT-1', { aud: 'https://elsewhere.example' })],
    ['a further audience', (t) => t(es256, 'LT-1', { aud: [origin, 'https://elsewhere.example'] })],
    ['no audience', (t) => t(es256, 'LT-1', { aud: undefined })],
    ['a life longer than five minutes', (t) => t(es256, 'LT-1', { exp: seconds + 301 })],
    ['an expired one', (t) => t(es256, 'LT-1', { iat: seconds - 300, exp: seconds - 61 })],
    ['one from the future', (t) => t(es256, 'LT-1', { iat: seconds + 61, exp: seconds + 120 })],
    ['one that is not valid yet', (t) => t(es256, 'LT-1', { nbf: seconds + 61 })],
    ['no exp', (t) => t(es256, 'LT-1', { exp: undefined })],
    ['no iat', (t) => t(es256, 'LT-1', { iat: undefined })],
    ['an exp before its iat', (t) => t(es256, 'LT-1', { iat: seconds + 20, exp: seconds + 10 })],
    ['no jti', (t) => t(es256, 'LT-1', { jti: undefined })],
    ['a short jti', (t) => t(es256, 'LT-1', { jti: 'x' })],
    ['a jti that is no text', (t) => t(es256, 'LT-1', { jti: 12345678 as unknown as string })],
    ['another typ', (t) => t(es256, 'LT-1', {}, { typ: 'JWT' })],
    ['no typ', (t) => t(es256, 'LT-1', {}, { typ: undefined })],
    ['an unknown device', (t) => t(es256, 'LT-3')],
    ['a kid that is no device', (t) => t(es256, '../../etc')],
    ['no kid', (t) => t(es256, undefined as unknown as string)],
    ['the key of another device', (t) => t(ed25519, 'LT-1')],
    ['a subject that is not the device', (t) => t(es256, 'LT-1', { sub: 'LT-2' })],
    ['a cut signature', async (t) => (await t(es256, 'LT-1')).slice(0, -4)],
    [
      'a changed claim',
      async (t) => {
        const [head, , tail] = (await t(es256, 'LT-1')).split('.')
        const claims = { aud: origin, iat: seconds, exp: seconds + 60, jti: 'changed-jti', managed: true }
        return `${head}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${tail}`
      },
    ],
    [
      'alg none',
      async (t) => {
        const [, claims] = (await t(es256, 'LT-1')).split('.')
        const head = { alg: 'none', typ: 'device-posture+jwt', kid: 'LT-1' }
        return `${Buffer.from(JSON.stringify(head)).toString('base64url')}.${claims}.`
      },
    ],
    ['nonsense', () => Promise.resolve('nonsense')],
    ['an empty header', () => Promise.resolve('')],
    ['a giant', () => Promise.resolve('a'.repeat(100_000))],
  ])('%s', async (_name, make) => {
    expect(await observe(await make(token))).toMatchObject({ state: 'refused' })
  })

  test('a public key used as an HMAC secret', async () => {
    const { SignJWT } = await import('jose')
    const forged = await new SignJWT({ aud: origin, iat: seconds, exp: seconds + 60, jti: 'long enough' })
      .setProtectedHeader({ alg: 'HS256', typ: 'device-posture+jwt', kid: 'LT-1' })
      .sign(Buffer.from(JSON.stringify(es256.jwk)))
    expect(await observe(forged)).toMatchObject({ state: 'refused' })
  })
})

test('a token counts posture across nodes', async () => {
  const posture = await token(es256, 'LT-1')
  const other = await openSignedJwt({ name: 'token', keys, audience: origin }, fixtures.deps)
  try {
    expect(await observe(posture)).toMatchObject({ state: 'observed' })
    expect(await observe(posture)).toMatchObject({ state: 'refused', detail: expect.stringContaining('used before') })
    expect(await other.observe!(postureQuery({ 'device-posture': posture }))).toMatchObject({ state: 'refused' })
  } finally {
    await other.stop()
  }
})

test('of concurrent requests with one token one is accepted', async () => {
  const posture = await token(es256, 'LT-1')
  const states = (await Promise.all([observe(posture), observe(posture), observe(posture)])).map(({ state }) => state)
  expect(states.sort()).toEqual(['observed', 'refused', 'refused'])
})

test('a replayed token is ignored in the session pinned to its device, and rejected in any other', async () => {
  const posture = await token(es256, 'LT-1')
  await observe(posture)
  expect(source.observe!(postureQuery({ 'device-posture': posture }, { pinned: 'LT-1' }))).toEqual({ state: 'silent' })
  expect(await observe(posture, { pinned: 'LT-2' })).toMatchObject({ state: 'refused' })
  const fresh = await openSignedJwt({ name: 'token', keys, audience: origin }, fixtures.deps)
  try {
    expect(await fresh.observe!(postureQuery({ 'device-posture': posture }, { pinned: 'LT-1' }))).toEqual({
      state: 'silent',
    })
  } finally {
    await fresh.stop()
  }
})

test('without a store replay cannot be ruled out: unreachable', async () => {
  await fixtures.deps.store.close()
  expect(await observe(await token(es256, 'LT-1'))).toEqual({ state: 'unreachable' })
})

test('keys are reread when the file is replaced, and an invalid file leaves the old ones', async () => {
  const gone: string[] = []
  source.onChange!((ids) => gone.push(...ids))
  writeFileSync(keys, '{"keys": [{"kty": "EC"')
  await expect.poll(() => fixtures.lines.join(''), { timeout: 5000, interval: 10 }).toContain('stays in use')
  expect(await observe(await token(es256, 'LT-1'))).toMatchObject({ state: 'observed' })
  writeFileSync(join(folder, 'next'), JSON.stringify({ keys: [{ ...ed25519.jwk, kid: 'LT-2' }] }))
  renameSync(join(folder, 'next'), keys)
  await expect.poll(() => gone, { timeout: 5000, interval: 10 }).toEqual(['LT-1'])
  expect(await observe(await token(es256, 'LT-1'))).toMatchObject({ state: 'refused' })
  expect(source.isWithdrawn!('LT-1')).toBe(true)
  expect(source.isWithdrawn!('LT-2')).toBe(false)
})

describe('keys', () => {
  test('may be part of an inventory', async () => {
    const { kty, crv, x, y } = es256.jwk
    const yaml = `devices:\n  - id: LT-1\n    managed: true\n    key: ${JSON.stringify({ kty, crv, x, y })}\n  - id: LT-9\n`
    expect([...(await parseDeviceKeys(yaml, 'yaml')).keys()]).toEqual(['LT-1'])
    const csv = `id,key\nLT-1,"${JSON.stringify({ kty, crv, x, y }).replaceAll('"', '""')}"\nLT-9,\n`
    expect([...(await parseDeviceKeys(csv, 'csv')).keys()]).toEqual(['LT-1'])
  })

  test.each<[string, () => Promise<object>]>([
    ['private', async () => ({ ...es256.secret, kid: 'LT-1' })],
    ['symmetric', async () => ({ kty: 'oct', k: 'c2VjcmV0', kid: 'LT-1' })],
    ['of another curve', async () => ({ ...(await deviceKey('ES384')).jwk, kid: 'LT-1' })],
    ['without a kid', async () => es256.jwk],
    ['not on the curve', async () => ({ ...es256.jwk, x: es256.jwk.y, kid: 'LT-1' })],
  ])('%s: rejected', async (_name, make) => {
    await expect(parseDeviceKeys(JSON.stringify({ keys: [await make()] }), 'yaml')).rejects.toMatchObject({
      code: 'inventory_invalid',
    })
  })

  test('two for one device: rejected', async () => {
    const twice = { keys: [1, 2].map(() => ({ ...es256.jwk, kid: 'LT-1' })) }
    await expect(parseDeviceKeys(JSON.stringify(twice), 'yaml')).rejects.toThrow('two keys')
  })
})
