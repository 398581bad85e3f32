// Promises of docs/explanation/security.md: each names a test that exists and runs, and each attacker names promises.

import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const page = new URL('../../docs/explanation/security.md', import.meta.url)
const text = readFileSync(page, 'utf8')

/** Cells of the first table below a heading, without its head. */
function rowsBelow(heading: string): readonly (readonly string[])[] {
  const section = text.split(`\n${heading}\n`)[1]!.split(/\n#{2,3} /)[0]!
  const lines = section.split('\n')
  const first = lines.findIndex((line) => line.startsWith('|'))
  const table = lines.slice(first + 2)
  const end = table.findIndex((line) => !line.startsWith('|'))
  return table.slice(0, end === -1 ? undefined : end).map((line) => line.split(/(?<!\\)\|/).slice(1, -1))
}

function testsIn(cell: string): readonly string[] {
  return [...cell.matchAll(/\]\(([^)#]+\.test\.ts)\)/g)].map(([, target]) => fileURLToPath(new URL(target!, page)))
}

const promises = rowsBelow('## Promises').map(([number, promise, tests]) => ({
  number: number!.trim(),
  promise: promise!.trim(),
  tests: testsIn(tests!),
}))

describe.each(promises)('promise $number: $promise', ({ promise, tests }) => {
  test('names a test that runs with `npm test`', () => {
    expect(promise).not.toBe('')
    expect(tests.length).toBeGreaterThan(0)
    for (const file of tests) {
      expect(existsSync(file), file).toBe(true)
      expect(readFileSync(file, 'utf8'), file).toMatch(/\b(?:test|it)(?:\.\w+)*\(|Contract|contract/)
    }
  })
})

test('promises are numbered without a gap, so that others can refer to them', () => {
  expect(promises.map(({ number }) => number)).toEqual(promises.map((_promise, index) => String(index + 1)))
})

test.each(rowsBelow('## Attackers').map((cells) => [cells[0]!.trim(), cells] as const))(
  'what %s cannot do rests on promises',
  (_attacker, cells) => {
    const numbers = cells.at(-1)!.trim().split(', ')
    const known = promises.map(({ number }) => number)
    expect(numbers.filter((number) => !known.includes(number))).toEqual([])
  },
)

test('each vulnerability found and each mechanism against an advisory names its test, or that none applies', () => {
  for (const heading of ['## Vulnerabilities found in Einlass', '## Attacks known from products of this kind']) {
    const rows = rowsBelow(heading)
    expect(rows.length).toBeGreaterThan(0)
    for (const cells of rows) {
      const last = cells.at(-1)!.trim()
      expect(last === '–' || testsIn(last).length > 0, cells[0]).toBe(true)
    }
  }
})
