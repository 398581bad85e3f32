// Session ids in command lines: an id must not be parsed as an option.

import { expect, test } from 'vitest'
import { newSessionId } from '../../../src/identity/session/opaque-token.ts'

test('a session id is 128 bits in base64url and never starts with a dash', () => {
  // One of 64 random ids would: 2,000 draws without one would happen by chance once in 10^13 runs.
  const ids = Array.from({ length: 2_000 }, newSessionId)
  expect(ids.filter((id) => !/^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/.test(id))).toEqual([])
  expect(new Set(ids).size).toBe(ids.length)
})
