// Canonical request targets: what is refused in every application, what is forwarded as sent, and what rules see.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalTarget, type CanonicalTarget } from '../../../src/gateway/canonical/request-target.ts'
import { resolve, usualReadings } from '../../support/path-readings.ts'

/** `target %00`, or the canonical form. */
function read(target: string): string | CanonicalTarget {
  const found = canonicalTarget(target)
  return 'refused' in found ? `${found.refused} ${found.octet}` : found
}

function accepted(target: string): CanonicalTarget {
  const found = read(target)
  if (typeof found === 'string') throw new Error(`${target}: ${found}`)
  return found
}

/** Every octet encoded, that many times. */
function nested(text: string, times: number): string {
  if (times === 0) return text
  return nested(
    text.replace(/[^]/g, (one) => `%${one.charCodeAt(0).toString(16)}`),
    times - 1,
  )
}

describe('a target is refused in every application, and the octet is named', () => {
  test.each([
    ['no leading slash', 'admin/secret', 'target a'],
    ['an asterisk', '*', 'target *'],
    ['nothing', '', 'target '],
    ['a fragment', '/a#b', 'target #'],
    ['a backslash', '/public\\..\\admin', 'target \\'],
    ['characters that browsers encode', '/a"b', 'target "'],
    ['angle brackets', '/<a>', 'target <'],
    ['braces', '/{a}', 'target {'],
    ['a back-tick', '/a`b', 'target `'],
    ['a dot segment that leaves the root', '/../admin', 'target ..'],
    ['one that does later', '/a/../../admin', 'target ..'],
    ['encoded dots', '/%2e%2e/admin', 'target ..'],
    ['half encoded dots', '/.%2E/admin', 'target ..'],
    ['a dot segment between encoded slashes', '/public%2f..%2f..%2fadmin', 'target ..'],
    ['one behind an encoded slash at the end', '/..%2f', 'target ..'],
    ['one behind an encoded backslash', '/..%5cadmin', 'target ..'],
    ['one for readers of path parameters', '/..;/admin', 'target ..'],
    ['one for readers that trim blanks', '/..%20/admin', 'target ..'],
    ['one for readers that merge slashes', '/a//../../admin', 'target ..'],
    ['one behind a level that is none to a reader of path parameters', '/;a/../admin', 'target ..'],
    ['one of double-encoded dots', '/%252e%252e/admin', 'target ..'],
    ['one encoded three times', '/%25252e%25252e%25252fadmin', 'target ..'],
    ['one of %u escapes', '/%25u002e%25u002e/admin', 'target ..'],
    ['one in overlong UTF-8', '/%c0%ae%c0%ae/admin', 'target ..'],
    ['one in overlong UTF-8 of three bytes', '/%e0%80%ae%e0%80%ae/admin', 'target ..'],
    ['one in overlong UTF-8 of four bytes', '/%f0%80%80%ae%f0%80%80%ae/admin', 'target ..'],
    ['one of full-width dots', '/%EF%BC%8E%EF%BC%8E/admin', 'target ..'],
    ['one behind a full-width slash', '/..%ef%bc%8fadmin', 'target ..'],
    ['one of a two-dot leader', '/%E2%80%A5/admin', 'target ..'],
    ['one with an invisible character', '/.%E2%80%8B./admin', 'target ..'],
    ['one with a byte that is no UTF-8', '/.%80./admin', 'target ..'],
    ['one with an overlong letter, which some drop', '/.%C1%A1./admin', 'target ..'],
    ['encoded CR LF', '/x%0d%0aX-Injected:%201', 'target %0D'],
    ['an encoded NUL', '/x%00', 'target %00'],
    ['an encoded DEL', '/x%7f', 'target %7F'],
    ['a double-encoded NUL', '/x%2500', 'target %25'],
    ['an overlong NUL', '/x%c0%80', 'target %C0'],
    ['escapes nested beyond any use', `/${nested('.', 6)}`, 'target %25'],
    ['a raw control byte', '/x\x01', 'target %01'],
    ['a raw tab', '/x\ty', 'target %09'],
    ['a raw blank', '/x y', 'target %20'],
    ['a byte beyond ASCII', '/stra\xdfe', 'target %DF'],
    ['a broken escape', '/a%zz', 'target %'],
    ['a broken escape at the end', '/a%2', 'target %'],
    ['a control byte in the query', '/a?x=\x7f', 'query %7F'],
    ['a blank in the query', '/a?x y', 'query %20'],
    ['a line end in the query', '/a?x\r\ny', 'query %0D'],
    ['NUL in the query', '/a?\0', 'query %00'],
  ])('%s', (_name, target, refusal) => {
    expect(read(target)).toBe(refusal)
  })
})

