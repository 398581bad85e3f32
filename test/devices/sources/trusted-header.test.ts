// Signed device headers: accepted only from a trusted peer with a valid signature for this request.

import { describe, expect, test } from 'vitest'
import { createTrustedHeader, deviceHeaders } from '../../../src/devices/sources/trusted-header.ts'
import { postureQuery, signedQuery, start } from '../posture-query-fixtures.ts'

const secret = 'a secret of the agent gateway'
const settings = { name: 'agent', networks: ['10.0.0.0/8', 'fd00::/8'], secret, tolerance: 60_000 }
const source = createTrustedHeader(settings)
const headers = {
  'x-device-id': 'LT-0042',
  'x-device-managed': 'true',
  'x-device-disk-encrypted': 'false',
  'x-device-os': 'Windows',
  'x-device-os-version': '10.0.22631',
  'x-device-antivirus': 'healthy',
}
const observe = (query: Parameters<NonNullable<typeof source.observe>>[0]) => source.observe!(query)

test('reads facts signed by an authenticated peer', () => {
  expect(observe(signedQuery(headers, secret))).toEqual({
    state: 'observed',
    pins: false,
    posture: {
      deviceId: 'LT-0042',
      source: 'agent',
      observedAt: start,
      managed: true,
      owner: undefined,
      compliant: undefined,
      diskEncrypted: false,
      os: { name: 'windows', version: '10.0.22631' },
      screenLock: undefined,
      firewall: undefined,
      antivirus: { present: true, healthy: true },
      risk: undefined,
    },
  })
})

test('the signature is that of the documented text', async () => {
  const { createHmac } = await import('node:crypto')
  const text =
    'einlass-device-1\n1800000000\nGET\nwiki.example.com\n/page/7?part=2\nx-device-id:LT-0042\nx-device-managed:true\n'
  const v1 = createHmac('sha256', secret).update(text).digest('hex')
  const query = postureQuery({
    'x-device-managed': 'true',
    'x-device-id': 'LT-0042',
    'x-device-signature': `t=1800000000,v1=${v1}`,
  })
  expect(observe(query)).toMatchObject({ state: 'observed', posture: { managed: true } })
})

test('returns silent without device headers', () => {
  expect(observe(postureQuery({}))).toEqual({ state: 'silent' })
  expect(observe(postureQuery({ 'x-device-managed': 'true' }))).toEqual({ state: 'silent' })
})

describe('rejects', () => {
  const good = signedQuery(headers, secret)
  const header = good.header('x-device-signature')!
  test.each([
    ['plain headers without a signature', postureQuery(headers)],
    ['a peer outside the networks', { ...good, peer: '192.0.2.1' }],
    ['a peer that is no address', { ...good, peer: '' }],
    ['another method', { ...good, method: 'POST' }],
    ['another host', { ...good, host: 'erp.example.com' }],
    ['another target', { ...good, target: '/page/8' }],
    ['another secret', signedQuery(headers, 'guess')],
    ['a changed fact', postureQuery({ ...headers, 'x-device-signature': header, 'x-device-disk-encrypted': 'true' })],
    ['an added fact', postureQuery({ ...headers, 'x-device-signature': header, 'x-device-firewall': 'true' })],
    ['a removed fact', postureQuery({ 'x-device-id': 'LT-0042', 'x-device-signature': header })],
    ['a signature of yesterday', { ...good, now: start + 61_000 }],
    ['a signature of tomorrow', { ...good, now: start - 61_000 }],
    ['a signature over no device', signedQuery({ 'x-device-managed': 'true' }, secret)],
    ['a device id with odd characters', signedQuery({ ...headers, 'x-device-id': 'a b' }, secret)],
    ['an empty signature', postureQuery({ ...headers, 'x-device-signature': '' })],
    ['a short signature', postureQuery({ ...headers, 'x-device-signature': header.slice(0, -2) })],
    ['a changed time', postureQuery({ ...headers, 'x-device-signature': header.replace('t=18', 't=17') })],
    [
      'too many signatures',
      postureQuery({ ...headers, 'x-device-signature': `t=1800000000${',v1='.concat('0'.repeat(64)).repeat(5)}` }),
    ],
  ])('%s', (_name, query) => {
    expect(observe(query)).toMatchObject({ state: 'refused' })
  })
})

test('accepts a valid signature beside one of the old secret', () => {
  const good = signedQuery(headers, secret).header('x-device-signature')!
  const both = good.replace(',v1=', `,v1=${'0'.repeat(64)},v1=`)
  expect(observe(postureQuery({ ...headers, 'x-device-signature': both }))).toMatchObject({ state: 'observed' })
})

test('accepts an IPv4-mapped peer and an IPv6 peer', () => {
  expect(observe({ ...signedQuery(headers, secret), peer: '::ffff:10.1.2.3' })).toMatchObject({ state: 'observed' })
  expect(observe({ ...signedQuery(headers, secret), peer: 'fd12::1' })).toMatchObject({ state: 'observed' })
  expect(observe({ ...signedQuery(headers, secret), peer: '::ffff:192.0.2.1' })).toMatchObject({ state: 'refused' })
})

test('a value with line ends cannot pass for another header', () => {
  const forged = { 'x-device-id': 'LT-0042', 'x-device-compliant': 'true\nx-device-firewall:true' }
  const honest = signedQuery(
    { 'x-device-id': 'LT-0042', 'x-device-compliant': 'true', 'x-device-firewall': 'true' },
    secret,
  )
  const signature = honest.header('x-device-signature')!
  expect(observe(postureQuery({ ...forged, 'x-device-signature': signature }))).toMatchObject({ state: 'refused' })
})

test('lists every header it reads, and signs them in order', () => {
  expect(source.headers).toEqual([...deviceHeaders, 'x-device-signature'])
  expect(deviceHeaders.toSorted()).toEqual([...deviceHeaders])
})

test('an invalid network is rejected at creation', () => {
  expect(() => createTrustedHeader({ ...settings, networks: ['office'] })).toThrow('office')
})
