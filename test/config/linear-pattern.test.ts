// Patterns of the configuration: matched in linear time, and refused where that is impossible.

import inspector from 'node:inspector'
import { expect, test } from 'vitest'
import fc from 'fast-check'
import { linearPattern } from '../../src/config/linear-pattern.ts'

const matcher = (source: string): ((text: string) => boolean) => {
  const pattern = linearPattern(source)
  if (pattern.state === 'invalid') throw new Error(pattern.message)
  return pattern.matches
}
const messageOf = (source: string): string | undefined => {
  const pattern = linearPattern(source)
  return pattern.state === 'invalid' ? pattern.message : undefined
}

test.each([
  ['INC-[0-9]+', ['INC-1', 'INC-0042'], ['INC-', 'x INC-1', 'INC-1\n', 'inc-1', '']],
  ['(?i)(inc|chg)-\\d{4,7}', ['inc-1234', 'CHG-1234567'], ['inc-123', 'CHG-12345678']],
  ['[\\w-]+|#\\d+', ['a_b-c', '#7'], ['#', 'a b']],
  ['(?<kind>[A-Z]{2,})-\\p{L}+', ['AB-ä'], ['A-ä', 'AB-1']],
])('%s matches the whole text', (source, matching, others) => {
  const matches = matcher(source)
  for (const text of matching) expect(matches(text), text).toBe(true)
  for (const text of others) expect(matches(text), text).toBe(false)
})

test.each([
  ['(?=INC)[A-Z]+', 'look-ahead and look-behind are not supported: patterns are matched in linear time'],
  ['(?!INC)[A-Z]+', 'look-ahead and look-behind are not supported: patterns are matched in linear time'],
  ['(?<=INC)-1', 'look-ahead and look-behind are not supported: patterns are matched in linear time'],
  ['(?<!INC)-1', 'look-ahead and look-behind are not supported: patterns are matched in linear time'],
  ['(a)\\1', 'back-references are not supported: patterns are matched in linear time'],
  ['(?<x>a)\\k<x>', 'back-references are not supported: patterns are matched in linear time'],
  ['INC-[0-9', 'expected a regular expression in the syntax of RE2: missing closing ]'],
  ['INC-\\q', 'expected a regular expression in the syntax of RE2: invalid escape sequence'],
  ['*', 'expected a regular expression in the syntax of RE2: missing argument to repetition operator'],
  ['a'.repeat(201), 'a pattern has at most 200 characters'],
  ['(a{1000}){1000}', 'expected a regular expression in the syntax of RE2: invalid repeat count'],
  ['a{1000}'.repeat(20), 'the repetitions of this pattern are too large'],
])('%s is refused', (source, message) => {
  expect(messageOf(source)?.startsWith(message), messageOf(source)).toBe(true)
})

test('a text that is too long does not match', () => {
  expect(matcher('a+')('a'.repeat(1_000))).toBe(true)
  expect(matcher('a+')('a'.repeat(1_001))).toBe(false)
})

/** Blocks of the engine that ran during `work`, counted by V8: the same number on every machine. */
function steps(work: () => void): number {
  const session = new inspector.Session()
  session.connect()
  const post = <Result>(method: string, parameters: object = {}): Result => {
    let result: Result | undefined
    session.post(method, parameters, (error: Error | null, value?: object) => {
      if (error !== null) throw error
      result = value as Result
    })
    return result as Result
  }
  interface Coverage {
    readonly result: readonly {
      readonly url: string
      readonly functions: readonly { readonly ranges: readonly { readonly count: number }[] }[]
    }[]
  }
  post('Profiler.enable')
  post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  post<Coverage>('Profiler.takePreciseCoverage')
  work()
  const { result } = post<Coverage>('Profiler.takePreciseCoverage')
  post('Profiler.stopPreciseCoverage')
  session.disconnect()
  const engine = result.filter(({ url }) => url.includes('re2js'))
  return engine
    .flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges))
    .reduce((sum, { count }) => sum + count, 0)
}

test.each(['([A-Z]+-?)+[0-9]', '(A+)+B', '(A|A)*B', '(A|AA)+B', '(A*)*B', '([A-Z]*)*([A-Z]*)*B'])(
  '%s, which keeps a backtracking engine busy for ever, takes steps in proportion to the text',
  (source) => {
    const matches = matcher(source)
    // What the engine prepares at first belongs to the pattern.
    matches('A'.repeat(90))
    const counts = [100, 200, 400, 800].map((length) => steps(() => expect(matches('A'.repeat(length))).toBe(false)))
    expect(counts[0], String(counts)).toBeGreaterThan(100)
    // Eight times the text: a backtracking engine needs 64 times the steps at the least, and for these 2 to the power of 700.
    expect(counts[3]! / counts[0]!, String(counts)).toBeLessThan(9)
  },
)

test('no pattern throws, and a valid one decides on any text', () => {
  const piece = fc.constantFrom(
    'a',
    '(',
    ')',
    '[',
    ']',
    '{',
    '2',
    ',',
    '}',
    '*',
    '+',
    '?',
    '|',
    '\\',
    'd',
    '^',
    '$',
    '.',
    '<',
    '=',
    ':',
    'ä',
    '\0',
  )
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 20 }).map((all) => all.join('')),
      fc.string({ unit: 'binary' }),
      (source, text) => {
        const pattern = linearPattern(source)
        if (pattern.state === 'valid') expect(typeof pattern.matches(text)).toBe('boolean')
      },
    ),
    { numRuns: 2_000 },
  )
})