describe('the prefix of the gateway', () => {
  test.each(['/.einlass/session', '/.%65inlass/session', '/%2Eeinlass/session', '/%2e%65%69nlass/session'])(
    '%s is read as such by all',
    (target) => expect(accepted(target).path).toBe('/.einlass/session'),
  )

  test.each([
    '/.einlass%2Fsession',
    '//.einlass/session',
    '/.einlass;a/session',
    '/.einlass./session',
    '/.einlass%20/session',
    '/%252eeinlass/session',
    '/.einlass%5csession',
    '/x/..;/.einlass/session',
    '/x/../.einlass/session',
    '/.EINLASS/session',
    '/.Einlass/session',
    '/%EF%BC%8Eeinlass/session',
    '/.einl%C2%ADass/session',
    '/.einlass/a%2Fb',
    '/.einlass//session',
  ])('%s is not, and reaches nobody', (target) => expect(read(target)).toMatch(/^reserved_path /))

  test('is free below another folder and as the beginning of a name', () => {
    for (const target of ['/repo/.einlass/x', '/.einlass-config/a', '/repo/.einlass-x//a'])
      expect(accepted(target).sent).toBe(target)
  })
})

describe('a target', () => {
  test('keeps an ordinary path and query unchanged', () => {
    expect(canonicalTarget('/page/7?sort=a&filter[name]=b')).toEqual({
      sent: '/page/7',
      wire: '/page/7',
      path: '/page/7',
      query: '?sort=a&filter[name]=b',
      ambiguity: undefined,
    })
  })

  test('keeps what was sent, and normalises beside it', () => {
    const target = '/%41%7e%2d%2e/%c3%a4%3b%5B'
    expect(accepted(target)).toMatchObject({ sent: target, wire: '/A~-./%C3%A4%3B%5B', path: '/A~-./%C3%A4%3B[' })
  })

  test('gives policy the path as an upstream would decode it', () => {
    expect(accepted('/a%26b%5B1%5d')).toMatchObject({ wire: '/a%26b%5B1%5D', path: '/a&b[1]' })
    expect(accepted('/a%5cb%25')).toMatchObject({ path: '/a%5Cb%25' })
  })

  test.each([
    'q=50%',
    'q=%',
    'q=%zz',
    'q=#top',
    'q=\\\\server',
    'q="a"<b>{c}|^`',
    'q=\xc3\xa4',
    'q=\x80\xff',
    'a?b?c=/../',
    '../admin&%2e%2e%2f%00',
  ])('passes the query %s as sent', (query) => {
    expect(accepted(`/a?${query}`)).toMatchObject({ path: '/a', query: `?${query}`, ambiguity: undefined })
  })

  test.each([
    ['/a%2Fb', '/a', '%2F'],
    ['/a%2fb', '/a', '%2F'],
    ['/a%3bb', '/a', '%3B'],
    ['/files/Was%3F.txt', '/files/Was', '%3F'],
    ['/files/Rechnung%20%2312.pdf', '/files/Rechnung', '%23'],
    ['/100%25', '/100', '%25'],
    ['/job/r/job/feature%252Fx/', '/job/r/job/feature', '%25'],
    ['/a%5Cb', '/a', '%5C'],
    ['/a;x=1/b', '/a', ';'],
    ['/a//b', '/a/', '//'],
    ['//a', '/', '//'],
    ['/a/', undefined, undefined],
    ['/admin./x', '/admin', '.'],
    ['/admin..', '/admin', '.'],
    ['/admin%20/x', '/admin', '%20'],
    ['/admin.%2Fx', '/admin', '%2F'],
    ['/admin:%C2%AD$DATA', '/admin', '%C2'],
    ['/%20admin', '/', '%20'],
    ['/admin:$i30', '/admin', ':'],
    ['/admin::$DATA', '/admin', ':'],
    ['/%ef%bc%a1dmin', '/', '%EF'],
    ['/a%EF%BC%BCb', '/a', '%EF'],
    ['/a/%80', '/a/', '%80'],
    ['/a/%C3x', '/a/', '%C3'],
    ['/a/%ED%A0%80', '/a/', '%ED'],
    ['/a/%F5%80%80%80', '/a/', '%F5'],
    ['/x/../y', '/x/', '.'],
  ])('%s is read alike as far as %s', (target, stable, octet) => {
    expect(accepted(target).ambiguity?.stable).toBe(stable)
    expect(accepted(target).ambiguity?.octet).toBe(octet)
  })

  test.each([
    '/.well-known/x',
    '/a.b/c',
    '/a..b',
    '/~a',
    '/a%20b',
    '/a:b',
    '/a:8080/x',
    '/a,b/c=d',
    '/@scope',
    '/%C3%9Cbersicht/%E2%82%AC/%F0%9F%98%80',
    '/a%2Eb',
    '/%61dmin',
    '/a%26b',
    '/a[1]|^b',
  ])('%s is read alike by all', (target) => expect(accepted(target).ambiguity).toBeUndefined())

  test.each(['/x/../y', '/x/%2e/y', '/x/.', '/a/..;/b', '/a/%252e%252e/b', '/a/b%2F..%2Fc', '/a/.../b'])(
    '%s has dot segments that stay inside',
    (target) => expect(accepted(target).ambiguity).toMatchObject({ dots: true, climbs: false }),
  )
})

