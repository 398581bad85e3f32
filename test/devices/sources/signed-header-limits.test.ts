// Signed device headers: syntax of the signature, its time, the number of signatures, and facts that belong together.

import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createTrustedHeader, signedText } from '../../../src/devices/sources/trusted-header.ts'
import { postureQuery, signedQuery, start, type Headers } from '../posture-query-fixtures.ts'

const secret = 'a secret of the agent gateway'
const settings = { name: 'agent', networks: ['10.0.0.0/8'], secret, tolerance: 60_000 }
const source = createTrustedHeader(settings)
const headers = { 'x-device-id': 'LT-0042', 'x-device-managed': 'true' }
const t = String(start / 1000)

const signatureOf = (time: string, facts: Headers = headers): string =>
  createHmac('sha256', secret)
    .update(signedText(time, postureQuery(facts)), 'latin1')
    .digest('hex')

const valid = signatureOf(t)
const other = '0'.repeat(64)
const observed = (signature: string, facts: Headers = headers, now = start) =>
  source.observe!(postureQuery({ ...facts, 'x-device-signature': signature }, { now }))

describe('a signature header', () => {
  test.each([
    ['one signature', `t=${t},v1=${valid}`],
    ['the valid signature as the first of two', `t=${t},v1=${valid},v1=${other}`],
    ['the valid signature as the last of three', `t=${t},v1=${other},v1=${other},v1=${valid}`],
    ['white space around its parts', ` t=${t} , v1=${valid} `],
    ['digits in capitals', `t=${t},v1=${valid.toUpperCase()}`],
  ])('may have %s', (_name, signature) => {
    expect(observed(signature)).toMatchObject({ state: 'observed', posture: { managed: true } })
  })

  const unusable = 'device headers without a usable signature'
  test.each([
    ['four signatures', `t=${t},v1=${valid},v1=${other},v1=${other},v1=${other}`],
    ['five signatures', `t=${t},v1=${valid},v1=${other},v1=${other},v1=${other},v1=${other}`],
    ['no signature', `t=${t}`],
    ['an empty signature beside the valid one', `t=${t},v1=${valid},v1=`],
    ['an unknown part beside the valid one', `t=${t},v1=${valid},v2=${other}`],
    ['a digit too many', `t=${t},v1=${valid}0`],
    ['a digit too few', `t=${t},v1=${valid.slice(1)}`],
    ['characters before the signature', `t=${t},xv1=${valid}`],
    ['something that is no hexadecimal digit', `t=${t},v1=g${valid.slice(1)}`],
    ['no time', `v1=${valid}`],
    ['the time after the signature', `v1=${valid},t=${t}`],
    ['a time of no digits', `t=,v1=${valid}`],
    ['a negative time', `t=-${t},v1=${valid}`],
    ['a time with a fraction', `t=${t}.5,v1=${valid}`],
    ['a time of twelve digits', `t=00${t},v1=${signatureOf(`00${t}`)}`],
    ['characters before the time', `xt=${t},v1=${valid}`],
  ])('may not have %s', (_name, signature) => {
    expect(observed(signature)).toEqual({ state: 'refused', detail: unusable })
  })

  test('may have a time of eleven digits', () => {
    expect(observed(`t=0${t},v1=${signatureOf(`0${t}`)}`)).toMatchObject({ state: 'observed' })
  })

  test('counts within the tolerance before and after its time, and not beyond', () => {
    const signature = `t=${t},v1=${valid}`
    for (const [off, state] of [
      [60_000, 'observed'],
      [60_001, 'refused'],
    ] as const) {
      expect(observed(signature, headers, start - off)).toMatchObject({ state })
      expect(observed(signature, headers, start + off)).toMatchObject({ state })
    }
    expect(observed(signature, headers, start + 60_001)).toEqual({
      state: 'refused',
      detail: 'device signature is too old or from the future',
    })
  })
})

