// Cookies: strict parsing, attributes, and removal from upstream requests and responses.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  clearLeftAppsCookie,
  clearSessionCookie,
  leftAppsCookie,
  sessionCookie,
  setsOwnCookie,
  setLeftAppsCookie,
  setSessionCookie,
  withoutOwnCookies,
} from '../../../src/identity/session/cookies.ts'
import { signInCookies } from '../../../src/identity/session/sign-in-cookies.ts'

const value = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNO-_'
const other = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmno-_'

describe('reading', () => {
  test.each([
    [`__Host-einlass=${value}`],
    [`a=b; __Host-einlass=${value}; c=d`],
    [`a=b;__Host-einlass=${value};c=d`],
    [`a=b; \t __Host-einlass=${value} \t ; c=d`],
    [`__Host-einlass=${value}; __Host-einlass=${value}`],
    [`__Host-einlass-page-x=${other}; __Host-einlass=${value}`],
    [`x__Host-einlass=${other}; __Host-einlass=${value}`],
  ])('finds the session cookie in %j', (header) => {
    expect(sessionCookie(header)).toBe(value)
  })

  test.each([
    [undefined],
    [''],
    ['__Host-einlass'],
    ['__Host-einlass='],
    [`__Host-einlass=${value}x`],
    [`__Host-einlass=${value.slice(1)}`],
    [`__Host-einlass="${value}"`],
    [`__Host-einlass=${value.slice(1)}=`],
    [`__Host-einlass=${value.slice(1)}%`],
    [`__host-einlass=${value}`],
    [`__Host-einlass =${value}`],
    [`__Host-einlass= ${value}`],
    [`__Host-einlass=\u00a0${value}`],
    [`__Host-einlass=${value}\u00a0`],
    [`\u00a0__Host-einlass=${value}`],
    [`\u000b__Host-einlass=${value}`],
    [`x__Host-einlass=${value}`],
    [`a=b,__Host-einlass=${value}`],
    [`a=b, __Host-einlass=${value}`],
    [`a="__Host-einlass=${value}"`],
    [`=__Host-einlass=${value}`],
    [`__Host-einlass=${value}; __Host-einlass=${other}`],
    [`__Host-einlass=${value}; __Host-einlass=`],
    [`__Host-einlass=junk; __Host-einlass=${value}`],
    [`__Host-einlass-page-x=${value}`],
  ])('finds none in %j', (header) => {
    expect(sessionCookie(header)).toBeUndefined()
  })

  test('the value read is one complete pair of the field, and no input throws', () => {
    const piece = fc.oneof(
      fc.constantFrom('__Host-einlass', '=', ';', ' ', '\t', value, other, '"', ',', '-page-x', '\u00a0'),
      fc.string({ maxLength: 5 }),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const header = pieces.join('')
        const found = sessionCookie(header)
        const pairs = header.split(';').map((pair) => pair.replace(/^[ \t]+|[ \t]+$/g, ''))
        const named = pairs.filter((pair) => pair.startsWith('__Host-einlass=')).map((pair) => pair.slice(15))
        const good = new Set(named).size === 1 && /^[A-Za-z0-9_-]{43}$/.test(named[0]!) ? named[0] : undefined
        expect(found).toBe(good)
      }),
      { numRuns: 3000 },
    )
  })

  test('a hostile field of megabytes is read in linear time: in quadratic time this would take hours', () => {
    const size = 4_000_000
    for (const header of [
      ' '.repeat(size),
      '__Host-einlass'.repeat(size / 14),
      `;${' '.repeat(size)}__Host-einlass=`,
      ';__Host-einlass='.repeat(size / 16),
      ` __Host-einlass=`.repeat(size / 16),
      `__Host-einlass=${' '.repeat(size)}`,
      `__Host-einlass=;${'='.repeat(size)}`,
    ]) {
      expect(sessionCookie(header)).toBeUndefined()
      expect(sessionCookie(withoutOwnCookies(header))).toBeUndefined()
    }
  })
})

describe('setting', () => {
  test('the session cookie is host-only, HttpOnly, and deleted when the browser closes', () => {
    expect(setSessionCookie(value)).toBe(`__Host-einlass=${value}; Path=/; Secure; HttpOnly; SameSite=Lax`)
    expect(clearSessionCookie()).toBe('__Host-einlass=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0')
  })
})

