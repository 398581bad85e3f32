// Cookies of responses: confined to the host and the path of the app.

import { describe, expect, test } from 'vitest'
import { createPathMapping } from '../../../src/proxy/path-mapping.ts'
import { createChangedCookies } from '../../../src/proxy/changed-cookies.ts'
import { sanitizeSetCookie, type CookieRules } from '../../../src/proxy/headers/response-cookies.ts'
import { setsOwnCookie } from '../../../src/identity/session/cookies.ts'

function rulesOf(from: string, to: string, more: Partial<CookieRules> = {}): CookieRules {
  const paths = createPathMapping(from, to)
  return { hostname: 'intranet.example.com', setsGatewayCookie: setsOwnCookie, paths, confined: true, ...more }
}

describe('the path of a cookie stays below the path of its app', () => {
  const rows: readonly (readonly [from: string, to: string, cookie: string, expected: string | undefined])[] = [
    ['/wiki', '/doku', 'a=1; Path=/', 'a=1; Path=/wiki'],
    ['/wiki', '/doku', 'a=1; Path=/doku; HttpOnly', 'a=1; HttpOnly; Path=/wiki'],
    ['/wiki', '/doku', 'a=1; path = /doku/x ; Secure', 'a=1; Secure; Path=/wiki/x'],
    ['/wiki', '/doku', 'a=1; Path=/wiki/x', 'a=1; Path=/wiki/x'],
    ['/wiki', '/doku', 'a=1; Path=/dokumente', undefined],
    ['/wiki', '/doku', 'a=1; Path=/admin', undefined],
    ['/wiki', '/doku', 'a=1; Path=/WIKI', undefined],
    ['/wiki', '/doku', 'a=1; Path=/%77iki/../admin', undefined],
    // The last attribute counts.
    ['/wiki', '/doku', 'a=1; Path=/doku; Path=/admin', undefined],
    ['/wiki', '/doku', 'a=1; Path=/admin; Path=/doku', 'a=1; Path=/wiki'],
    ['/wiki', '', 'a=1; Path=/', 'a=1; Path=/wiki'],
    ['/wiki', '', 'a=1; Path=/x', 'a=1; Path=/wiki/x'],
    ['/wiki', '', 'a=1; Path=/wiki', 'a=1; Path=/wiki'],
    ['/wiki', '/wiki', 'a=1; Path=/', 'a=1; Path=/wiki'],
    ['/wiki', '/wiki', 'a=1; Path=/wiki/', 'a=1; Path=/wiki/'],
    ['/wiki', '/wiki', 'a=1; Path=/admin', undefined],
    ['/a/b', '/doku', 'a=1; Path=/a', 'a=1; Path=/a/b'],
    ['/wiki', '/a/b', 'a=1; Path=/a', 'a=1; Path=/wiki'],
    ['/wiki', '/doku', '__Host-a=1; Path=/; Secure', undefined],
    ['/wiki', '/doku', '__HOST-a=1; Path=/; Secure', undefined],
    // An app with the whole host.
    ['', '/doku', 'a=1; Path=/doku/x', 'a=1; Path=/x'],
    ['', '/doku', 'a=1; Path=/doku', 'a=1; Path=/'],
    ['', '/doku', 'a=1; Path=/', 'a=1; Path=/'],
    ['', '/doku', '__Host-a=1; Path=/; Secure', '__Host-a=1; Path=/; Secure'],
    ['', '', 'a=1; Path=/anything', 'a=1; Path=/anything'],
  ]
  test.each(rows)('%s at %s: %s becomes %s', (from, to, cookie, expected) => {
    expect(sanitizeSetCookie(cookie, rulesOf(from, to), '/doku/page')).toBe(expected)
  })

  test('without Path the browser takes the folder, which for the path itself would be the host', () => {
    const rules = rulesOf('/wiki', '/doku')
    expect(sanitizeSetCookie('a=1', rules, '/doku/page')).toBe('a=1')
    expect(sanitizeSetCookie('a=1', rules, '/doku')).toBe('a=1; Path=/wiki')
    expect(sanitizeSetCookie('a=1; Path=relative', rules, '/doku?q=/x')).toBe('a=1; Path=/wiki')
    expect(sanitizeSetCookie('a=1', rulesOf('/wiki', ''), '/')).toBe('a=1; Path=/wiki')
    expect(sanitizeSetCookie('a=1', rules)).toBe('a=1; Path=/wiki')
  })

  test('`cookie_path: host` lets them be for the whole host, and maps those of the upstream', () => {
    const rules = rulesOf('/wiki', '/doku', { confined: false })
    const set = (cookie: string) => sanitizeSetCookie(cookie, rules, '/doku')
    expect(set('a=1; Path=/')).toBe('a=1; Path=/')
    expect(set('a=1; Path=/doku')).toBe('a=1; Path=/wiki')
    expect(set('a=1; Path=/admin')).toBe('a=1; Path=/admin')
    expect(set('__Host-a=1; Path=/; Secure')).toBe('__Host-a=1; Path=/; Secure')
    expect(set('a=1')).toBe('a=1')
  })
})

test('cookies of the gateway stay out, whatever their path', () => {
  expect(sanitizeSetCookie('__Host-einlass=x; Path=/wiki', rulesOf('/wiki', '/doku'), '/doku')).toBeUndefined()
  expect(sanitizeSetCookie('__Host-einlass=x; Path=/', rulesOf('/wiki', '', { confined: false }), '/')).toBeUndefined()
})

test('a cookie for another domain works for the host alone, and is told once, within bounds', () => {
  const lines: object[] = []
  const changed = createChangedCookies('wiki', { warn: (line) => void lines.push(line) })
  const rules = rulesOf('/wiki', '/doku', { onChange: changed.note })
  const set = (cookie: string) => sanitizeSetCookie(cookie, rules, '/doku/x')
  expect(set('sid=1; Domain=app.intern.local; HttpOnly')).toBe('sid=1; HttpOnly')
  expect(set('sid=2; Domain=app.intern.local')).toBe('sid=2')
  expect(set('sso=1; Domain=.example.com')).toBe('sso=1')
  expect(set('own=1; Domain=intranet.example.com')).toBe('own=1; Domain=intranet.example.com')
  expect(set('other=1; Path=/admin')).toBeUndefined()
  expect(changed.all()).toEqual([
    { name: 'sid', change: 'domain_removed', detail: 'app.intern.local' },
    { name: 'sso', change: 'domain_removed', detail: 'example.com' },
    { name: 'other', change: 'path_refused', detail: '/admin' },
  ])
  expect(lines).toHaveLength(3)
  for (let i = 0; i < 1_000; i++) set(`${'n'.repeat(200)}${i}=1; Path=/${'p'.repeat(5_000)}`)
  for (let i = 0; i < 1_000; i++) set(`n${i}=1; Path=/${'p'.repeat(5_000)}`)
  expect(changed.all()).toHaveLength(20)
  expect(JSON.stringify(changed.all()).length).toBeLessThan(10_000)
  expect(JSON.stringify(lines)).not.toContain('=1')
})