const piece = fc.constantFrom(
  ...'/.%;?#\\ab2ef5cC0~ :$|"\x01\x80\xff'.split(''),
  '%2e',
  '%2F',
  '%41',
  '%25',
  '%5c',
  '%20',
  '%c0%ae',
  '%EF%BC%8F',
  '%E2%80%8B',
  '..',
  'admin',
  '.einlass',
  '%u002e',
)
const anything = fc.oneof(
  fc.string({ unit: piece }),
  fc.webUrl({ withQueryParameters: true }).map((url) => new URL(url).pathname + new URL(url).search),
)

describe('for any text', () => {
  test('never throws, and is idempotent', () => {
    fc.assert(
      fc.property(anything, (text) => {
        const once = canonicalTarget(`/${text}`)
        if ('refused' in once) return void expect(once.octet).toMatch(/^(?:%[0-9A-F]{2}|[!-~]{0,2})$/)
        expect(once.sent + once.query).toBe(`/${text}`)
        const { wire, path, query, ambiguity } = once
        expect(canonicalTarget(wire + query)).toMatchObject({ sent: wire, wire, path, query, ambiguity })
      }),
      { numRuns: 5000 },
    )
  })

  test('no reading of what is accepted leaves the root or has a control character', () => {
    fc.assert(
      fc.property(anything, (text) => {
        const target = canonicalTarget(`/${text}`)
        if ('refused' in target) return
        for (const reading of usualReadings(target.sent)) {
          expect(resolve(reading).climbs).toBe(false)
          expect(reading).not.toMatch(/[\0-\x1f\x7f]/)
        }
      }),
      { numRuns: 1000 },
    )
  })
})

test('a long path costs time in proportion', () => {
  const time = (target: string): number => {
    // Not by the clock: other tests run beside this one.
    const begun = process.cpuUsage()
    canonicalTarget(target)
    const { user, system } = process.cpuUsage(begun)
    return (user + system) / 1_000
  }
  for (const unit of ['.', '%25', '/..', '%20', ';', '%2', '%c0%ae', '/', ':', '%252e', '%EF%BC%8E/', '%32%35']) {
    const targets = [2_000, 16_000].map((bytes) => `/a${unit.repeat(bytes / unit.length)}x`)
    for (const target of targets) time(target)
    expect(time(targets[1]!), unit).toBeLessThan(250)
  }
})
