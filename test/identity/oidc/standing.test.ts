// Standing of a session at its provider: every edge of the table, at a provider that deviates in one point; and the page about it.

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { nextStanding, standingOf, transitions } from '../../../src/identity/oidc/standing.ts'
import type { NextStanding, Standing, StandingEvent } from '../../../src/identity/oidc/standing.ts'
import type { ProviderSettings } from '../../../src/config/provider-settings.ts'
import type { Session, Unconfirmed } from '../../../src/identity/session/session.ts'
import { startProviderUnderTest, type Deviation, type ProviderUnderTest } from '../../support/provider-under-test.ts'
import { createDirectoryUnderTest } from '../../support/directory-under-test.ts'
import {
  createSignInEnvironment,
  quickKeys,
  settingsOf,
  signedIn,
  type SignInEnvironment,
} from '../sign-in-environment.ts'

const states = ['confirmed', 'facts_unconfirmed', 'sign_in_needed'] as const
const stored: Readonly<Record<(typeof states)[number], Unconfirmed | undefined>> = {
  confirmed: undefined,
  facts_unconfirmed: { revalidations: 1, lost: false },
  sign_in_needed: { revalidations: 2, lost: true },
}

interface Ground {
  readonly provider: ProviderUnderTest
  readonly environment: SignInEnvironment
  readonly session: Session
}

interface Edge {
  readonly settings?: Partial<ProviderSettings>
  /** From `confirmed`, `facts_unconfirmed` and `sign_in_needed`. */
  readonly to: readonly [NextStanding, NextStanding, NextStanding]
  /** Before the sign-in. */
  readonly before?: (provider: ProviderUnderTest) => void
  /** The one point in which the provider deviates from then on. */
  readonly deviation?: Deviation
  readonly change?: (ground: Ground) => void
  /** Other than a revalidation. */
  readonly act?: (ground: Ground) => Promise<unknown>
}

const always = (next: NextStanding): Edge['to'] => [next, next, next]
const keptOnce: Edge['to'] = ['facts_unconfirmed', 'sign_in_needed', 'sign_in_needed']
const stays: Edge['to'] = ['confirmed', 'facts_unconfirmed', 'sign_in_needed']

const claim = (change: Record<string, unknown>): Deviation => ({ claims: (claims) => ({ ...claims, ...change }) })
const answers = (path: string, status: number, body: string): Deviation => ({
  reply(asked, response) {
    if (asked !== path) return false
    response.writeHead(status, { 'content-type': 'application/json' }).end(body)
    return true
  },
})
const groupsInUserInfo = (provider: ProviderUnderTest): void => void (provider.userInfoOnly = ['groups'])
const graph: Partial<ProviderSettings> = { kind: 'entra', groupsFrom: 'graph' }
const groupsInGraph = (provider: ProviderUnderTest): void => {
  const directory = createDirectoryUnderTest()
  directory.groups.set('6b1f9a3e-0c56-4b0e-8a55-3f3d4f0c9a01', ['00000000-0000-4000-8000-000000000001'])
  provider.deviation.handle = directory.handle
  const { groups: _groups, ...person } = provider.person
  provider.person = { ...person, oid: '6b1f9a3e-0c56-4b0e-8a55-3f3d4f0c9a01', xms_edov: true }
}
const noIdToken = ({ provider }: Ground): void => void (provider.refreshIdToken = false)
const seconds = (environment: SignInEnvironment, more: number): number => Math.floor(environment.now() / 1000) + more

