// Client address behind trusted proxies: every form a proxy writes is read, and what stays unreadable is unknown.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { clientOf, type Client } from '../../../src/gateway/canonical/client-address.ts'
import { checkHeaders, createHeaderNames, type HeaderIndex } from '../../../src/gateway/canonical/header-fields.ts'
import { cidrMatcher } from '../../../src/gateway/ip-networks.ts'
import type { Received } from '../../../src/http/exchange.ts'

const trusted = cidrMatcher(['10.0.0.0/8', '2001:db8:f::/48'])
const names = createHeaderNames()

function client(headers: readonly string[], changes: Partial<Received> = {}): Client | undefined {
  const fields = checkHeaders(headers, { headerCount: 100, headerBytes: 16_384, names })
  const received = { address: '10.0.0.1', secure: false, ...changes } as Received
  return clientOf(received, fields as HeaderIndex, trusted)
}
const addressOf = (...values: readonly string[]) => {
  const found = client(values.flatMap((value) => ['X-Forwarded-For', value]))
  return found?.address ?? found?.gap
}

describe('the address of the client of a trusted proxy is read', () => {
  test.each([
    ['203.0.113.9', '203.0.113.9'],
    ['203.0.113.9:51234', '203.0.113.9'],
    ['"203.0.113.9:51234"', '203.0.113.9'],
    ['203.0.113.9:_port', '203.0.113.9'],
    ['2001:db8::7', '2001:db8::7'],
    ['2001:DB8:0:0:0:0:0:7', '2001:db8::7'],
    ['[2001:db8::7]', '2001:db8::7'],
    ['[2001:db8::7]:51234', '2001:db8::7'],
    ['"[2001:db8::7]:51234"', '2001:db8::7'],
    ['fe80::1%eth0', 'fe80::1'],
    ['[fe80::1%25eth0]:51234', 'fe80::1'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['::FFFF:203.0.113.9', '203.0.113.9'],
    ['[::ffff:cb00:7109]:51234', '203.0.113.9'],
    ['0:0:0:0:0:ffff:203.0.113.9', '203.0.113.9'],
    ['  203.0.113.9\t', '203.0.113.9'],
    ['198.51.100.4, 203.0.113.9', '203.0.113.9'],
    ['198.51.100.4, 203.0.113.9:51234, 10.0.0.2:443', '203.0.113.9'],
    ['unknown, , _hidden, 203.0.113.9', '203.0.113.9'],
    ['203.0.113.9, [2001:db8:f::2]:443', '203.0.113.9'],
  ])('%j', (value, address) => expect(addressOf(value)).toBe(address))

  test('over several fields, in their order', () => {
    expect(addressOf('198.51.100.4', '203.0.113.9', '10.0.0.2')).toBe('203.0.113.9')
  })
})

describe('an address that a trusted proxy does not state is unknown, never the address of the proxy', () => {
  test.each([
    ['unknown'],
    ['_hidden'],
    ['"_SEVKISEK"'],
    [''],
    [','],
    ['203.0.113.9,'],
    ['203.0.113.9, '],
    ['203.0.113.9, unknown'],
    ['203.0.113.9 51234'],
    ['203.0.113.9:'],
    ['203.0.113.9:123456'],
    ['203.0.113.9:51234:1'],
    ['[203.0.113.9]:51234'],
    ['[203.0.113.9]'],
    ['203.0.113.009'],
    ['203.0.113'],
    ['0xcb.0.0x71.9'],
    ['3405803785'],
    ['[2001:db8::7'],
    ['2001:db8::7]'],
    ['"203.0.113.9'],
    ['203.0.113.9"'],
    ['\\"203.0.113.9\\"'],
    ['client.example'],
    ['for=203.0.113.9'],
    ['203.0.113.9/32'],
    ['10.0.0.2, unknown, 10.0.0.3'],
  ])('%j', (value) => expect(addressOf(value)).toBe('x_forwarded_for_unreadable'))

  test('without the field', () => expect(addressOf()).toBe('x_forwarded_for_absent'))
  test('where every entry is a proxy', () => {
    expect(addressOf('10.0.0.3, 10.0.0.2:443')).toBe('x_forwarded_for_only_proxies')
  })
  test('where other fields state one, which are not read', () => {
    const others = ['Forwarded', 'for=203.0.113.9', 'X-Real-IP', '203.0.113.9', 'X-Client-IP', '203.0.113.9']
    expect(client(others)).toMatchObject({ address: undefined, gap: 'x_forwarded_for_absent' })
  })
  test('for any text: an address that is not trusted, or unknown', () => {
    const text = fc.stringMatching(/^[0-9a-f:.,"[\]%_ unkow]{0,40}$/)
    fc.assert(
      fc.property(text, (value) => {
        const { address, gap } = client(['X-Forwarded-For', value])!
        expect((address === undefined) !== (gap === undefined)).toBe(true)
        if (address !== undefined) expect(trusted(address)).toBe(false)
      }),
    )
  })
})

test('a peer that is no trusted proxy states nothing: its own address and scheme count', () => {
  const fields = ['X-Forwarded-For', '10.0.0.9', 'X-Forwarded-Proto', 'nonsense', 'Forwarded', 'for=10.0.0.9']
  for (const secure of [true, false]) {
    expect(client(fields, { address: '203.0.113.5', secure })).toEqual({
      address: '203.0.113.5',
      gap: undefined,
      secure,
    })
  }
})

describe('the scheme a trusted proxy states', () => {
  const secureOf = (values: readonly string[], secure = false) =>
    client(
      values.flatMap((value) => ['X-Forwarded-Proto', value]),
      { secure },
    )?.secure

  test.each([
    [['https'], true],
    [['HTTPS'], true],
    [['wss'], true],
    [['http'], false],
    [['ws'], false],
    [['https, https'], true],
    [['https', 'https'], true],
    [['http, http'], false],
    // A proxy that appends states the hop to itself last, and so the client's first.
    [['https, http'], true],
    [['https,http'], true],
    [['https', 'http'], true],
    [['http, https'], false],
  ])('%j is read', (values, secure) => {
    expect(secureOf(values)).toBe(secure)
    expect(secureOf(values, !secure)).toBe(secure)
  })

  test.each([[['httpsx']], [['']], [['on']], [['"https"']], [['https, on']], [['https,']]])(
    '%j is not: the request is rejected',
    (values) => expect(secureOf(values)).toBeUndefined(),
  )

  test.each([
    ['203.0.113.9, 10.0.0.2', 'https, http', true],
    ['203.0.113.9, 10.0.0.2', 'http, https', false],
    // What the client wrote itself stands left of its address.
    ['10.9.9.9, 203.0.113.9', 'http, https', true],
    ['10.9.9.9, 203.0.113.9, 10.0.0.2', 'http, https, http', true],
    ['203.0.113.9', 'https, http', true],
  ])('is the one beside the address of the client: %s, %s', (addresses, schemes, secure) => {
    const fields = ['X-Forwarded-For', addresses, 'X-Forwarded-Proto', schemes]
    expect(client(fields)).toMatchObject({ address: '203.0.113.9', secure })
  })

  test('is that of its own connection where it states none', () => {
    expect([secureOf([], true), secureOf([], false)]).toEqual([true, false])
  })
})
