// Path patterns match however they are written: umlauts, lower-case escapes and escapes of plain characters.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalPattern } from '../../src/config/path-pattern.ts'
import { canonicalTarget } from '../../src/gateway/canonical/request-target.ts'
import { matchesPath } from '../../src/policy/conditions/action.ts'
import { head, problems, valid } from './config-fixtures.ts'

const file = (paths: string): string =>
  `${head}apps:\n  wiki: { from: https://wiki.example.com, to: http://10.0.0.1, policy: [{ deny: { paths: [${paths}] } }, { allow: {} }] }\n`

/** The path that rules see when a browser opens it. */
function canonicalPath(path: string): string {
  const target = canonicalTarget(new URL(path, 'https://wiki.example.com').pathname)
  if (!('path' in target)) throw new Error(`${path} is refused`)
  return target.path
}

test.each([
  ['"/Übersicht/*"', '/Übersicht/Q4'],
  ['"/%c3%9cbersicht/*"', '/Übersicht/Q4'],
  ['"/日本/*"', '/日本/x'],
  ['"/%41dmin/*"', '/Admin/x'],
  ['"/%7ekim"', '/~kim'],
])('%s denies %s', async (written, asked) => {
  const pattern = (await valid(file(written))).apps.get('wiki')!.declaration.rules[0]!.when.paths![0]!
  expect(matchesPath(pattern, canonicalPath(asked))).toBe(true)
})

test.each(['"/a%2fb"', '"/a%2Ab"', '"/a%"', '"/a%zz"', '"/a/%2e%2e/b"', '"/a%5cb"', '"/a%00"'])(
  '%s can never match, and is refused',
  async (written) => expect((await problems(file(written))).join()).toMatch(/can never match/),
)

test('any path that a browser opens is matched by the pattern of its own text', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 3 }),
      (names) => {
        const text = `/${names.map((name) => name.replace(/[%?#\\\s*/;.:\p{C}\p{Z}]/gu, 'x')).join('/')}`
        expect(matchesPath(canonicalPattern(text), canonicalPath(text))).toBe(true)
      },
    ),
  )
})
