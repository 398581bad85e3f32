// Optional answers of a provider, each missing in every way: they stop only what needs them, and a sign-in gives it back.

import { describe, expect, test } from 'vitest'
import type { Session } from '../../../src/identity/session/session.ts'
import { startProviderUnderTest, type Deviation, type ProviderUnderTest } from '../../support/provider-under-test.ts'
import {
  createSignInEnvironment,
  quickAnswers,
  settingsOf,
  signedIn,
  type SignInEnvironment,
} from '../sign-in-environment.ts'

function answers(status: number, body: string, headers: Record<string, string> = {}): Deviation {
  return {
    reply(path, response) {
      if (path !== '/userinfo') return false
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
      return true
    },
  }
}

const challenge = { 'www-authenticate': 'Bearer error="invalid_token"' }
/** UserInfo, and whether it fails, withholds what it knows, or says that this is another user. */
const ways: readonly (readonly [name: string, kind: 'absent' | 'fails' | 'thin' | 'other', deviation: Deviation])[] = [
  ['without an endpoint', 'absent', { metadata: ({ userinfo_endpoint: _gone, ...metadata }) => metadata }],
  ['answers 500', 'fails', answers(500, '{}')],
  ['answers 401', 'fails', answers(401, '{}', challenge)],
  ['answers 403', 'fails', answers(403, '{"error":"insufficient_scope"}')],
  ['never answers', 'fails', { reply: (path) => path === '/userinfo' }],
  ['closes the connection', 'fails', { reply: (path, response) => path === '/userinfo' && !!response.destroy() }],
  ['answers a page', 'fails', answers(200, '<html>', { 'content-type': 'text/html' })],
  ['answers no content', 'fails', answers(200, '')],
  ['answers without a sub', 'fails', { userInfo: ({ sub: _gone, ...claims }) => claims }],
  ['answers a sub that is no text', 'fails', { userInfo: (claims) => ({ ...claims, sub: 7 }) }],
  ['answers the sub alone', 'thin', { userInfo: ({ sub }) => ({ sub }) }],
  ['answers for another user', 'other', { userInfo: (claims) => ({ ...claims, sub: 'person-2', groups: ['admins'] }) }],
]

/** Where the groups are at the sign-in, and whether refreshes return an ID token. */
const shapes = [
  { groupsIn: 'UserInfo', idTokenAtRefresh: true },
  { groupsIn: 'UserInfo', idTokenAtRefresh: false },
  { groupsIn: 'ID token', idTokenAtRefresh: true },
  { groupsIn: 'ID token', idTokenAtRefresh: false },
] as const

const staff = { groups: ['staff'], groupsComplete: true }
const none = { groups: [], groupsComplete: true }
const unknown = { groups: [], groupsComplete: false }

async function within(
  { groupsIn, idTokenAtRefresh }: (typeof shapes)[number],
  run: (provider: ProviderUnderTest, environment: SignInEnvironment) => Promise<void>,
): Promise<void> {
  const provider = await startProviderUnderTest()
  const environment = createSignInEnvironment([settingsOf(provider)], { timing: quickAnswers })
  provider.now = environment.now
  provider.refreshIdToken = idTokenAtRefresh
  provider.userInfoOnly = groupsIn === 'UserInfo' ? ['groups'] : []
  try {
    await run(provider, environment)
  } finally {
    await environment.stop()
    await provider.stop()
  }
}

async function refreshed(environment: SignInEnvironment, session: Session): Promise<Session | 'ended'> {
  environment.advance(300_000)
  const result = await environment.revalidation.revalidate(session)
  if (result.state === 'ended') return 'ended'
  if (result.state !== 'confirmed') throw new Error(result.state)
  return result.session
}

