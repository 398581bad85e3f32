// Ids: UUIDs as in RFC 9562, without duplicates.

import { expect, test } from 'vitest'
import { createIds } from '../../src/telemetry/ids.ts'

const uuid = (version: number) =>
  new RegExp(`^[0-9a-f]{8}-[0-9a-f]{4}-${version}[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

test('a random id is a UUID of version 4, without duplicates, also across pages of random bytes', () => {
  const ids = createIds()
  const made = Array.from({ length: 2_000 }, () => ids.random())
  for (const id of made) expect(id).toMatch(uuid(4))
  expect(new Set(made).size).toBe(2_000)
})

test('a timed id is a UUID of version 7 that contains its time', () => {
  const ids = createIds()
  const now = Date.parse('2026-11-21T20:00:00.123Z')
  const made = Array.from({ length: 600 }, () => ids.timed(now))
  for (const id of made) {
    expect(id).toMatch(uuid(7))
    expect(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)).toBe(now)
  }
  expect(new Set(made).size).toBe(600)
  expect(ids.timed(now + 1) > made[0]!).toBe(true)
  expect(ids.timed(now - 1) < made[0]!).toBe(true)
})

test('every free bit is random', () => {
  const ids = createIds()
  for (const make of [() => ids.random(), () => ids.timed(0)]) {
    const seen = Array.from({ length: 36 }, () => new Set<string>())
    for (let i = 0; i < 2_000; i++) [...make()].forEach((character, at) => seen[at]!.add(character))
    const free = seen.filter((characters) => characters.size === 16)
    expect(free.length).toBeGreaterThanOrEqual(make().startsWith('00000000') ? 18 : 30)
  }
})

test('an invalid time does not throw', () => {
  expect(createIds().timed(-5)).toMatch(uuid(7))
  expect(createIds().timed(1.5)).toMatch(uuid(7))
})
