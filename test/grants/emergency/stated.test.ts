// Stated name and reason: required, bounded, one line, without characters that forge lines or reverse text.

import { expect, test } from 'vitest'
import { readStated } from '../../../src/grants/emergency/stated.ts'

test('both are trimmed and kept as one line, in any script', () => {
  expect(readStated('  Zoë  Łukasz-Müller ', 'Press 4\r\nstands\tstill')).toEqual({
    state: 'read',
    name: 'Zoë Łukasz-Müller',
    reason: 'Press 4 stands still',
  })
  expect(readStated('山田 太郎', 'ライン4')).toMatchObject({ state: 'read', name: '山田 太郎' })
  // Decomposed and composed spellings are the same name.
  expect(readStated('Zoe\u0308', 'x')).toMatchObject({ name: 'Zo\u00eb' })
})

test('no control, bidirectional, invisible or unpaired character is left', () => {
  const odd = '\u202eadA\u2066\u200b\u0000\u001b[31m\u0085\u2028\ufeff\ud800'
  const read = readStated(`Max ${odd}`, `why ${odd}`)
  expect(read.state).toBe('read')
  const { name, reason } = read as { name: string; reason: string }
  for (const text of [name, reason]) expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
})

test.each([
  [undefined, undefined, { name: 'missing', reason: 'missing' }],
  ['', 'x', { name: 'missing' }],
  [' \u200b\u00a0 ', '- . -', { name: 'missing', reason: 'missing' }],
  ['x'.repeat(101), 'y'.repeat(1001), { name: 'too_long', reason: 'too_long' }],
  ['x'.repeat(1_000_000), 'y', { name: 'too_long' }],
])('%j is not enough', (name, reason, mistakes) => {
  expect(readStated(name?.slice(0, 1_000_000), reason)).toEqual({ state: 'mistaken', mistakes })
})

test('the bounds themselves are allowed', () => {
  expect(readStated('𝒜'.repeat(100), 'y'.repeat(1000)).state).toBe('read')
})
