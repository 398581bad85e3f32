// Revocation of refresh tokens (RFC 7009): whatever ends a session leaves no live token at its provider, and delays nobody.

import type { ServerResponse } from 'node:http'
import { beforeEach, describe, expect, test } from 'vitest'
import { createTokenRevocation } from '../../../src/identity/oidc/revocation.ts'
import type { ReleasedTokens } from '../../../src/identity/session/released-tokens.ts'
import type { Session } from '../../../src/identity/session/session.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { createSeal } from '../../../src/store/seal.ts'
import { startProviderUnderTest, type Deviation, type ProviderUnderTest } from '../../support/provider-under-test.ts'
import {
  createSignInEnvironment,
  environmentAtProvider,
  origin,
  settingsOf,
  signedIn,
  type SignInEnvironment,
} from '../sign-in-environment.ts'

let provider: ProviderUnderTest
let environment: SignInEnvironment
let session: Session

beforeEach(() => environmentAtProvider((opened) => ({ provider, environment } = opened)))
beforeEach(async () => {
  provider.now = environment.now
  provider.revocable = true
  session = signedIn(await environment.enter(provider.visit))
})

const system = { kind: 'system' } as const
const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))
const nothingAlive = () => expect.poll(() => provider.liveRefreshTokens()).toEqual([])
const revocations = () =>
  environment.events.filter((event) => event.kind === 'authentication' && event.activity === 'token_revoked')

function answers(status: number, body = '{}', at = '/revoke'): Deviation {
  return {
    reply(path, response) {
      if (path !== at) return false
      response.writeHead(status, { 'content-type': 'application/json' }).end(body)
      return true
    },
  }
}

describe('no live token is left by', () => {
  test('sign-out, and the audit names the session', async () => {
    const actor = { kind: 'person', provider: 'corp', sub: 'person-1' } as const
    await environment.sessions.end(session.id, 'session_revoked', actor, origin)
    await nothingAlive()
    expect(revocations()).toMatchObject([
      { outcome: 'success', detail: 'session_ended', session: session.id, provider: 'corp', actor: system },
    ])
  })

  test("an administrator's end, also of many sessions at once", async () => {
    for (let index = 2; index < 40; index += 1) {
      provider.person = { ...provider.person, sub: `person-${index}`, sid: `sid-${index}` }
      await environment.enter(provider.visit)
    }
    const all = await environment.sessions.all()
    expect(all).toHaveLength(39)
    const actor = { kind: 'administrator', name: 'root' } as const
    await Promise.all(all.map(({ id }) => environment.sessions.end(id, 'session_revoked', actor)))
    await nothingAlive()
    expect(provider.revoked).toHaveLength(39)
  })

  test.each([
    ['the idle limit', 3_600_001, 'session_idle'],
    ['the maximum lifetime', 36_000_001, 'session_expired'],
  ])('%s, once somebody asks for the session', async (_name, after, reason) => {
    environment.advance(after)
    expect(await environment.sessions.read(session.id)).toMatchObject({ state: 'none', reason })
    await nothingAlive()
  })

  test('back-channel logout', async () => {
    const token = await provider.logoutToken()
    const form = new URLSearchParams({ logout_token: token }).toString()
    expect(await environment.signIn.backchannelLogout('corp', form)).toMatchObject({ status: 200 })
    await nothingAlive()
  })

  test('a sign-in of another user in the same browser', async () => {
    provider.person = { ...provider.person, sub: 'person-2', sid: 'sid-2' }
    const other = signedIn(await environment.enter(provider.visit, { previous: session }))
    await expect.poll(() => provider.revoked).toHaveLength(1)
    expect(provider.liveRefreshTokens()).toEqual([(await environment.tokens(other)).refresh])
  })

  test('a new sign-in of the same user with a new provider session', async () => {
    provider.person = { ...provider.person, sid: 'sid-2' }
    const again = signedIn(await environment.enter(provider.visit, { previous: session }))
    expect(again.id).toBe(session.id)
    await expect.poll(() => provider.liveRefreshTokens()).toEqual([(await environment.tokens(again)).refresh])
  })

  test('a refresh whose answer is about another user', async () => {
    provider.deviation = { claims: (claims) => ({ ...claims, sub: 'person-2' }) }
    expect(await environment.revalidation.revalidate(session)).toEqual({ state: 'ended' })
    await nothingAlive()
  })

  test('a refresh that was under way when the session ended: the rotated token too', async () => {
    let release = (): void => undefined
    const gate = new Promise<void>((resolve) => (release = resolve))
    let arrived = (): void => undefined
    const reached = new Promise<void>((resolve) => (arrived = resolve))
    provider.deviation = {
      async idToken(right) {
        arrived()
        await gate
        return right
      },
    }
    const refreshing = environment.revalidation.revalidate(session)
    await reached
    await environment.sessions.end(session.id, 'session_revoked', system)
    release()
    expect(await refreshing).toEqual({ state: 'ended' })
    await nothingAlive()
  })

  test('a sign-in that fails a check', async () => {
    provider.deviation = { claims: (claims) => ({ ...claims, aud: 'other', sid: 'sid-2', sub: 'person-2' }) }
    const known = provider.liveRefreshTokens()
    expect(await environment.enter(provider.visit)).toMatchObject({ failure: { code: 'token_invalid' } })
    await expect.poll(() => provider.liveRefreshTokens()).toEqual(known)
    expect(provider.revoked).toHaveLength(1)
  })
})

