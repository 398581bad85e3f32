// Facts the provider no longer states at revalidations expire; a sign-in without interaction states them again.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { authorize } from '../../../src/gateway/authorize.ts'
import type { Session } from '../../../src/identity/session/session.ts'
import type { Decision } from '../../../src/policy/decision.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { createSeal } from '../../../src/store/seal.ts'
import { startProviderUnderTest, type ProviderUnderTest } from '../../support/provider-under-test.ts'
import { createSignInEnvironment, settingsOf, signedIn, type SignInEnvironment } from '../sign-in-environment.ts'
import { app, journeyTo, locationOf, openDesk } from '../../web/web-client.ts'

let provider: ProviderUnderTest
let nodes: SignInEnvironment[]
let stop: () => Promise<void>

/** Two nodes on one store, at a provider whose refreshes return neither ID token nor UserInfo. */
beforeEach(async () => {
  provider = await startProviderUnderTest()
  const store = createMemoryStore({ now: Date.now })
  const shared = { store, seal: createSeal([Buffer.alloc(32, 1)]), clock: { offset: 0 } }
  nodes = [0, 1].map(() => createSignInEnvironment([settingsOf(provider)], shared))
  provider.now = nodes[0]!.now
  provider.refreshIdToken = false
  provider.person = { ...provider.person, groups: ['staff'], dept: 'sales' }
  stop = async () => {
    for (const node of nodes) await node.stop()
    await store.close()
    await provider.stop()
  }
})
afterEach(() => stop())

const withoutUserInfo = (): void => {
  provider.deviation.metadata = ({ userinfo_endpoint: _gone, ...metadata }) => metadata
}

async function revalidated(node: number, session: Session): Promise<Session> {
  nodes[0]!.advance(300_000)
  const result = await nodes[node]!.revalidation.revalidate(session)
  if (result.state !== 'confirmed') throw new Error(result.state)
  return result.session
}

describe('a refresh without ID token and UserInfo', () => {
  beforeEach(withoutUserInfo)

  test('keeps groups and claims once, across nodes; the second time they are unknown, everywhere', async () => {
    const begun = signedIn(await nodes[0]!.enter(provider.visit))
    expect(begun.unconfirmed).toBeUndefined()
    const once = await revalidated(0, begun)
    expect(once.subject).toMatchObject({ groups: ['staff'], groupsComplete: true, claims: { dept: ['sales'] } })
    expect(once.unconfirmed).toEqual({ revalidations: 1, lost: false })
    const twice = await revalidated(1, once)
    expect(twice.subject).toMatchObject({ groups: [], groupsComplete: false, email: 'ada@example.com' })
    expect(twice.subject.claims).toEqual({ email: ['ada@example.com'] })
    expect(twice.unconfirmed).toEqual({ revalidations: 2, lost: true })
    for (const node of nodes) {
      expect(await node.sessions.withTokens(begun.id)).toMatchObject({
        session: { subject: { groupsComplete: false }, unconfirmed: { lost: true } },
      })
    }
    expect((await revalidated(0, twice)).unconfirmed).toEqual({ revalidations: 3, lost: true })
  })

  test('an ID token, or a new sign-in, states them again', async () => {
    let session = signedIn(await nodes[0]!.enter(provider.visit))
    for (let round = 0; round < 2; round++) session = await revalidated(0, session)
    provider.refreshIdToken = true
    const refreshed = await revalidated(0, session)
    expect(refreshed.subject).toMatchObject({ groups: ['staff'], groupsComplete: true, claims: { dept: ['sales'] } })
    expect(refreshed.unconfirmed).toBeUndefined()
    provider.refreshIdToken = false
    for (let round = 0; round < 2; round++) session = await revalidated(0, round === 0 ? refreshed : session)
    const again = signedIn(
      await nodes[0]!.enter(provider.visit, {
        previous: session,
        stepUp: { level: 'any', maxAge: undefined, silent: true },
      }),
    )
    expect(provider.authorization.get('prompt')).toBe('none')
    expect(provider.authorization.has('max_age')).toBe(false)
    expect(again).toMatchObject({ id: session.id, subject: { groups: ['staff'], groupsComplete: true } })
    expect(again.unconfirmed).toBeUndefined()
  })
})

