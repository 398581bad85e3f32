import { describe, expect, test } from 'vitest'
import { fieldsOf, readForm, isSameOrigin } from '../../../src/web/kit/form.ts'
import { pageRequest } from '../page-fixtures.ts'

const own = 'https://access.example.com'
const urlencoded = 'application/x-www-form-urlencoded'

describe('isSameOrigin (CSRF check)', () => {
  test.each([
    ['same-origin', undefined, true],
    ['same-origin', own, true],
    ['same-origin', 'https://wiki.example.com', false],
    ['same-origin', `${own}, https://evil.example`, false],
    ['same-origin, cross-site', own, false],
    ['same-site', own, false],
    ['same-site', undefined, false],
    ['cross-site', own, false],
    ['cross-site', 'https://evil.example', false],
    ['none', own, false],
    ['', own, false],
    ['Same-Origin', own, false],
    [undefined, own, true],
    [undefined, 'https://wiki.example.com', false],
    [undefined, 'http://access.example.com', false],
    [undefined, 'https://access.example.com:444', false],
    [undefined, `${own}/`, false],
    [undefined, 'null', false],
    [undefined, '', false],
    [undefined, undefined, false],
  ])('with Sec-Fetch-Site %j and Origin %j: %j', (site, origin, believed) => {
    const headers: Record<string, string> = {}
    if (site !== undefined) headers['sec-fetch-site'] = site
    if (origin !== undefined) headers['origin'] = origin
    expect(isSameOrigin(pageRequest({ headers }), own)).toBe(believed)
  })
})

describe('readForm', () => {
  const headers = { 'sec-fetch-site': 'same-origin', 'content-type': urlencoded }

  test('returns the fields', async () => {
    const form = await readForm(pageRequest({ headers, text: async () => 'email=a%40b+c&x=' }), own)
    if (form.state !== 'read') throw new Error(form.state)
    expect([form.fields('email'), form.fields('x'), form.fields('y')]).toEqual(['a@b c', '', undefined])
  })

  test('accepts media type parameters and any letter case', async () => {
    const typed = { ...headers, 'content-type': 'Application/X-WWW-Form-Urlencoded; charset=UTF-8' }
    expect(await readForm(pageRequest({ headers: typed }), own)).toMatchObject({ state: 'read' })
  })

  test.each(['text/plain', 'multipart/form-data; boundary=x', 'application/json', undefined])(
    'refuses %j',
    async (type) => {
      const typed: Record<string, string> = { 'sec-fetch-site': 'same-origin' }
      if (type !== undefined) typed['content-type'] = type
      expect(await readForm(pageRequest({ headers: typed }), own)).toEqual({ state: 'malformed' })
    },
  )

  test('returns malformed when the body cannot be read', async () => {
    const text = (): Promise<string> => Promise.reject(new Error('too large'))
    expect(await readForm(pageRequest({ headers, text }), own)).toEqual({ state: 'malformed' })
  })

  test('does not read the body of a cross-site form', async () => {
    let read = false
    const text = (): Promise<string> => {
      read = true
      return Promise.resolve('')
    }
    expect(await readForm(pageRequest({ text }), own)).toEqual({ state: 'foreign' })
    expect(read).toBe(false)
  })
})

test('a duplicate field is absent: two parsers could pick different values', () => {
  expect(fieldsOf('?a=1&a=2&b=3')('a')).toBeUndefined()
  expect(fieldsOf('?a=1&a=2&b=3')('b')).toBe('3')
  expect(fieldsOf('')('a')).toBeUndefined()
})
