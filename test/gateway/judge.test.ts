// What is open ends when its session is too old for the app, and not at the next lease.

import { expect, test } from 'vitest'
import type { Site } from '../../src/gateway/applied.ts'
import { oldAt } from '../../src/gateway/judge.ts'
import type { Parts } from '../../src/gateway/parts.ts'
import type { Session } from '../../src/identity/session.ts'

const hour = 3_600_000
const session = {
  createdAt: 0,
  endsAt: 10 * hour,
  idle: hour,
  authentication: { authTime: 1000 },
} as unknown as Session
const seen = (at: number): Pick<Parts, 'sessions'> => ({
  sessions: { lastSeen: () => at } as unknown as Parts['sessions'],
})
const app = (settings: { idle: number; lifetime: number }): Pick<Site, 'app'> => ({
  app: { session: settings } as unknown as Site['app'],
})

test('an app with a shorter life of sessions asks again when that life is over', () => {
  expect(oldAt(seen(0), app({ idle: hour, lifetime: 3000 }), session)).toBe(4000)
})

test('an app with a shorter idle time asks again when nobody was active for so long', () => {
  expect(oldAt(seen(5000), app({ idle: 2000, lifetime: 10 * hour }), session)).toBe(7001)
  expect(oldAt(seen(0), app({ idle: 2000, lifetime: 10 * hour }), session)).toBe(3001)
})

test('every app asks again when the session at large was idle for too long', () => {
  expect(oldAt(seen(5000), app({ idle: hour, lifetime: 10 * hour }), session)).toBe(hour + 5001)
})
