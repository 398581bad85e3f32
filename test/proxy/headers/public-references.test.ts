// References in responses: to an upstream or a mistaken address of the app, which become public, and to elsewhere.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createPathMapping } from '../../../src/proxy/path-mapping.ts'
import { createReferenceMapping } from '../../../src/proxy/headers/public-references.ts'
import { mapLink, mapRefresh, mapWorkerScope } from '../../../src/proxy/headers/reference-fields.ts'

const origin = 'https://intranet.example.com'
const api = { origin: 'https://api.example.com:8443', paths: undefined }
const upstreams = ['http://10.0.0.7:8080', 'https://app.intern.local', 'http://[fd00::7]']

function mapTo(from: string, to: string) {
  const address = { origin, paths: createPathMapping(from, to) }
  return createReferenceMapping(address, [address, api], upstreams)
}

describe('without paths', () => {
  test.each([
    // Applications that do not believe X-Forwarded-Proto and -Port.
    ['http://intranet.example.com/x', `${origin}/x`],
    ['http://intranet.example.com', origin],
    ['http://intranet.example.com:8080/x?y#z', `${origin}/x?y#z`],
    ['https://INTRANET.example.com:443/x', `${origin}/x`],
    ['//intranet.example.com/x', `${origin}/x`],
    ['//intranet.example.com:8080', origin],
    ['http://api.example.com/x', 'https://api.example.com:8443/x'],
    // Its upstreams.
    ['http://10.0.0.7:8080/x', `${origin}/x`],
    ['https://10.0.0.7:8080/x', `${origin}/x`],
    ['//10.0.0.7:8080/x', `${origin}/x`],
    ['https://app.intern.local/x', `${origin}/x`],
    ['https://app.intern.local:443?x', `${origin}?x`],
    ['//app.intern.local/x', `${origin}/x`],
    ['http://[FD00::7]:80/x', `${origin}/x`],
  ])('%s becomes %s', (reference, expected) => expect(mapTo('', '')(reference)).toBe(expected))

  test.each([
    'https://login.example.com/',
    'http://10.0.0.7/x',
    'http://10.0.0.7:80801/',
    'http://10.0.0.7:8080@evil.example/',
    'http://10.0.0.7:8080\\@evil.example/',
    'http://intranet.example.com.evil.example/',
    'http://intranet.example.com@evil.example/',
    'http://evil.example/intranet.example.com',
    '//evil.example/x',
    '///evil.example/x',
    '\\\\evil.example/x',
    '/\\evil.example/x',
    'https:evil.example',
    'https:/evil.example',
    'https:\\\\evil.example',
    'javascript:alert(1)',
    '/x',
    'x/../y',
    '?q',
    '',
  ])('%s stays', (reference) => expect(mapTo('', '')(reference)).toBe(reference))
})

describe('with paths', () => {
  test.each([
    ['/wiki', '/doku', '/doku/login', '/wiki/login'],
    ['/wiki', '/doku', '/doku', '/wiki'],
    ['/wiki', '/doku', 'http://intranet.example.com/doku/login', `${origin}/wiki/login`],
    ['/wiki', '/doku', 'http://10.0.0.7:8080/doku/login?x', `${origin}/wiki/login?x`],
    ['/wiki', '/doku', 'http://10.0.0.7:8080', origin],
    ['/wiki', '/doku', '/wiki/login', '/wiki/login'],
    ['/wiki', '/doku', '/other', '/other'],
    ['/wiki', '/doku', 'login', 'login'],
    ['/wiki', '', '/login', '/wiki/login'],
    ['/wiki', '', 'http://intranet.example.com/login', `${origin}/wiki/login`],
    ['/wiki', '', 'http://10.0.0.7:8080', `${origin}/wiki/`],
    ['/wiki', '', '//intranet.example.com?x', `${origin}/wiki/?x`],
    ['', '/doku', '/doku/x', '/x'],
    // `//host` would be a redirect of our making.
    ['', '/doku', '/doku//evil.example', `${origin}//evil.example`],
    ['', '/doku', '/doku/\\evil.example', `${origin}/\\evil.example`],
    ['', '/doku', '/doku/\t/evil.example', `${origin}/\t/evil.example`],
  ])('%s at %s: %s becomes %s', (from, to, reference, expected) => {
    expect(mapTo(from, to)(reference)).toBe(expected)
  })
})

test('property: a reference that was changed leads to an origin of the app, as a browser reads it', () => {
  const part = fc.constantFrom(
    'http:',
    'https:',
    '//',
    '/',
    '\\',
    '\t',
    '@',
    ':',
    '8080',
    'evil.example',
    'intranet.example.com',
    '10.0.0.7:8080',
    'doku',
    'wiki',
    '.',
    '..',
    '%2F',
    '?',
    '#',
  )
  const prefixes = fc.constantFrom(['', ''], ['/wiki', '/doku'], ['/wiki', ''], ['', '/doku'], ['/wiki', '/wiki'])
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), prefixes, (parts, [from, to]) => {
      const reference = parts.join('')
      const mapped = mapTo(from!, to!)(reference)
      if (mapped === reference) return
      expect([origin, api.origin]).toContain(new URL(mapped, `${origin}/wiki/page`).origin)
    }),
    { numRuns: 20_000 },
  )
})

describe('fields with references', () => {
  const map = mapTo('/wiki', '/doku')
  test.each([
    [
      '</doku/a.css>; rel=preload, <http://10.0.0.7:8080/doku/b>; rel="next"',
      `</wiki/a.css>; rel=preload, <${origin}/wiki/b>; rel="next"`,
    ],
    ['<a>; title="</doku/x>"', '<a>; title="</doku/x>"'],
    ['<https://cdn.example/x>; rel=preload', '<https://cdn.example/x>; rel=preload'],
  ])('Link %s', (value, expected) => expect(mapLink(value, map)).toBe(expected))

  test.each([
    ['5; url=/doku/x', '5; url=/wiki/x'],
    ['0;URL="http://10.0.0.7:8080/doku/x"', `0;URL="${origin}/wiki/x"`],
    ["3, '/doku/x' more", "3, '/wiki/x' more"],
    ['5', '5'],
    ['5; url=https://evil.example/', '5; url=https://evil.example/'],
  ])('Refresh %s', (value, expected) => expect(mapRefresh(value, map)).toBe(expected))

  test.each([
    ['/', '/wiki/'],
    ['/doku/', '/wiki/'],
    ['/doku/sub/', '/wiki/sub/'],
    ['/wiki/sub/', '/wiki/sub/'],
    ['/admin/', undefined],
    ['/doku/../', undefined],
    ['../', undefined],
    ['/%64oku/', undefined],
  ])('Service-Worker-Allowed %s', (value, expected) => {
    expect(mapWorkerScope(value, createPathMapping('/wiki', '/doku')!)).toBe(expected)
  })

  test('long values take linear time', () => {
    const began = performance.now()
    mapLink('"\\"'.repeat(40_000), map)
    mapRefresh(`5${' '.repeat(80_000)}x`, map)
    expect(performance.now() - began).toBeLessThan(1_000)
  })
})
