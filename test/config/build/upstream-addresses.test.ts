// Upstreams at special addresses, at listeners of Einlass and at its public origins are refused, unless an app allows it.

import { describe, expect, test } from 'vitest'
import { compareConfigurations } from '../../../src/config/diff/diff.ts'
import { upstreamRefusal } from '../../../src/config/upstream-addresses.ts'
import { problems, valid, validTogether } from '../config-fixtures.ts'

const listening =
  'listen: [{ address: "0.0.0.0:8443" }, { address: "127.0.0.1:8080", tls: false }], operations: "127.0.0.1:9091"'
const file = (to: string, more = '', issuer = 'https://login.example.com'): string =>
  `gateway: { url: https://access.example.com, ${listening}, tls: { cert: wildcard.crt, key: wildcard.key }, secret_key: file:secret.key }
identity: { issuer: "${issuer}", client_id: einlass, client_secret: env:OIDC_CLIENT_SECRET }
apps:
  wiki: { from: https://wiki.example.com, to: ${to}, policy: [{ allow: {} }]${more} }
  erp: { from: "https://erp.example.com:8444", to: http://10.0.0.9, policy: [{ allow: {} }] }
`

describe('`to` at', () => {
  test.each([
    ['http://169.254.169.254', '169.254.169.254 is a metadata service of a cloud'],
    ['http://2852039166/', '169.254.169.254 is a metadata service of a cloud'],
    ['"http://[::ffff:169.254.169.254]"', '[::ffff:a9fe:a9fe] is a metadata service of a cloud'],
    ['http://metadata.google.internal', 'metadata.google.internal is a metadata service of a cloud'],
    ['"http://[fe80::1]"', '[fe80::1] is a link-local address'],
    ['http://0.0.0.0:3000', '0.0.0.0 is an unspecified address'],
    ['https://224.0.0.251', '224.0.0.251 is a multicast address'],
    ['http://127.0.0.1:9091', '127.0.0.1 is the operations listener of Einlass'],
    ['http://localhost:9091', 'localhost is the operations listener of Einlass'],
    ['https://127.0.0.1:8443', '127.0.0.1 is a listener of Einlass itself'],
    ['https://127.8.8.8:8443', '127.8.8.8 is a listener of Einlass itself'],
    ['"https://[::ffff:127.0.0.1]:8443"', '[::ffff:7f00:1] is a listener of Einlass itself'],
    ['http://127.0.0.1:8080', '127.0.0.1 is a listener of Einlass itself'],
    ['https://access.example.com', 'access.example.com is gateway.url, the address of Einlass itself'],
    ['https://wiki.example.com', 'wiki.example.com is `from` of the app "wiki", so Einlass would forward to itself'],
    ['https://ERP.example.com:8444', 'erp.example.com is `from` of the app "erp", so Einlass would forward to itself'],
  ])('%s is refused', async (to, message) => {
    const [found, ...others] = await problems(file(to))
    expect(others).toEqual([])
    expect(found).toBe(`4:47: apps.wiki.to: ${message}; allow_special_addresses: true of this app permits it`)
    const allowed = await valid(file(to, ', allow_special_addresses: true'))
    expect(allowed.apps.get('wiki')?.allowSpecialAddresses).toBe(true)
  })

  test.each([
    'http://127.0.0.1:3000',
    'http://127.0.0.2:9091',
    'http://10.0.0.7:9091',
    'https://10.0.0.7:8443',
    '"http://[fd12::7]:80"',
    'https://erp.example.com',
    'https://wiki.internal.example.com',
  ])('%s is accepted', async (to) => expect(await problems(file(to))).toEqual([]))

  test('one of a list is refused at its place', async () => {
    expect(await problems(file('[http://10.0.0.1, http://169.254.1.1]'))).toEqual([
      '4:65: apps.wiki.to[1]: 169.254.1.1 is a link-local address; allow_special_addresses: true of this app permits it',
    ])
  })
})

test('an issuer at a special address is refused', async () => {
  expect(await problems(file('http://10.0.0.1', '', 'https://169.254.169.254'))).toEqual([
    expect.stringContaining('169.254.169.254 is a metadata service of a cloud'),
  ])
})

test('listeners on all addresses are those of this machine, in IPv4 and IPv6', () => {
  const local = new Set(['192.0.2.7', '2001:db8::7'])
  const refusal = upstreamRefusal({ listen: [{ host: '::', port: 443, tls: undefined }], operations: undefined }, local)
  for (const address of ['192.0.2.7', '2001:db8::7', '127.0.0.1', '::1', '::ffff:192.0.2.7']) {
    expect(refusal(address, 443), address).toBe('a listener of Einlass itself')
    expect(refusal(address, 444), address).toBeUndefined()
  }
  expect(refusal('192.0.2.8', 443)).toBeUndefined()
})

test('the comparison of two configurations tells of it', async () => {
  const [before, after] = await validTogether(
    file('http://10.0.0.1'),
    file('http://10.0.0.1', ', allow_special_addresses: true'),
  )
  expect(compareConfigurations(before, after)).toEqual(['wiki: upstreams at special addresses are accepted'])
})
