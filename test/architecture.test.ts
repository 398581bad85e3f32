// Architecture checks: imports go down only, no import cycles, and policy is pure.

import { describe, expect, test } from 'vitest'
import { violations, readSources, type Sources } from './support/import-graph.ts'

describe('src/', () => {
  const sources = readSources(new URL('../src/', import.meta.url))

  test('has no upward import, no cycle and no impure policy', () => {
    expect(sources.size).toBeGreaterThan(30)
    expect(violations(sources)).toEqual([])
  })

  test('has files that each begin with one sentence of purpose', () => {
    const without = [...sources].filter(([, text]) => !/^(#!.*\n)?\/\/ \S/.test(text)).map(([file]) => file)
    expect(without).toEqual([])
  })
})

describe('violations()', () => {
  const planted = (files: Record<string, string>): Sources => new Map(Object.entries(files))

  test('finds an upward import', () => {
    const found = violations(planted({ 'store/a.ts': `import { b } from '../identity/b.ts'`, 'identity/b.ts': '' }))
    expect(found).toEqual(['store/a.ts imports identity/b.ts: upwards'])
  })

  test('finds a sideways import', () => {
    const found = violations(planted({ 'devices/a.ts': `import type { B } from '../grants/b.ts'`, 'grants/b.ts': '' }))
    expect(found).toEqual(['devices/a.ts imports grants/b.ts: sideways'])
  })

  test('finds a cycle', () => {
    const found = violations(
      planted({ 'web/a.ts': `import { b } from './b.ts'`, 'web/b.ts': `export { a } from './a.ts'` }),
    )
    expect(found).toEqual(['cycle: web/a.ts -> web/b.ts -> web/a.ts'])
  })

  test.each([
    [`import fs from 'node:fs'`, 'imports node:fs'],
    [`import { LRUCache } from 'lru-cache'`, 'imports lru-cache'],
    [`const fs = await import('node:fs')`, 'imports node:fs'],
    [`export const at = () => Date.now()`, 'uses Date.now'],
    [`export const at = () => new Date()`, 'uses new Date()'],
    [`export const at = () => Math.random()`, 'uses Math.random'],
    [`export const at = () => Temporal.Now.instant()`, 'uses Temporal.Now'],
    [`export const at = () => process.env.HOME`, 'uses process'],
    [`export const at = () => fetch('http://localhost')`, 'uses fetch'],
    [`console.log(1)`, 'uses console'],
  ])('finds impure policy code: %s', (text, problem) => {
    expect(violations(planted({ 'policy/a.ts': text }))).toEqual([`policy/a.ts ${problem}: policy is pure`])
  })

  test('finds Node’s request objects outside http/', () => {
    const found = violations(planted({ 'gateway/enforce.ts': `import type { IncomingMessage } from 'node:http'` }))
    expect(found).toEqual(['gateway/enforce.ts names IncomingMessage: only http/ and demo/ may'])
  })

  test('finds a default that could hide a missing case of a union', () => {
    const text = "switch (kind) {\n  case 'a':\n    return 1\n  default:\n    return 2\n}"
    expect(violations(planted({ 'web/a.ts': text }))).toEqual([
      'web/a.ts:4 default: end it with never(value), or name the open-ended values with "// open: "',
    ])
  })

  test.each(['default:\n    return never(kind)', '// open: any other field\n  default:\n    return 2'])(
    'accepts a default that is exhaustive, or marked as open-ended: %j',
    (text) => expect(violations(planted({ 'web/a.ts': text }))).toEqual([]),
  )

  test('finds the embedded provider outside the demo', () => {
    const found = violations(planted({ 'identity/a.ts': `import Provider from 'oidc-provider'` }))
    expect(found).toEqual(['identity/a.ts imports oidc-provider: only demo/ may'])
  })

  test.each([
    ["const token = /^[!#$%&'*+\\-.^_`|~0-9A-Za-z]+$/", 'token'],
    ["const token = /[^a-zA-Z0-9!#$%&'*+.^_`|~-]/", 'token'],
    ["const name = new RegExp(`^[!#$%&'*+.^_|~0-9A-Za-z-]+$`)", 'token'],
    ['const bad = /[^\\t\\x20-\\x7e\\x80-\\xff]/', 'field value'],
    ['const bad = /[\\x00-\\x08\\x0a-\\x1f\\x7f]/', 'field value'],
    ['const target = /^[!-~\\x80-\\xff]*$/', 'request target'],
  ])('finds a second definition of field syntax: %s', (text, what) => {
    const found = violations(planted({ 'forward/a.ts': text, 'http/field-syntax.ts': text }))
    expect(found).toEqual([`forward/a.ts defines ${what}: http/field-syntax.ts does`])
  })

  test.each([
    'const wanted = new RegExp(settings.pattern)',
    "const wanted = RegExp(`^(?:${pattern})$`, 'u')",
    'if (ticket.match(settings.pattern)) return',
    'for (const one of text.matchAll(pattern)) use(one)',
    'return text.search(pattern) >= 0',
    "import { RE2JS } from 're2js'",
  ])('finds a regular expression that could come from the configuration: %s', (text) => {
    const found = violations(
      planted({ 'grants/a.ts': text, 'config/linear-pattern.ts': text, 'http/field-syntax.ts': text }),
    )
    expect(found.filter((one) => !one.includes('imports'))).toEqual([
      'grants/a.ts builds a regular expression at run time: config/linear-pattern.ts does',
    ])
  })

  test('accepts regular expressions that are written in the source', () => {
    const text = 'const a = /^a$/; const b = text.match(/b/); const c = (value: RegExp) => value'
    expect(violations(planted({ 'grants/a.ts': text }))).toEqual([])
  })

  test('accepts other character classes', () => {
    const text = String.raw`const local = /^[\p{L}\p{N}!#$%&'*+/=?^_{|}~.-]+$/u; const list = [first, second]; const b = /[^\x20-\x5b\x5d-\x7e]/`
    expect(violations(planted({ 'identity/a.ts': text }))).toEqual([])
  })
})
