// Canonical request targets: rejected spellings, path traversal and double encoding.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalTarget } from '../../../src/gateway/canonical/request-target.ts'

describe('a target without a canonical form is rejected', () => {
  test.each([
    ['no leading slash', 'admin/secret'],
    ['an asterisk', '*'],
    ['a fragment', '/a#b'],
    ['a backslash', '/public\\..\\admin'],
    ['a backslash in the query', '/a?x=\\'],
    ['a dot segment', '/public/../admin'],
    ['a single dot segment', '/./admin'],
    ['a dot segment at the end', '/public/..'],
    ['encoded dots', '/public/%2e%2e/admin'],
    ['a dot segment between encoded slashes', '/public%2f..%2fadmin'],
    ['a dot segment after an encoded slash', '/public/a%2F./admin'],
    ['a dot segment before an encoded slash at the end', '/public/..%2f'],
    ['half encoded dots', '/public/.%2E/admin'],
    ['an encoded backslash', '/public%5cadmin'],
    ['encoded CR LF', '/x%0d%0aX-Injected:%201'],
    ['an encoded NUL', '/x%00'],
    ['a raw control byte', '/x\x01'],
    ['a raw space', '/x y'],
    ['a byte beyond ASCII', '/straße'],
    ['overlong UTF-8', '/%c0%ae%c0%ae/admin'],
    ['overlong UTF-8 of three bytes', '/%e0%80%ae%e0%80%ae/admin'],
    ['overlong UTF-8 of four bytes', '/%f0%80%80%af/admin'],
    ['a double-encoded dot', '/%252e%252e/admin'],
    ['a double-encoded slash', '/a%252fb'],
    ['a broken escape', '/a%zz'],
    ['a broken escape at the end', '/a%2'],
    ['a broken escape in the query', '/a?x=%'],
    ['a control byte in the query', '/a?x=\x7f'],
  ])('%s', (_name, target) => {
    expect(canonicalTarget(target)).toBeUndefined()
  })
})

/** For servers that decode twice or convert full-width characters. */
const disguised = ['/%2561dmin', '/a/%25252e%25252e/b', '/%EF%BC%8E%EF%BC%8E/admin', '/%ef%bc%8fadmin', '/a%EF%BC%BCb']

describe('a target', () => {
  test('keeps an ordinary path and query unchanged', () => {
    expect(canonicalTarget('/page/7?sort=a&filter[name]=b')).toEqual({
      wire: '/page/7',
      path: '/page/7',
      query: '?sort=a&filter[name]=b',
      encoded: false,
      segments: false,
    })
  })

  test('decodes unreserved characters and uses upper-case hex digits', () => {
    expect(canonicalTarget('/%41%7e%2d/%c3%a4')).toMatchObject({ wire: '/A~-/%C3%A4', path: '/A~-/%C3%A4' })
  })

  test('gives policy the path as an upstream would decode it', () => {
    expect(canonicalTarget('/a%26b%5B1%5d')).toMatchObject({ wire: '/a%26b%5B1%5D', path: '/a&b[1]' })
  })

  test('flags an encoded separator', () => {
    for (const target of ['/a%2Fb', '/a%3bb', '/what%3F', '/a%23']) expect(canonicalTarget(target)?.encoded).toBe(true)
  })

  test('flags segments that servers may interpret differently', () => {
    for (const target of ['/a//b', '//a', '/a;x=1/b', '/admin./x', '/admin%20/x', '/admin.', ...disguised]) {
      expect(canonicalTarget(target)?.segments).toBe(true)
    }
    for (const target of ['/a/', '/.well-known/x', '/a.b/c', '/~a', '/100%25', '/100%25/x', '/%EF%BC%81', '/%e0%a0%80'])
      expect(canonicalTarget(target)?.segments).toBe(false)
  })
})

const anything = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'/.%;?#\\ab2ef5cC0~ '.split(''), '%2e', '%2F', '%41', '%25', 'ä', '\n') }),
  fc.webUrl({ withQueryParameters: true }).map((url) => new URL(url).pathname + new URL(url).search),
)

describe('properties', () => {
  test('never throws, and is idempotent', () => {
    fc.assert(
      fc.property(anything, (text) => {
        const once = canonicalTarget(`/${text}`)
        if (once !== undefined) expect(canonicalTarget(once.wire + once.query)).toEqual(once)
      }),
      { numRuns: 5000 },
    )
  })

  test('a decoding upstream resolves the forwarded target to the path policy evaluated', () => {
    fc.assert(
      fc.property(anything, (text) => {
        const target = canonicalTarget(`/${text}`)
        if (target === undefined || target.encoded) return
        expect(decodeURIComponent(safe(target.wire))).toBe(decodeURIComponent(safe(target.path)))
        // No dot segments are left to resolve.
        expect(target.wire.split('/')).not.toContain('..')
        expect(target.wire).toMatch(/^\/[\x21-\x7e]*$/)
      }),
      { numRuns: 5000 },
    )
  })
})

/** Replaces percent-encoded non-ASCII bytes, which may be invalid UTF-8; they are the same on both sides. */
function safe(path: string): string {
  return path.replaceAll(/%[89A-F][0-9A-F]/g, 'x')
}
