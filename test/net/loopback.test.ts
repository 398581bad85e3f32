// Loopback names and addresses, and the DNS lookup of the names.

import { expect, test } from 'vitest'
import { isLoopback, lookupWithLoopback } from '../../src/net/loopback.ts'

test.each(['localhost', 'LOCALHOST', 'a.b.localhost', 'Wiki.LocalHost', '127.0.0.1', '127.255.0.9', '::1', '[::1]'])(
  '%s is loopback',
  (name) => {
    expect(isLoopback(name)).toBe(true)
  },
)

test.each([
  '',
  'localhost.',
  'notlocalhost',
  'localhost.evil.test',
  '127.evil.test',
  '127.0.0.1.evil.test',
  '127.999.0.1',
  '127.1',
  '128.0.0.1',
  '10.127.0.1',
  '0.0.0.0',
  '::',
  '::2',
  '[::1',
  '[localhost]',
  'localhost:80',
])('%s is not', (name) => {
  expect(isLoopback(name)).toBe(false)
})

test('the lookup returns one address or a list, asynchronously', async () => {
  const lookup = (all: boolean): Promise<unknown> =>
    new Promise((resolve) => {
      let later = false
      lookupWithLoopback('wiki.LOCALHOST', { all }, (error, address, family) =>
        resolve({ later, error, address, family }),
      )
      later = true
    })
  expect(await lookup(false)).toEqual({ later: true, error: null, address: '127.0.0.1', family: 4 })
  expect(await lookup(true)).toMatchObject({ later: true, address: [{ address: '127.0.0.1', family: 4 }] })
})
