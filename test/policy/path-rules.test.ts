// Paths of rules: where a spelling could enter or leave them, and which are closed under decoding.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalTarget } from '../../src/gateway/canonical/request-target.ts'
import { matchesPath } from '../../src/policy/conditions/action.ts'
import type { AppDeclaration, RuleDeclaration } from '../../src/policy/declaration.ts'
import { isClosedUnderDecoding, pathBoundaries, pathRules, type PathRule } from '../../src/policy/path-rules.ts'
import { readingOf, stepNames } from '../support/path-readings.ts'

const rule = (pattern: string, guards: PathRule['guards'] = 'both'): PathRule => ({ pattern, source: 'rule', guards })

describe('a boundary', () => {
  test.each<[pattern: string, stable: string, crossed: boolean]>([
    ['/admin/*', '/', true],
    ['/admin/*', '/adm', true],
    ['/admin/*', '/admin', true],
    ['/admin/*', '/admin/', false],
    ['/admin/*', '/admin/x', false],
    ['/admin/*', '/administrator', false],
    ['/admin/*', '/files/', false],
    ['/admin*', '/admin', false],
    ['/admin*', '/admi', true],
    ['/about', '/about', true],
    ['/about', '/a', true],
    ['/about', '/about/', false],
    ['/*', '/', false],
    ['*', '/', false],
    ['/a/b/*', '/a/', true],
    ['/a/b/*', '/a/c', false],
  ])('of %s may be crossed behind %s: %s', (pattern, stable, crossed) => {
    expect(pathBoundaries([rule(pattern)])(stable) !== undefined).toBe(crossed)
  })

  test('is the one of the first such rule', () => {
    const rules = [rule('/files/*'), rule('/admin/*'), rule('/admin/x')]
    expect(pathBoundaries(rules)('/ad')).toBe(rules[1])
  })
})

const text = fc.string({
  unit: fc.constantFrom(
    '/',
    'a',
    'b',
    '.',
    ';',
    '%2F',
    '%5c',
    '%20',
    ':$',
    '%80',
    '%C2%AD',
    '%EF%BC%8F',
    '%252f',
    '%25',
    '%3F',
    '%c0%af',
  ),
  maxLength: 10,
})
const patterns = fc.array(
  fc
    .tuple(fc.string({ unit: fc.constantFrom('/', 'a', 'b'), maxLength: 4 }), fc.constantFrom('', '*', '/*'))
    .map(([path, end]) => `/${path}${end}`.replace(/\/+/g, '/')),
  { minLength: 1, maxLength: 3 },
)

test('no reading of a path that passes is matched otherwise than the path', () => {
  let passed = 0
  fc.assert(
    fc.property(text, patterns, fc.array(fc.constantFrom(...stepNames), { maxLength: 6 }), (path, list, steps) => {
      const target = canonicalTarget(`/${path}`)
      if ('refused' in target || target.ambiguity === undefined || target.ambiguity.dots) return
      if (pathBoundaries(list.map((one) => rule(one)))(target.ambiguity.stable) !== undefined) return
      passed++
      const reading = readingOf(target.sent, steps)
      for (const one of list) {
        expect([one, reading, matchesPath(one, reading)]).toEqual([one, reading, matchesPath(one, target.path)])
      }
    }),
    { numRuns: 20_000 },
  )
  expect(passed).toBeGreaterThan(1_000)
})

test('no reading of a path matched by a closed pattern leaves it', () => {
  let matched = 0
  fc.assert(
    fc.property(text, patterns, fc.array(fc.constantFrom(...stepNames), { maxLength: 6 }), (path, list, steps) => {
      const target = canonicalTarget(`/${path}`)
      if ('refused' in target || target.ambiguity?.dots === true) return
      for (const one of list.filter((pattern) => matchesPath(pattern, target.path))) {
        expect(isClosedUnderDecoding(rule(one, 'outside'))).toBe(true)
        matched++
        const reading = readingOf(target.sent, steps)
        expect([one, reading, matchesPath(one, reading)]).toEqual([one, reading, true])
      }
    }),
    { numRuns: 20_000 },
  )
  expect(matched).toBeGreaterThan(1_000)
})

describe('closed under decoding', () => {
  test.each<[string, PathRule['guards'], boolean]>([
    ['/docs/*', 'outside', true],
    ['/docs*', 'outside', true],
    ['/docs', 'outside', true],
    ['/%C3%9Cber/*', 'outside', true],
    ['/v1.0/*', 'outside', true],
    ['/docs/*', 'inside', false],
    ['/docs/*', 'both', false],
    ['/docs', 'inside', false],
    ['*', 'inside', true],
    ['/*', 'both', true],
    // What is read differently within the pattern itself.
    ['/a;b/*', 'outside', false],
    ['/a%252Fb/*', 'outside', false],
    ['/docs.*', 'outside', false],
    ['/docs.', 'outside', false],
    ['/a:*', 'outside', false],
    ['/a%20*', 'outside', false],
    ['/%C3*', 'outside', false],
  ])('%s, where a reading must not be %s of it: %s', (pattern, guards, closed) => {
    expect(isClosedUnderDecoding(rule(pattern, guards))).toBe(closed)
  })
})

describe('the paths of an app', () => {
  const limits = { download: undefined, upload: undefined }
  const ruleOf = (more: Partial<RuleDeclaration>): RuleDeclaration => ({
    name: 'r',
    effect: 'allow',
    when: {},
    mode: 'enforce',
    limits,
    ...more,
  })
  const of = (rules: readonly RuleDeclaration[], require = {}): string[] => {
    const declaration: AppDeclaration = { name: 'a', mode: 'enforce', require, rules, lease: 1 }
    return pathRules(declaration, [{ source: '`public`', paths: ['/p'] }]).map(
      ({ source, pattern, guards }) => `${source} ${pattern} ${guards}`,
    )
  }
  const paths = ['/x/*']

  test('are those of each condition, wherever it stands', () => {
    expect(of([])).toEqual(['`public` /p outside'])
    expect(of([ruleOf({ when: { paths } })])[0]).toBe('rule "r" /x/* outside')
    expect(of([ruleOf({ effect: 'deny', when: { paths } })])[0]).toBe('rule "r" /x/* inside')
    expect(of([ruleOf({ when: { any: [{}, { paths }] } })])[0]).toBe('rule "r" /x/* outside')
    expect(of([ruleOf({ when: { not: { paths } } })])[0]).toBe('rule "r" /x/* inside')
    expect(of([ruleOf({ effect: 'deny', when: { any: [{ not: { paths } }] } })])[0]).toBe('rule "r" /x/* outside')
    expect(of([ruleOf({ when: { paths }, limits: { ...limits, upload: 1 } })])[0]).toBe('rule "r" /x/* both')
    expect(of([], { paths })[0]).toBe('require /x/* outside')
  })
})