const edges: Readonly<Record<StandingEvent, Edge>> = {
  id_token: { to: always('confirmed') },
  id_token_without_userinfo: {
    to: keptOnce,
    before: groupsInUserInfo,
    deviation: answers('/userinfo', 503, '{}'),
  },
  id_token_without_directory: { to: keptOnce, settings: graph, before: groupsInGraph },
  userinfo: { to: ['confirmed', 'confirmed', 'sign_in_needed'], change: noIdToken },
  userinfo_thin: { to: keptOnce, change: noIdToken, deviation: { userInfo: ({ name: _gone, ...claims }) => claims } },
  userinfo_without_groups: {
    to: always('sign_in_needed'),
    before: groupsInUserInfo,
    change: noIdToken,
    deviation: { userInfo: ({ groups: _gone, ...claims }) => claims },
  },
  neither: { to: keptOnce, change: noIdToken, deviation: answers('/userinfo', 503, '{}') },
  clock: {
    to: keptOnce,
    change: ({ provider, environment }) => {
      provider.deviation = claim({ iat: seconds(environment, 900) })
    },
  },
  unreachable: { to: always('unreachable'), deviation: answers('/token', 503, '{}') },
  client_refused: { to: always('unreachable'), deviation: answers('/token', 401, '{"error":"invalid_client"}') },
  malformed: { to: always('unreachable'), deviation: answers('/token', 200, '{"hello":"world"}') },
  key_unknown: { to: always('unreachable'), deviation: { header: (header) => ({ ...header, kid: 'unheard-of' }) } },
  refused: { to: always('ended'), change: ({ provider }) => void (provider.disabled = true) },
  id_token_invalid: { to: always('ended'), deviation: claim({ aud: 'other' }) },
  other_subject: { to: always('ended'), deviation: claim({ sub: 'person-2' }) },
  provider_removed: { to: always('ended'), change: ({ environment }) => environment.providers.update(new Map()) },
  no_refresh_token: { to: stays, before: (provider) => void (provider.refreshTokens = false) },
  no_refresh_token_too_long: {
    to: always('ended'),
    before: (provider) => void (provider.refreshTokens = false),
    change: ({ environment }) => {
      for (let round = 0; round < 11; round += 1) environment.advance(300_000)
    },
  },
  signed_in: {
    to: always('confirmed'),
    act: ({ environment, provider, session }) => environment.enter(provider.visit, { previous: session }),
  },
  signed_in_without_userinfo: {
    to: always('sign_in_needed'),
    before: groupsInUserInfo,
    deviation: answers('/userinfo', 503, '{}'),
    act: ({ environment, provider, session }) => environment.enter(provider.visit, { previous: session }),
  },
  signed_in_without_directory: {
    to: always('sign_in_needed'),
    settings: graph,
    before: groupsInGraph,
    act: ({ environment, provider, session }) => environment.enter(provider.visit, { previous: session }),
  },
  step_up_failed: {
    to: stays,
    act: ({ environment, provider, session }) =>
      environment.enter(provider.visit, { previous: session, stepUp: { level: 'mfa', maxAge: undefined } }),
  },
  session_ended: {
    to: always('ended'),
    act: ({ environment, session }) => environment.sessions.end(session.id, 'session_revoked', { kind: 'system' }),
  },
}

async function standingAfter(edge: Edge, from: (typeof states)[number]): Promise<NextStanding> {
  const provider = await startProviderUnderTest()
  const environment = createSignInEnvironment([settingsOf(provider, edge.settings)], { timing: quickKeys })
  provider.now = environment.now
  try {
    edge.before?.(provider)
    const begun = signedIn(await environment.enter(provider.visit))
    const session = (await environment.sessions.update(begun, { unconfirmed: stored[from] }))!
    const ground = { provider, environment, session }
    environment.advance(300_000)
    provider.deviation = edge.deviation ?? {}
    edge.change?.(ground)
    if (edge.act !== undefined) await edge.act(ground)
    const result = edge.act === undefined ? await environment.revalidation.revalidate(session) : undefined
    if (result?.state === 'busy') throw new Error('busy')
    const found = await environment.sessions.read(session.id)
    if (found.state === 'none') return 'ended'
    if (found.state === 'unreachable') throw new Error('the store is unreachable')
    if (result?.state !== 'unreachable') return standingOf(found.session)
    expect(standingOf(found.session)).toBe(from)
    expect(found.session.revalidateAt).toBe(session.revalidateAt)
    return 'unreachable'
  } finally {
    await environment.stop()
    await provider.stop()
  }
}

describe.concurrent('an event at the provider', () => {
  for (const [event, edge] of Object.entries(edges) as [StandingEvent, Edge][]) {
    test.each(states.map((from, index): [string, Standing, NextStanding] => [event, from, edge.to[index]!]))(
      '%s: from %s to %s',
      async (_event, from, to) => {
        expect(nextStanding(from, event)).toBe(to)
        expect(await standingAfter(edge, from as (typeof states)[number])).toBe(to)
      },
    )
  }

  test('of whatever kind revives no ended session', () => {
    for (const event of Object.keys(transitions)) expect(nextStanding('ended', event as StandingEvent)).toBe('ended')
  })
})

describe('docs/explanation/session-standing.md', () => {
  const page = readFileSync(new URL('../../../docs/explanation/session-standing.md', import.meta.url), 'utf8')

  test('lists every event with its edges, as the table of the code has them', () => {
    const rows = [...page.matchAll(/^\| `(\w+)` \|.*?\| (\w+) \| (\w+) \| (\w+) \|$/gm)]
    const listed = rows.map(([, event, ...to]) => [event, Object.fromEntries(states.map((from, at) => [from, to[at]]))])
    expect(Object.fromEntries(listed)).toEqual(transitions)
    expect(rows).toHaveLength(Object.keys(transitions).length)
  })

  test('draws every edge between different standings, and no other', () => {
    const drawn = [...page.matchAll(/^ {2}(\w+) --> (\w+)$/gm), ...page.matchAll(/^ {2}(\w+) --> (\w+): .*$/gm)]
    const differing = Object.values(transitions).flatMap((row) =>
      states.filter((from) => row[from] !== from && row[from] !== 'unreachable').map((from) => `${from} ${row[from]}`),
    )
    expect(new Set(drawn.map(([, from, to]) => `${from} ${to}`))).toEqual(new Set(differing))
  })
})
