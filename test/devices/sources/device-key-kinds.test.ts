// Keys of devices: which kinds are accepted, with which algorithms, and why others are not.

import { describe, expect, test } from 'vitest'
import { parseDeviceKeys } from '../../../src/devices/sources/device-keys.ts'
import { deviceKey } from '../posture-query-fixtures.ts'

const parse = (...keys: readonly object[]) => parseDeviceKeys(JSON.stringify({ keys }), 'yaml')

test.each([
  ['ES256', ['ES256']],
  ['EdDSA', ['EdDSA', 'Ed25519']],
] as const)('a key for %s verifies %j', async (kind, algorithms) => {
  const { jwk } = await deviceKey(kind)
  expect((await parse({ ...jwk, kid: 'LT-1', alg: 'RS256', use: 'enc' })).get('LT-1')?.algorithms).toEqual(algorithms)
})

describe('a key is refused with its cause', () => {
  test.each<[string, () => Promise<object>]>([
    ['the key of LT-1 is neither P-256 nor Ed25519', async () => (await deviceKey('ES384')).jwk],
    ['the key of LT-1 is neither P-256 nor Ed25519', async () => ({ kty: 'RSA', crv: 'P-256', n: 'AQ', e: 'AQAB' })],
    [
      'the key of LT-1 is neither P-256 nor Ed25519',
      async () => ({ ...(await deviceKey('EdDSA')).jwk, crv: 'X25519' }),
    ],
    ['the key of LT-1 is neither P-256 nor Ed25519', async () => ({ kty: 'EC', crv: 'Ed25519', x: 'AA' })],
    ['the key of LT-1 is not a public one', async () => (await deviceKey('ES256')).secret],
    ['the key of LT-1 is not a public one', async () => ({ kty: 'oct', k: 'AA' })],
    ['the key of LT-1 cannot be used', async () => ({ ...(await deviceKey('ES256')).jwk, x: 'AA' })],
  ])('%s', async (message, make) => {
    await expect(parse({ ...(await make()), kid: 'LT-1' })).rejects.toMatchObject({
      code: 'inventory_invalid',
      message,
    })
  })
})
