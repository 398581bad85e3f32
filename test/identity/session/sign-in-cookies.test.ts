// Cookies of unfinished sign-ins: strict parsing, order, attributes, bounds.

import { describe, expect, test } from 'vitest'
import { clearSignInCookie, setSignInCookie, signInCookies } from '../../../src/identity/session/sign-in-cookies.ts'

describe('reading', () => {
  test('returns the cookies of one kind, oldest first', () => {
    const header =
      'a=b; __Host-einlass-page-one=1.x.A;__Host-einlass=x; __Host-einlass-signin-s=1.x.S; \t__Host-einlass-page-two=1.x.B '
    expect(signInCookies(header, 'page')).toEqual([
      { id: 'one', value: '1.x.A' },
      { id: 'two', value: '1.x.B' },
    ])
    expect(signInCookies(header, 'signin')).toEqual([{ id: 's', value: '1.x.S' }])
    expect(signInCookies(undefined, 'page')).toEqual([])
  })

  test.each([
    '__Host-einlass-page-=x',
    '__Host-einlass-page-a',
    '__Host-einlass-page-a=',
    '__Host-einlass-page-a="x"',
    '__Host-einlass-page-a=x y',
    '__Host-einlass-page-a =x',
    '__Host-einlass-page-a= x',
    '__Host-einlass-page-a\t=x',
    '__host-einlass-page-a=x',
    'x__Host-einlass-page-a=x',
    '=__Host-einlass-page-a=x',
    'a=b,__Host-einlass-page-a=x',
    `__Host-einlass-page-${'a'.repeat(44)}=x`,
    `__Host-einlass-page-a=${'x'.repeat(3901)}`,
    '__Host-einlass-page-a=x; __Host-einlass-page-a=y',
    '__Host-einlass-page-a=x; __Host-einlass-page-a=x',
    '\u00a0__Host-einlass-page-a=x',
  ])('finds none in %.60j', (header) => {
    expect(signInCookies(header, 'page')).toEqual([])
  })

  test('reads the longest id and value, and a value without the blanks after it', () => {
    const [id, value] = ['a'.repeat(43), 'x'.repeat(3900)]
    expect(signInCookies(`__Host-einlass-page-${id}=${value}`, 'page')).toEqual([{ id, value }])
    expect(signInCookies('__Host-einlass-page-a=1.x-_Y \t; b=c', 'page')).toEqual([{ id: 'a', value: '1.x-_Y' }])
  })

  test('a hostile field of megabytes is read in linear time', () => {
    const size = 4_000_000
    for (const header of [
      ' '.repeat(size),
      '__Host-einlass-page-'.repeat(size / 20),
      `;${' '.repeat(size)}__Host-einlass-page-=`,
      `__Host-einlass-page-a=${' '.repeat(size)}`,
      '__Host-einlass-page-a=;'.repeat(size / 23),
    ]) {
      expect(signInCookies(header, 'page')).toEqual([])
    }
  })
})

describe('setting', () => {
  const attributes = 'Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age='

  test('is host-only, HttpOnly, for a working day and its breaks', () => {
    expect(setSignInCookie('page', { id: 'x', value: '1.a.b' }, undefined)).toEqual([
      `__Host-einlass-page-x=1.a.b; ${attributes}57600`,
    ])
    expect(clearSignInCookie('signin', 'x')).toBe(`__Host-einlass-signin-x=; ${attributes}0`)
  })

  test('drops the oldest beyond twenty', () => {
    const header = Array.from({ length: 21 }, (_, index) => `__Host-einlass-page-p${index}=1.a.b`).join('; ')
    const [set, ...dropped] = setSignInCookie('page', { id: 'new', value: '1.a.b' }, header)
    expect(set).toContain('__Host-einlass-page-new=')
    expect(dropped).toEqual([clearSignInCookie('page', 'p0'), clearSignInCookie('page', 'p1')])
  })

  test('drops the oldest beyond 6000 bytes, even all of them', () => {
    const header = `__Host-einlass-page-a=${'x'.repeat(3000)}; __Host-einlass-page-b=${'x'.repeat(1000)}`
    const [, ...dropped] = setSignInCookie('page', { id: 'c', value: 'x'.repeat(3900) }, header)
    expect(dropped).toEqual([clearSignInCookie('page', 'a')])
    const large = `__Host-einlass-page-a=${'x'.repeat(3000)}; __Host-einlass-page-b=${'x'.repeat(3900)}`
    expect(setSignInCookie('page', { id: 'c', value: 'x'.repeat(3900) }, large)).toHaveLength(3)
  })

  test('keeps exactly 6000 bytes of all of them', () => {
    // Name, value, and three characters between the cookies.
    const size = (value: number) => '__Host-einlass-page-a'.length + value + 3
    const header = `__Host-einlass-page-a=${'x'.repeat(3000)}`
    const rest = 6000 - size(3000) - size(0)
    expect(setSignInCookie('page', { id: 'c', value: 'x'.repeat(rest) }, header)).toHaveLength(1)
    expect(setSignInCookie('page', { id: 'c', value: 'x'.repeat(rest + 1) }, header)).toHaveLength(2)
  })

  test('replaces a cookie of the same id without dropping another', () => {
    const header = Array.from({ length: 20 }, (_, index) => `__Host-einlass-signin-s${index}=1.a.b`).join('; ')
    expect(setSignInCookie('signin', { id: 's7', value: '1.a.c' }, header)).toHaveLength(1)
    expect(setSignInCookie('signin', { id: 'new', value: '1.a.c' }, header)).toEqual([
      expect.stringContaining('__Host-einlass-signin-new='),
      clearSignInCookie('signin', 's0'),
    ])
  })

  test('keeps one draft', () => {
    expect(setSignInCookie('draft', { id: 'b', value: '1.a.b' }, '__Host-einlass-draft-a=1.a.b')).toEqual([
      expect.stringContaining('__Host-einlass-draft-b='),
      clearSignInCookie('draft', 'a'),
    ])
  })

  test('leaves cookies of other kinds and of the application alone', () => {
    const header = `other=${'x'.repeat(9000)}; __Host-einlass-signin-s=1.a.b; __Host-einlass=x`
    expect(setSignInCookie('page', { id: 'c', value: '1.a.b' }, header)).toHaveLength(1)
  })
})