describe('a token is left alone', () => {
  test('while another session uses the same provider session: one browser, twice at the provider', async () => {
    const second = signedIn(await environment.enter(provider.visit))
    await environment.sessions.end(session.id, 'session_revoked', system)
    await pause(150)
    expect(provider.revoked).toEqual([])
    await environment.sessions.end(second.id, 'session_revoked', system)
    await expect.poll(() => provider.revoked).toHaveLength(1)
  })

  test('at Google while another session of the account lives: one revocation ends them all', async () => {
    const google = createSignInEnvironment([settingsOf(provider, { kind: 'google', hostedDomains: ['corp.example'] })])
    provider.person = { ...provider.person, hd: 'corp.example', sid: undefined }
    const [first, second] = [signedIn(await google.enter(provider.visit)), signedIn(await google.enter(provider.visit))]
    await google.sessions.end(first.id, 'session_revoked', system)
    await pause(150)
    expect(provider.revoked).toEqual([])
    await google.sessions.end(second.id, 'session_revoked', system)
    await expect.poll(() => provider.revoked).toHaveLength(1)
    await google.stop()
  })

  test('by a step-up at a provider that states no sid: its revocation could end the new token too', async () => {
    provider.person = { ...provider.person, sub: 'person-3', sid: undefined }
    const first = signedIn(await environment.enter(provider.visit))
    signedIn(await environment.enter(provider.visit, { previous: first }))
    await pause(150)
    expect(provider.revoked).toEqual([])
  })

  test('by a provider without a revocation endpoint', async () => {
    provider.revocable = false
    const without = createSignInEnvironment([settingsOf(provider)])
    const one = signedIn(await without.enter(provider.visit))
    await without.sessions.end(one.id, 'session_revoked', system)
    await pause(150)
    expect(provider.hits.has('/revoke')).toBe(false)
    expect(without.events.filter((event) => 'activity' in event && event.activity === 'token_revoked')).toEqual([])
    await without.stop()
  })
})

test('a token is never sent to another issuer that has the name of its provider by now', async () => {
  const other = await startProviderUnderTest()
  other.revocable = true
  environment.providers.update(new Map([['corp', settingsOf(other)]]))
  await environment.sessions.end(session.id, 'session_revoked', system)
  await expect.poll(revocations).toMatchObject([{ outcome: 'failure', reason: 'other_issuer' }])
  expect(other.hits.has('/revoke')).toBe(false)
  await other.stop()
})