test('claims that UserInfo does not repeat are kept once; groups it lacks are unknown at once', async () => {
  const begun = signedIn(await nodes[0]!.enter(provider.visit))
  provider.deviation.userInfo = ({ dept: _gone, ...claims }) => claims
  const once = await revalidated(0, begun)
  expect(once.subject.claims['dept']).toEqual(['sales'])
  const twice = await revalidated(0, once)
  expect(twice.subject).toMatchObject({ groups: ['staff'], groupsComplete: true })
  expect(twice.subject.claims).not.toHaveProperty('dept')
  expect(twice.unconfirmed).toEqual({ revalidations: 2, lost: true })
  provider.deviation.userInfo = ({ groups: _gone, ...claims }) => claims
  expect((await revalidated(0, twice)).subject).toMatchObject({ groups: [], groupsComplete: false })
})

describe('whoever is denied for want of them', () => {
  const decided = (effect: Decision['effect']): Decision => ({
    effect,
    rule: undefined,
    reasons: [{ code: 'groups_incomplete', parameters: {} }],
    remedy: { kind: 'ask_owner' },
    limits: { download: undefined, upload: undefined },
    validUntil: 0,
    grant: undefined,
    monitored: undefined,
  })
  const decide = (session: Session, decision: Decision): Decision =>
    authorize(
      {
        decisions: { decide: () => decision },
        sessions: { lastSeen: () => Date.now() },
        log: undefined,
      } as never,
      { kind: 'app', app: { config: { name: 'wiki', session: { idle: 1e9, lifetime: 1e9 } }, policy: {} } } as never,
      { state: 'live', session },
      { now: Date.now(), device: { state: 'absent' } } as never,
      undefined,
    )

  test('is sent to a silent sign-in; who is allowed, or denied for another reason, is not', async () => {
    withoutUserInfo()
    const begun = signedIn(await nodes[0]!.enter(provider.visit))
    expect(decide(begun, decided('deny'))).toMatchObject({ effect: 'deny' })
    const lost = await revalidated(0, await revalidated(0, begun))
    expect(decide(lost, decided('allow'))).toMatchObject({ effect: 'allow' })
    expect(decide(lost, decided('deny'))).toMatchObject({
      effect: 'challenge',
      remedy: { kind: 'step_up', level: 'any', maxAge: undefined },
      reasons: [{ code: 'groups_incomplete' }],
    })
  })

  test('is not sent there again right after a sign-in that brought nothing: UserInfo still fails', async () => {
    provider.userInfoOnly = ['groups']
    provider.deviation.reply = (path, response) => path === '/userinfo' && !!response.destroy()
    const begun = signedIn(await nodes[0]!.enter(provider.visit))
    expect(decide(begun, decided('deny'))).toMatchObject({ effect: 'deny' })
    const later = { ...begun, unconfirmed: { ...begun.unconfirmed!, signInAgainFrom: Date.now() - 1 } }
    expect(begun.unconfirmed!.signInAgainFrom! - Date.now()).toBeLessThanOrEqual(15_000)
    expect(decide(later, decided('deny'))).toMatchObject({ effect: 'challenge' })
    expect(decide(later, decided('allow'))).toMatchObject({ effect: 'allow' })
  })

  test('signs in with interaction where the provider needs it, and arrives at the page', async () => {
    const desk = openDesk(provider)
    const ada = desk.browser()
    await ada.signIn()
    const silent = { level: 'any', maxAge: undefined, silent: true } as const
    const journey = await journeyTo(desk, ada, '/deep', { stepUp: silent, provider: 'corp' })
    provider.deviation.callback = (parameters) => {
      if (provider.authorization.get('prompt') !== 'none') return
      parameters.delete('code')
      parameters.set('error', 'login_required')
    }
    const away = locationOf(await ada.get(`/sign-in?journey=${journey}`))
    const back = await ada.get(`/callback/corp${await provider.visit(away)}`)
    expect(back.status).toBe(303)
    const again = locationOf(await ada.get(locationOf(back)))
    expect(new URL(again).searchParams.has('prompt')).toBe(false)
    const ticket = locationOf(await ada.get(`/callback/corp${await provider.visit(again)}`))
    expect(locationOf(await ada.get(ticket))).toBe(`${app.origin}/deep`)
    await desk.house.stop()
  })
})
