// Session repository of one node for tests: the real code over a real store, with an adjustable clock.

import type { AuditEvent } from '../../src/audit/event.ts'
import type { SessionSettings } from '../../src/config/configuration.ts'
import { createSessions } from '../../src/identity/session/sessions.ts'
import type { Found, Sessions, SignedIn } from '../../src/identity/session/sessions.ts'
import { createChangeFeed } from '../../src/store/change-feed.ts'
import type { ChangeFeed } from '../../src/store/change-feed.ts'
import type { Seal } from '../../src/store/seal.ts'
import type { Store } from '../../src/store/store.ts'

export interface Clock {
  now(): number
  /** Milliseconds. */
  advance(by: number): void
}

export interface Node {
  readonly sessions: Sessions
  readonly changes: ChangeFeed
  readonly store: Store
  readonly events: readonly AuditEvent[]
  stop(): Promise<void>
}

export const minute = 60_000
export const hour = 60 * minute
export const origin = { requestId: 'r1', address: '192.0.2.7' }
export const host = 'wiki.example.com'

export function createClock(): Clock {
  let offset = 0
  return {
    now: () => Date.now() + offset,
    advance: (by) => {
      offset += by
    },
  }
}

export async function startNode(
  store: Store,
  seal: Seal,
  clock: Clock,
  settings: Partial<SessionSettings> = {},
): Promise<Node> {
  const events: AuditEvent[] = []
  const changes = createChangeFeed({ store, now: clock.now })
  const sessions = createSessions({
    store,
    changes,
    seal,
    record: (event) => void events.push(event),
    now: clock.now,
    settings: () => ({ idle: hour, lifetime: 10 * hour, revalidate: 5 * minute, grace: 0, lease: minute, ...settings }),
  })
  await changes.sweep().catch(() => {})
  return {
    sessions,
    changes,
    store,
    events,
    async stop() {
      await sessions.stop()
      await changes.stop()
    },
  }
}

export function person(sub: string, more: Partial<SignedIn> = {}): SignedIn {
  return {
    subject: {
      provider: 'company',
      sub,
      email: `${sub}@example.com`,
      name: undefined,
      username: undefined,
      groups: ['staff'],
      groupsComplete: true,
      claims: {},
      external: false,
    },
    authentication: { acr: undefined, amr: ['pwd'], authTime: undefined, mfa: false, phishingResistant: false },
    providerSession: `sid-of-${sub}`,
    tokens: { refresh: `refresh-token-of-${sub}`, idToken: `id-token-of-${sub}` },
    userAgent: 'Firefox',
    address: '192.0.2.7',
    ...more,
  }
}

/** `live`, `unreachable`, or the reason why there is no session. */
export async function stateOf(found: Found | Promise<Found>): Promise<string> {
  const settled = await found
  return settled.state === 'none' ? settled.reason : settled.state
}