/** What a provider with this deviation says about groups: at the first refresh, and at the second. */
function expected(
  kind: (typeof ways)[number][1],
  { groupsIn, idTokenAtRefresh }: (typeof shapes)[number],
): readonly [object, object] {
  // An ID token that states everything: UserInfo is not asked.
  if (idTokenAtRefresh && groupsIn === 'ID token') return [staff, staff]
  switch (kind) {
    case 'absent':
      return idTokenAtRefresh ? [none, none] : [staff, unknown]
    case 'fails':
      return [staff, unknown]
    case 'thin':
      if (idTokenAtRefresh) return [none, none]
      // UserInfo never stated them: its silence is no news.
      return groupsIn === 'ID token' ? [staff, unknown] : [unknown, unknown]
    case 'other':
      throw new Error('not a statement')
    default:
      throw kind satisfies never
  }
}

for (const shape of shapes) {
  const name = `groups in the ${shape.groupsIn}, refreshes ${shape.idTokenAtRefresh ? 'with' : 'without'} ID token`
  describe.concurrent(`${name}: UserInfo that`, () => {
    test.each(ways)(
      '%s, at refreshes',
      async (_name, kind, deviation) => {
        await within(shape, async (provider, environment) => {
          // Metadata is read once: an endpoint that is absent is absent at the sign-in too, where the token has it all.
          if (kind === 'absent') provider.userInfoOnly = []
          provider.deviation = kind === 'absent' ? deviation : {}
          const begun = signedIn(await environment.enter(provider.visit))
          expect(begun.subject).toMatchObject(staff)
          if (kind === 'absent' && shape.groupsIn === 'UserInfo') provider.userInfoOnly = ['groups']
          provider.deviation = deviation
          const once = await refreshed(environment, begun)
          const isAsked = !shape.idTokenAtRefresh || shape.groupsIn === 'UserInfo'
          if (kind === 'other' && isAsked) return expect(once).toBe('ended')
          const [first, second] = kind === 'other' ? [staff, staff] : expected(kind, shape)
          expect(once).toMatchObject({ subject: { sub: 'person-1', email: 'ada@example.com', ...first } })
          const twice = await refreshed(environment, once as Session)
          expect(twice).toMatchObject({ subject: { sub: 'person-1', email: 'ada@example.com', ...second } })
          const session = twice as Session
          expect(session.unconfirmed?.lost ?? false).toBe(second === unknown)

          // The remedy: whatever was lost, the provider in order states it at the next sign-in.
          provider.deviation = kind === 'absent' ? deviation : {}
          if (kind === 'absent') provider.userInfoOnly = []
          environment.advance(11_000)
          const stepUp = { level: 'any', maxAge: undefined, silent: true } as const
          const again = signedIn(await environment.enter(provider.visit, { previous: session, stepUp }))
          expect(again).toMatchObject({ id: begun.id, subject: staff })
          expect(again.unconfirmed).toBeUndefined()
        })
      },
      60_000,
    )
  })
}

describe.concurrent('groups in UserInfo alone: UserInfo that', () => {
  test.each(ways)(
    '%s, at the sign-in',
    async (_name, kind, deviation) => {
      await within(shapes[0], async (provider, environment) => {
        provider.deviation = deviation
        const result = await environment.enter(provider.visit)
        if (kind === 'other') {
          expect(result).toMatchObject({ state: 'failed', failure: { code: 'token_invalid' } })
          return
        }
        const begun = signedIn(result)
        expect(begun.subject).toMatchObject({ email: 'ada@example.com', ...(kind === 'fails' ? unknown : none) })
        expect(begun.unconfirmed?.lost ?? false).toBe(kind === 'fails')
        if (kind !== 'fails') return
        expect(begun.subject.partialClaims).toEqual(['*'])
        expect(environment.events.at(-1)).toMatchObject({
          outcome: 'success',
          detail: expect.stringMatching(/^userinfo: /),
        })
        // Without anybody's doing, once UserInfo answers again.
        provider.deviation = {}
        expect(await refreshed(environment, begun)).toMatchObject({ subject: staff })
      })
    },
    60_000,
  )
})