describe('the apps a user signed out of', () => {
  const attributes = 'Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age='
  const field = (cookie: string) => cookie.split(';')[0]!

  test('are kept for a quarter of an hour, then removed', () => {
    expect(setLeftAppsCookie(['wiki', 'erp-2', 'a_b'])).toBe(`__Host-einlass-left=wiki.erp-2.a_b; ${attributes}900`)
    expect(clearLeftAppsCookie()).toBe(`__Host-einlass-left=; ${attributes}0`)
    expect(setLeftAppsCookie([])).toBe(`__Host-einlass-left=; ${attributes}900`)
  })

  test('are read from any place in the field', () => {
    const cookie = field(setLeftAppsCookie(['wiki', 'erp']))
    for (const header of [cookie, `a=b; ${cookie}`, `${cookie};c=d`, `a=b;\t${cookie}; c=d`]) {
      expect(leftAppsCookie(header)).toEqual(['wiki', 'erp'])
    }
  })

  test.each([
    undefined,
    '',
    '__Host-einlass-left=',
    'x__Host-einlass-left=wiki',
    '__Host-einlass-left=wi/ki',
    '__Host-einlass-left="wiki"',
    '__Host-einlass-left=wiki erp',
    `__Host-einlass-left=${'x'.repeat(3001)}`,
  ])('are none in %.40j', (header) => expect(leftAppsCookie(header)).toEqual([]))

  test('are as many as fit', () => {
    const apps = Array.from({ length: 100 }, (_, at) => `${at}`.padStart(60, 'x'))
    const cookie = field(setLeftAppsCookie([...apps, 'y']))
    const read = leftAppsCookie(cookie)
    expect(read.length).toBeGreaterThan(40)
    expect(read).toEqual([...apps.slice(0, read.length - 1), 'y'])
    expect(leftAppsCookie(field(setLeftAppsCookie(['x'.repeat(1500), 'y'.repeat(1499)])))).toHaveLength(2)
    expect(leftAppsCookie(field(setLeftAppsCookie(['x'.repeat(1500), 'y'.repeat(1500)])))).toHaveLength(1)
  })
})

describe('removal for upstreams', () => {
  test.each([
    ['a=b; c=d', 'a=b; c=d'],
    [`__Host-einlass=${value}`, ''],
    [`a=b; __Host-einlass=${value}; c=d`, 'a=b; c=d'],
    [`__Host-einlass=${value}; c=d`, 'c=d'],
    [`a=b; __Host-einlass=${value}`, 'a=b'],
    [`a=b;__HOST-EINLASS =${value};__Host-einlass-page-x=x;\u00a0__host-einlass-signin=y; c=d`, 'a=b; c=d'],
    [`=__Host-einlass=${value}; c=d`, 'c=d'],
    [`"__Host-einlass"=${value}; c=d`, 'c=d'],
    ['a=__Host-einlass; c=d', 'a=__Host-einlass; c=d'],
  ])('%j becomes %j', (header, expected) => {
    expect(withoutOwnCookies(header)).toBe(expected)
  })

  test('a cookie read from a field is never left in it, and removal is idempotent', () => {
    const piece = fc.oneof(
      fc.constantFrom('__Host-einlass', `__Host-einlass=${value}`, '=', '; ', ';', ' ', '\t', 'a=b', '"', '-page-x'),
      fc.string({ maxLength: 5 }),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const left = withoutOwnCookies(pieces.join(''))
        expect(sessionCookie(left)).toBeUndefined()
        for (const kind of ['page', 'signin', 'draft'] as const) expect(signInCookies(left, kind)).toEqual([])
        expect(withoutOwnCookies(left)).toBe(left)
      }),
      { numRuns: 2000 },
    )
  })

  test.each([
    ['__Host-einlass=x; Path=/', true],
    ['__host-einlass=x', true],
    [' \t__Host-einlass = x', true],
    ['__Host-einlass-page-x=x', true],
    ['=__Host-einlass=x; Path=/; Secure', true],
    ['__Host-einlass', true],
    ['session=x; Path=/', false],
    ['x__Host-einlass=y', false],
    ['a=__Host-einlass', false],
    ['', false],
  ])('an upstream that sets %j is detected: %s', (header, expected) => {
    expect(setsOwnCookie(header)).toBe(expected)
  })
})
