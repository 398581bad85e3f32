// Self-test of mutation testing: the sample, the reviewed survivors, and the score.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { MutantResult } from '@stryker-mutator/api/core'
import { describe, expect, test } from 'vitest'
import { acceptedFor, readAccepted, staleEntries, type Accepted } from './accepted.ts'
import { roomNamed, rooms } from './rooms.ts'
import { sampleOf } from './sample.ts'
import { describeSurvivor, percent, scoreOf, table } from './score.ts'

const source = 'const a = 1\n  if (a > 0) return call(\n    b,\n  )\n'
const sources = new Map([['src/x.ts', source]])

function result(status: MutantResult['status'], more: Partial<MutantResult> = {}): MutantResult {
  const location = { start: { line: 2, column: 7 }, end: { line: 2, column: 12 } }
  return {
    id: '1',
    fileName: '/p/src/x.ts',
    mutatorName: 'EqualityOperator',
    replacement: 'a >= 0',
    location,
    status,
    ...more,
  }
}

const entry: Accepted = {
  file: 'src/x.ts',
  line: 'if (a > 0) return call(',
  to: ['a >= 0', 'true'],
  kind: 'equivalent',
  why: 'a is never 0',
}
const scored = (results: readonly MutantResult[], entries: readonly Accepted[] = []) =>
  scoreOf(results, sources, entries, (file) => file.replace('/p/', ''))

describe('the score', () => {
  test('counts what a test detects, by failing or by running too long', () => {
    const { total } = scored([result('Killed'), result('Timeout'), result('Survived'), result('NoCoverage')])
    expect(total).toMatchObject({ detected: 2, survived: 1, uncovered: 1 })
    expect(percent(total)).toBe(50)
  })

  test('leaves out what was not run', () => {
    expect(percent(scored([result('Killed'), result('CompileError'), result('Ignored')]).total)).toBe(100)
  })

  test('leaves out survivors reviewed as equivalent, and counts accepted ones', () => {
    const equivalent = scored([result('Killed'), result('Survived')], [entry])
    expect([percent(equivalent.total), equivalent.unreviewed]).toEqual([100, []])
    const accepted = scored([result('Killed'), result('Survived')], [{ ...entry, kind: 'accepted' }])
    expect([percent(accepted.total), accepted.unreviewed]).toEqual([50, []])
  })

  test('names each survivor that nobody reviewed, on one line', () => {
    const end = { line: 4, column: 4 }
    const call = result('NoCoverage', { replacement: 'undefined', location: { start: { line: 2, column: 21 }, end } })
    expect(scored([result('Survived'), call]).unreviewed.map(describeSurvivor)).toEqual([
      'src/x.ts:2: a > 0 -> a >= 0',
      'src/x.ts:2: call( b, ) -> undefined (no test runs it)',
    ])
  })

  test('is printed per file and in total', () => {
    expect(table(scored([result('Killed'), result('Survived')])).split('\n')).toEqual([
      'file      score  detected  survived  no test  accepted  equivalent',
      'src/x.ts   50.0         1         1        0         0           0',
      'total      50.0         1         1        0         0           0',
    ])
  })
})

describe('a reviewed survivor', () => {
  const mutant = { file: 'src/x.ts', line: '   if (a > 0) return call(', from: 'a > 0', to: 'a  >=\n 0' }

  test('is found by file, line and change, whatever the white space', () => {
    expect(acceptedFor([entry], mutant)).toBe(entry)
    expect(acceptedFor([{ ...entry, from: 'a > 0' }], mutant)).toBeDefined()
    expect(acceptedFor([{ ...entry, from: 'a' }], mutant)).toBeUndefined()
    expect(acceptedFor([entry], { ...mutant, to: 'false' })).toBeUndefined()
    expect(acceptedFor([entry], { ...mutant, line: 'if (a > 1) return call(' })).toBeUndefined()
    expect(acceptedFor([entry], { ...mutant, file: 'src/y.ts' })).toBeUndefined()
  })

  test('whose line is gone, or which a test detects by now, is reported', () => {
    const gone = { ...entry, line: 'if (a > 9)' }
    expect(staleEntries([entry, gone], sources)).toEqual([gone])
    expect(scored([result('Killed')], [entry, gone]).detectedEntries).toEqual([entry])
  })

  test('of the list is in a file that exists, on a line that exists', () => {
    const entries = readAccepted(new URL('accepted.yaml', import.meta.url))
    const files = new Map(
      [...new Set(entries.map(({ file }) => file))].map((file) => [file, readFileSync(file, 'utf8')]),
    )
    expect(staleEntries(entries, files)).toEqual([])
    expect(entries.every(({ why }) => why.length > 10)).toBe(true)
  })
})

describe('a sample', () => {
  const changes = Array.from({ length: 100 }, (_, line) => ({
    id: `${line}`,
    fileName: '/p/src/x.ts',
    location: { start: { line, column: 0 } },
    replacement: '',
  }))

  test('has the size asked for, and is the same for the same seed, wherever the project is', () => {
    const sample = sampleOf(changes, 10, 1, '/p')
    expect(sample.size).toBe(10)
    const moved = changes.toReversed().map((change) => ({ ...change, fileName: '/q/src/x.ts' }))
    expect(sampleOf(moved, 10, 1, '/q')).toEqual(sample)
    expect(sampleOf(changes, 10, 2, '/p')).not.toEqual(sample)
  })

  test('larger than all is all', () => {
    expect(sampleOf(changes, 1000, 1, '/p').size).toBe(100)
  })
})

test('a room is found by its own name only', () => {
  expect(roomNamed('policy')).toBe(rooms.policy)
  for (const name of [undefined, '', 'toString', 'web']) expect(roomNamed(name)).toBeUndefined()
})

describe('npm run test:mutation', () => {
  const run = (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['test/mutation/mutate.ts', ...args], {
      encoding: 'utf8',
      timeout: 25_000,
    })
    return { status, stdout, stderr }
  }

  test('prints --help and exits with 0', () => {
    const { status, stdout, stderr } = run('--help')
    expect(stdout).toMatch(/^usage: npm run test:mutation -- ROOM \[options\]\n\n[^]+\n {2}--help +this text\n$/)
    expect([status, stderr]).toEqual([0, ''])
  })

  test.each([
    [[], 'ROOM is one of policy, gateway, http, identity, devices, grants'],
    [['policy', '--threshold', '101'], '--threshold takes a number from 0 to 100, not "101"'],
    [['policy', 'gateway'], "Unexpected argument 'gateway'"],
  ])('rejects %j in one line and exits with 2', (args, problem) => {
    const stderr = `test:mutation: ${problem}; the options: npm run test:mutation -- ROOM --help\n`
    expect(run(...args)).toEqual({ status: 2, stdout: '', stderr })
  })
})
