// Mapping of paths between the public address of an app and its upstream.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalTarget } from '../../src/gateway/canonical/request-target.ts'
import { createPathMapping, type PathMapping } from '../../src/proxy/path-mapping.ts'

const mapping = (publicPrefix: string, upstreamPrefix: string): PathMapping =>
  createPathMapping(publicPrefix, upstreamPrefix)!

test('an app without paths has no mapping, and pays nothing', () => {
  expect(createPathMapping('', '')).toBeUndefined()
})

describe('a target is forwarded with the prefix of the upstream', () => {
  const rows: readonly (readonly [string, string, target: string, forwarded: string])[] = [
    ['/wiki', '/doku', '/wiki', '/doku'],
    ['/wiki', '/doku', '/wiki?a=/wiki', '/doku?a=/wiki'],
    ['/wiki', '/doku', '/wiki/', '/doku/'],
    ['/wiki', '/doku', '/wiki/a%2Fb;c/%3F?d', '/doku/a%2Fb;c/%3F?d'],
    ['/wiki', '/doku', '/wiki/wiki/x', '/doku/wiki/x'],
    ['/wiki', '/doku', '/wiki//x', '/doku//x'],
    ['/wiki', '', '/wiki', '/'],
    ['/wiki', '', '/wiki?a', '/?a'],
    ['/wiki', '', '/wiki/x', '/x'],
    ['/wiki', '/wiki', '/wiki/x', '/wiki/x'],
    ['', '/a/b', '/', '/a/b/'],
    ['', '/a/b', '/x?y', '/a/b/x?y'],
    // What is matched is what is replaced, in any spelling.
    ['/wiki', '/doku', '/w%69ki/x', '/doku/x'],
    ['/wiki', '/doku', '/%77%69%6B%69', '/doku'],
  ]
  test.each(rows)('%s at %s: %s becomes %s', (from, to, target, forwarded) => {
    expect(mapping(from, to).toUpstream(target)).toBe(forwarded)
  })
})

describe('a target that is not below the prefix, or climbs out of it, is not forwarded', () => {
  test.each([
    '/wikipedia',
    '/WIKI/x',
    '/Wiki',
    '/wiki%2Fx',
    '/wiki%2f..%2fadmin',
    '%2Fwiki/x',
    '/wik%C4%B1/x',
    '/wiki;x/y',
    '//wiki/x',
    '/',
    '',
    '/x/wiki',
    '/wiki/../admin',
    '/wiki/..',
    '/wiki/.',
    '/wiki/%2e%2e/admin',
    '/wiki/.%2E/admin',
    '/wiki/x/../../admin',
    '/wiki/x%2F..%2F..%2Fadmin',
    '/wiki/%252e%252e/admin',
    '/wiki/%25252e%25252e%25252fadmin',
    '/wiki/x%255c..%255cadmin',
    '/wiki/..;/admin',
    '/wiki/..;jsessionid=1/admin',
    '/wiki/..%3b/admin',
    '/wiki/..%20/admin',
    '/wiki/.%20./admin',
    '/wiki/.. /admin',
    '/wiki/%09..%09/admin',
    '/wiki/%2520.%252e%2520%253b/admin',
    '/wiki/..%00/admin',
    '/wiki/..\\admin',
    '/wiki\\..\\admin',
    '/wiki/%5c../admin',
    '/wiki/%EF%BC%8E%EF%BC%8E/admin',
    '/wiki/x%ef%bc%8f..%ef%bc%8fadmin',
  ])('%s', (target) => {
    expect(mapping('/wiki', '/doku').toUpstream(target)).toBeUndefined()
    expect(mapping('/wiki', '').toUpstream(target)).toBeUndefined()
    expect(mapping('/wiki', '/wiki').toUpstream(target)).toBeUndefined()
  })

  test.each(['/wiki//evil.example/x', '/wiki//'])('%s cannot become //host', (target) => {
    expect(mapping('/wiki', '').toUpstream(target)).toBeUndefined()
  })

  test.each(['/wiki/a..b/', '/wiki/...', '/wiki/..a', '/wiki/.well-known/x', '/wiki/feature%252Fx', '/wiki/x?../..'])(
    '%s is data and passes',
    (target) => expect(mapping('/wiki', '/doku').toUpstream(target)).toBe(target.replace('/wiki', '/doku')),
  )
})