describe('a rejection names its cause', () => {
  test.each<[string, object]>([
    ['device headers without a usable signature', postureQuery(headers)],
    ['device headers from a peer outside the trusted networks', { ...signedQuery(headers, secret), peer: '192.0.2.1' }],
    ['device signature does not fit', signedQuery(headers, 'another secret')],
    ['signed device headers without a usable device id', signedQuery({ 'x-device-managed': 'true' }, secret)],
  ])('%s', (detail, query) => {
    expect(source.observe!(query as ReturnType<typeof postureQuery>)).toEqual({ state: 'refused', detail })
  })
})

describe('signed facts', () => {
  const factsOf = (more: Headers) => {
    const result = source.observe!(signedQuery({ ...headers, ...more }, secret))
    return 'state' in result && result.state === 'observed' ? result.posture : undefined
  }

  test('name the operating system only together with its version', () => {
    expect(factsOf({ 'x-device-os': 'macOS', 'x-device-os-version': '15.1' })?.os).toEqual({
      name: 'macos',
      version: '15.1',
    })
    expect(factsOf({ 'x-device-os': 'macOS' })).toMatchObject({ managed: true, os: undefined })
    expect(factsOf({ 'x-device-os-version': '15.1' })).toMatchObject({ managed: true, os: undefined })
  })

  test('are read from every header, without white space around the value', () => {
    expect(
      factsOf({
        'x-device-owner': ' Ada@Example.com ',
        'x-device-compliant': 'true',
        'x-device-disk-encrypted': 'true',
        'x-device-screen-lock': 'false',
        'x-device-firewall': '\ttrue',
        'x-device-antivirus': 'present',
        'x-device-risk': 'low',
      }),
    ).toMatchObject({
      owner: 'ada@example.com',
      compliant: true,
      diskEncrypted: true,
      screenLock: false,
      firewall: true,
      antivirus: { present: true, healthy: undefined },
      risk: 'low',
    })
  })

  test.each(['\u0000', '\u001f', '\u007f', '\n'])(
    'with the control character %j in a value are rejected',
    (character) => {
      const query = signedQuery({ ...headers, 'x-device-owner': `a${character}b` }, secret)
      expect(source.observe!(query)).toEqual({ state: 'refused', detail: 'device signature does not fit' })
    },
  )
})

describe('networks of the source', () => {
  const from = (networks: readonly string[], peer: string) =>
    createTrustedHeader({ ...settings, networks }).observe!({ ...signedQuery(headers, secret), peer })

  test('may be single addresses', () => {
    expect(from(['10.1.2.3'], '10.1.2.3')).toMatchObject({ state: 'observed' })
    expect(from(['10.1.2.3'], '10.1.2.2')).toMatchObject({ state: 'refused' })
    expect(from(['fd00::1'], 'fd00::1')).toMatchObject({ state: 'observed' })
    expect(from(['fd00::1'], 'fd00::2')).toMatchObject({ state: 'refused' })
  })

  test('have the length of their prefix', () => {
    expect(from(['10.1.2.0/31'], '10.1.2.1')).toMatchObject({ state: 'observed' })
    expect(from(['10.1.2.0/31'], '10.1.2.2')).toMatchObject({ state: 'refused' })
  })
})

test('the source stops without anything to wait for', async () => {
  await expect(source.stop()).resolves.toBeUndefined()
})

describe('a signature of COPY and MOVE', () => {
  const request = { method: 'MOVE', target: '/a', destination: '/b?c' }
  const observedWith = (destination: string | undefined) => {
    const signed = signedQuery(headers, secret, start, request)
    return source.observe!({ ...signed, destination })
  }

  test('covers the destination: for another one, or none, it counts for nothing', () => {
    expect(observedWith('/b?c')).toMatchObject({ state: 'observed' })
    for (const other of ['/b', '/c', undefined]) {
      expect(observedWith(other)).toEqual({ state: 'refused', detail: 'device signature does not fit' })
    }
  })

  test('has a line for it behind the target', () => {
    const text = signedText('1', postureQuery(headers, request))
    expect(text.split('\n').slice(0, 7)).toEqual([
      'einlass-device-1',
      '1',
      'MOVE',
      'wiki.example.com',
      '/a',
      '/b?c',
      'x-device-id:LT-0042',
    ])
  })
})
