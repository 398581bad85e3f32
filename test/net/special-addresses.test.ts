// Special addresses in every notation, and the lookup that passes over them.

import { describe, expect, test } from 'vitest'
import type { LookupFunction } from 'node:net'
import { guardedLookup } from '../../src/net/guarded-lookup.ts'
import { specialAddress } from '../../src/net/special-addresses.ts'

const asHost = (text: string): string => new URL(`http://${text}/`).hostname

describe('a special address', () => {
  test.each([
    ['169.254.169.254', 'a metadata service of a cloud'],
    ['2852039166', 'a metadata service of a cloud'],
    ['0xa9fea9fe', 'a metadata service of a cloud'],
    ['0251.0376.0251.0376', 'a metadata service of a cloud'],
    ['[::ffff:169.254.169.254]', 'a metadata service of a cloud'],
    ['[64:ff9b::169.254.169.254]', 'a metadata service of a cloud'],
    ['[fd00:ec2::254]', 'a metadata service of a cloud'],
    ['100.100.100.200', 'a metadata service of a cloud'],
    ['168.63.129.16', 'a metadata service of a cloud'],
    ['metadata.google.internal', 'a metadata service of a cloud'],
    ['METADATA', 'a metadata service of a cloud'],
    ['169.254.7.9', 'a link-local address'],
    ['[fe80::1]', 'a link-local address'],
    ['[febf::1]', 'a link-local address'],
    ['0.0.0.0', 'an unspecified address'],
    ['0', 'an unspecified address'],
    ['[::]', 'an unspecified address'],
    ['224.0.0.1', 'a multicast address'],
    ['[ff02::1]', 'a multicast address'],
    ['255.255.255.255', 'a broadcast or reserved address'],
    ['[::ffff:255.255.255.255]', 'a broadcast or reserved address'],
  ])('%s is %s', (host, what) => {
    expect(specialAddress(asHost(host))).toBe(what)
  })

  test.each([
    '127.0.0.1',
    '[::1]',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '[fd12::1]',
    '100.64.0.1',
    '203.0.113.9',
    'wiki.example.com',
  ])('%s is none', (host) => expect(specialAddress(asHost(host))).toBeUndefined())

  test('may have a zone', () => expect(specialAddress('fe80::1%eth0')).toBe('a link-local address'))
})

describe('the guarded lookup', () => {
  const resolving =
    (...found: string[]): LookupFunction =>
    (_name, options, callback) => {
      const all = found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
      queueMicrotask(() =>
        options.all === true ? callback(null, all) : callback(null, all[0]!.address, all[0]!.family),
      )
    }
  const looked = (lookup: LookupFunction, all: boolean) =>
    new Promise((resolve) => {
      guardedLookup(lookup, specialAddress)('app.example.com', { all }, (error, found) =>
        resolve(error === null ? found : { code: error.code, message: error.message }),
      )
    })

  test('leaves special addresses out, and fails when none is left', async () => {
    const some = resolving('169.254.169.254', '10.0.0.7', 'fe80::1')
    expect(await looked(some, true)).toEqual([{ address: '10.0.0.7', family: 4 }])
    expect(await looked(some, false)).toBe('10.0.0.7')
    for (const all of [true, false]) {
      expect(await looked(resolving('169.254.169.254'), all)).toEqual({
        code: 'ADDRESS_REFUSED',
        message: 'app.example.com resolves to 169.254.169.254, a metadata service of a cloud',
      })
    }
  })

  test('passes errors on', async () => {
    const failing: LookupFunction = (_name, _options, callback) =>
      queueMicrotask(() => callback(Object.assign(new Error('not found'), { code: 'ENOTFOUND' }), '', 0))
    expect(await looked(failing, true)).toEqual({ code: 'ENOTFOUND', message: 'not found' })
  })
})