describe('a provider', () => {
  test('that is unreachable delays no sign-out, is asked again, and leaves one line in the log', async () => {
    const lines: string[] = []
    const log = { info: () => undefined, warn: (_fields: object, message: string) => void lines.push(message) }
    const logged = createSignInEnvironment([settingsOf(provider)], { log })
    const one = signedIn(await logged.enter(provider.visit))
    // The first request is held: a sign-out that waited for its end would have the line of the log before it.
    const held: ServerResponse[] = []
    provider.deviation = { reply: (path, response) => path === '/revoke' && held.push(response) > 0 }
    await logged.sessions.end(one.id, 'session_revoked', system)
    expect(lines).toEqual([])
    await expect.poll(() => held.length).toBe(1)
    provider.deviation = { reply: (path, response) => path === '/revoke' && !!response.destroy() }
    held[0]!.destroy()
    await expect.poll(() => provider.hits.get('/revoke') ?? 0).toBeGreaterThan(2)
    provider.deviation = {}
    await expect.poll(() => provider.revoked, { timeout: 5000 }).toHaveLength(1)
    expect(lines).toEqual(['a refresh token could not be revoked yet'])
    await logged.stop()
  })

  test('that never answers is given up after a bounded number of attempts, with a line and an event', async () => {
    provider.deviation = answers(503)
    await environment.sessions.end(session.id, 'session_revoked', system)
    await expect
      .poll(revocations, { timeout: 5000 })
      .toMatchObject([{ outcome: 'failure', reason: 'provider_unreachable', session: session.id }])
    expect(provider.hits.get('/revoke')).toBe(7)
  })

  test.each([
    [400, '{"error":"unsupported_token_type"}', 'unsupported_token_type'],
    [401, '{"error":"invalid_client"}', 'invalid_client'],
  ])('that refuses with %i is asked once', async (status, body, reason) => {
    provider.deviation = answers(status, body)
    await environment.sessions.end(session.id, 'session_revoked', system)
    await expect.poll(revocations).toMatchObject([{ outcome: 'failure', reason }])
    await pause(300)
    expect(provider.hits.get('/revoke')).toBe(1)
  })

  test.each([
    ['no content', ''],
    ['a page', '<html>done</html>'],
    ['JSON', '{}'],
  ])('that answers 200 with %s has revoked it', async (_name, body) => {
    provider.deviation = answers(200, body)
    await environment.sessions.end(session.id, 'session_revoked', system)
    await expect.poll(revocations).toMatchObject([{ outcome: 'success' }])
    expect(provider.hits.get('/revoke')).toBe(1)
  })

  test('whose revocation hangs stops neither sign-ins nor refreshes', async () => {
    provider.deviation = { reply: (path) => path === '/revoke' }
    await environment.sessions.end(session.id, 'session_revoked', system)
    await expect.poll(() => provider.hits.get('/revoke')).toBe(1)
    environment.advance(11_000)
    const next = signedIn(await environment.enter(provider.visit))
    expect(await environment.revalidation.revalidate(next)).toMatchObject({ state: 'confirmed' })
    expect(environment.providers.get('corp')!.available()).toBe(true)
  })
})

test('the node that ends a session revokes its token, and no other does', async () => {
  const store = createMemoryStore({ now: Date.now })
  const shared = { store, seal: createSeal([Buffer.alloc(32, 1)]) }
  const [one, two] = [0, 1].map(() => createSignInEnvironment([settingsOf(provider)], shared)) as [
    SignInEnvironment,
    SignInEnvironment,
  ]
  const ended = signedIn(await one.enter(provider.visit))
  await Promise.all([one, two].map((node) => node.sessions.end(ended.id, 'session_revoked', system)))
  await expect.poll(() => provider.revoked).toHaveLength(1)
  await pause(150)
  expect(provider.revoked).toHaveLength(1)
  await Promise.all([one.stop(), two.stop()])
  await store.close()
})

test('ten thousand ended sessions at an unreachable provider wait in bounded memory; the log names those that do not', async () => {
  const lost: object[] = []
  const revocation = createTokenRevocation({
    providers: environment.providers,
    sessions: environment.sessions,
    record: () => undefined,
    now: environment.now,
    log: { info: () => undefined, warn: (fields) => void lost.push(fields) },
  })
  provider.deviation = { reply: (path) => path === '/revoke' }
  const one: ReleasedTokens = {
    why: 'session_ended',
    tokens: { refresh: 'a', idToken: undefined, issuer: provider.issuer },
    provider: 'corp',
    sub: undefined,
    providerSession: undefined,
    session: 's',
  }
  for (let index = 0; index < 10_000; index += 1) revocation.release(one)
  expect(lost.length).toBeGreaterThan(4900)
  expect(lost.length).toBeLessThan(5100)
  const since = performance.now()
  await revocation.stop()
  expect(performance.now() - since).toBeLessThan(2500)
})
