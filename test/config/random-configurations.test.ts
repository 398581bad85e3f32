// Fuzzing of the configuration loader: no input causes an exception, and no unknown key is accepted.

import { join } from 'node:path'
import fc from 'fast-check'
import { stringify } from 'yaml'
import { expect, test } from 'vitest'
import { loadConfiguration } from '../../src/config/load/load.ts'
import { printProblem } from '../../src/config/load/problem.ts'
import { env, folder, smallest } from './config-fixtures.ts'

async function loads(text: string, path: string): Promise<'valid' | 'invalid'> {
  const loaded = await loadConfiguration({ file: join(path, 'einlass.yaml'), text, env })
  for (const problem of [...(loaded.state === 'invalid' ? loaded.problems : []), ...loaded.warnings]) {
    expect(problem.line).toBeGreaterThan(0)
    expect(problem.column).toBeGreaterThan(0)
    expect(problem.line).toBeLessThanOrEqual(text.split('\n').length + 1)
    expect(printProblem(problem)).not.toContain('\n')
  }
  if (loaded.state === 'invalid') expect(loaded.problems.length).toBeGreaterThan(0)
  return loaded.state
}

test('any text', async () => {
  const path = await folder()
  const texts = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom(...'ab:-?[]{}&*!|>\'"%@`#,\n \t<0'), maxLength: 60 }),
    fc.anything().map((value) => {
      try {
        return stringify(value) ?? ''
      } catch {
        return ''
      }
    }),
  )
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      expect(await loads(text, path)).toBe('invalid')
    }),
    { numRuns: 250 },
  )
})

const keys = [
  'gateway',
  'identity',
  'apps',
  'grants',
  'include',
  'devices',
  'sources',
  'postures',
  'policy',
  'allow',
  'deny',
  'any',
  'not',
  'mfa',
  'from',
  'to',
  'who',
  'url',
  'listen',
  'tls',
  'schedules',
  'networks',
  'constructor',
  'toString',
  'hasOwnProperty',
  '',
]

test('any tree of known keys and odd values', async () => {
  const path = await folder()
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'medium', withCrossShrink: true },
      fc.constantFrom(
        null,
        true,
        0,
        -1,
        1e300,
        '',
        'x',
        'mon',
        'required',
        '10.0.0.0/8',
        'env:',
        'file:',
        'env:NO',
        'https://a.example.com',
        [],
      ),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...keys), tie('tree'), { maxKeys: 5 }),
    ),
  }))
  await fc.assert(
    fc.asyncProperty(tree, async (value) => {
      await loads(stringify(value), path)
      await loads(
        `${smallest}devices: ${JSON.stringify(value)}\ngrants: ${JSON.stringify(value)}\nschedules: ${JSON.stringify(value)}\n`,
        path,
      )
      await loads(smallest.replace('{ groups: [staff] }', JSON.stringify(value)), path)
    }),
    { numRuns: 120 },
  )
})

test('the smallest file with a piece cut out, doubled or put elsewhere', async () => {
  const path = await folder()
  const at = fc.nat({ max: smallest.length })
  await fc.assert(
    fc.asyncProperty(at, at, at, async (a, b, c) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)]
      const piece = smallest.slice(from, to)
      await loads(smallest.slice(0, from) + smallest.slice(to), path)
      await loads(smallest.slice(0, c) + piece + smallest.slice(c), path)
    }),
    { numRuns: 120 },
  )
})

test('an unknown key anywhere is never accepted', async () => {
  const path = await folder()
  const places = [...smallest.matchAll(/\{ /g)].map((match) => match.index + 2)
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...places), fc.stringMatching(/^[a-z_]{3,12}$/), async (place, key) => {
      const text = `${smallest.slice(0, place)}zz_${key}: 1, ${smallest.slice(place)}`
      expect(await loads(text, path)).toBe('invalid')
    }),
    { numRuns: 60 },
  )
})