describe('a path of the upstream becomes public', () => {
  const rows: readonly (readonly [string, string, path: string, expected: string | undefined])[] = [
    ['/wiki', '/doku', '/doku/x?y#z', '/wiki/x?y#z'],
    ['/wiki', '/doku', '/doku', '/wiki'],
    ['/wiki', '/doku', '/dokumente', undefined],
    ['/wiki', '/doku', '/other', undefined],
    // An application that knows its public path.
    ['/wiki', '/doku', '/wiki/x', '/wiki/x'],
    ['/wiki', '', '/wiki/x', '/wiki/x'],
    ['/wiki', '', '/x', '/wiki/x'],
    ['/wiki', '', '/', '/wiki/'],
    ['/wiki', '', '/wikipedia', '/wiki/wikipedia'],
    ['', '/doku', '/doku', '/'],
    ['', '/doku', '/doku?x', '/?x'],
    ['', '/doku', '/doku/x', '/x'],
    ['', '/doku', '/x', undefined],
    // The more specific one counts.
    ['/a', '/a/b', '/a/b/x', '/a/x'],
    ['/a', '/a/b', '/a/x', '/a/x'],
    ['/a/b', '/a', '/a/b/x', '/a/b/x'],
    ['/a/b', '/a', '/a/x', '/a/b/x'],
  ]
  test.each(rows)('%s at %s: %s becomes %s', (from, to, path, expected) => {
    expect(mapping(from, to).toPublic(path)).toBe(expected)
  })
})

const segment = fc.stringMatching(/^[A-Za-z0-9\-_~][A-Za-z0-9\-._~]{0,6}$/).filter((text) => !text.endsWith('.'))
const prefix = fc.array(segment, { maxLength: 3 }).map((segments) => segments.map((one) => `/${one}`).join(''))
const piece = fc.oneof(
  segment,
  fc.constantFrom(
    '/',
    '//',
    '.',
    '..',
    ';',
    '%2F',
    '%2e',
    '%252e',
    '%5C',
    '%',
    '?',
    '\\',
    ' ',
    'é',
    '%EF%BC%8E',
    '%77',
  ),
)
const rest = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''))

/** Dot segments as an upstream may find them that decodes more than once, and cuts off parameters. */
function climbs(target: string): boolean {
  let path = target.replace(/\?.*$/, '')
  for (let i = 0; i < 4; i++)
    path = path.replace(/%([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
  let depth = 0
  for (const one of path.split(/[/\\]/).slice(1)) {
    const name = one.replace(/;.*$/, '').trim()
    depth += name === '..' ? -1 : name === '.' || name === '' ? 0 : 1
    if (depth < 0) return true
  }
  return false
}

test('property: what is forwarded begins with the upstream’s prefix, ends as the target does, and never climbs', () => {
  fc.assert(
    fc.property(prefix, prefix, rest, (from, to, more) => {
      const target = `${from}${more}`
      const forwarded = createPathMapping(from, to)?.toUpstream(target)
      if (forwarded === undefined) return
      expect(forwarded.startsWith(to)).toBe(true)
      expect(forwarded.startsWith('//') && to === '' && from !== '').toBe(false)
      const tail = forwarded.slice(to.length)
      expect(tail === '' || /^[/?#]/.test(tail)).toBe(true)
      expect(tail === more || tail === `/${more}`).toBe(true)
      expect(climbs(tail)).toBe(false)
    }),
    { numRuns: 5_000 },
  )
})

test('property: every canonical target below the prefix is forwarded, and comes back as it was', () => {
  fc.assert(
    fc.property(prefix, prefix, rest, (from, to, more) => {
      const canonical = canonicalTarget(`${from}/${more.replaceAll('?', '')}`)
      const paths = createPathMapping(from, to)
      if ('refused' in canonical || paths === undefined) return
      const forwarded = paths.toUpstream(canonical.wire)
      // Spellings that only an app without rules on paths forwards may be refused here.
      if (forwarded === undefined) {
        expect(canonical.ambiguity !== undefined || to === '').toBe(true)
        return
      }
      if (forwarded.startsWith(`${from}/`) && from !== to) return
      expect(paths.toPublic(forwarded)).toBe(canonical.wire)
    }),
    { numRuns: 5_000 },
  )
})
