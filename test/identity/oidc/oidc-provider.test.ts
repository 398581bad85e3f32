// Integration with a real OpenID Provider (oidc-provider) over sockets: sign-in, step-up, revalidation, logout.

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { staff } from '../../../src/demo/people.ts'
import { startProvider, type DemoProvider } from '../../../src/demo/provider/provider.ts'
import { createTourClient, formsOf, type PageResponse, type TourClient } from '../../../src/demo/tour/client.ts'
import {
  gateway,
  createSignInEnvironment,
  settingsOf,
  signedIn,
  type SignInEnvironment,
} from '../sign-in-environment.ts'

let provider: DemoProvider
let browser: TourClient
let environment: SignInEnvironment
let listener: Server
const strong = 'urn:einlass:demo:2'
const client = { clientId: 'einlass', clientSecret: 'a secret with + and % and :' }

beforeEach(async () => {
  listener = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const form = Buffer.concat(chunks).toString()
      void environment.signIn.backchannelLogout('corp', form).then(({ status }) => response.writeHead(status).end())
    })
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address() as AddressInfo
  provider = await startProvider({
    port: 0,
    people: staff,
    clients: [
      {
        ...client,
        redirectUris: [`${gateway.origin}/callback/corp`],
        postLogoutRedirectUris: [`${gateway.origin}/signed-out`],
        backchannelLogoutUri: `http://127.0.0.1:${port}/backchannel-logout/corp`,
      },
    ],
  })
  browser = createTourClient()
  const rules = { amrAny: ['otp', 'hwk'], acrAny: [strong] }
  environment = createSignInEnvironment([
    settingsOf(
      { issuer: provider.issuer, ...client },
      {
        scopes: ['openid', 'profile', 'email', 'groups', 'offline_access'],
        mfa: rules,
        phishingResistant: { amrAny: ['hwk'], acrAny: [] },
        stepUp: { acrValues: [strong], essential: true, prompt: undefined, maxAge: undefined },
      },
    ),
  ])
})
afterEach(async () => {
  browser.close()
  await environment.stop()
  await provider.stop()
  listener.closeAllConnections()
  await new Promise((resolve) => listener.close(resolve))
})

/** Completes the provider's pages as `username` until it redirects back; returns the query of the callback. */
function as(username: string): (location: string) => Promise<string> {
  return async (location) => {
    let page: PageResponse = await browser.go(location, { follow: false })
    for (let step = 0; step < 20; step += 1) {
      const to = page.headers.location
      if (to !== undefined) {
        const next = new URL(to, page.url)
        if (next.origin === gateway.origin) return next.search
        page = await browser.go(next, { follow: false })
        continue
      }
      if (page.status !== 200) throw new Error(`${page.status}: ${page.body.slice(0, 500)}`)
      const form = formsOf(page).find(({ fields }) => /^(password|totp|passkey)$/.test(fields.step ?? ''))
      page = form
        ? await browser.go(form.action, {
            method: 'POST',
            body: new URLSearchParams(form.fields).toString(),
            follow: false,
          })
        : await browser.go(`${page.url.origin}${page.url.pathname}?person=${username}`, { follow: false })
    }
    throw new Error('the provider did not redirect back')
  }
}

test('a user signs in with a password, steps up with a second factor, and keeps the session', async () => {
  const first = signedIn(await environment.enter(as('thomas')))
  expect(first).toMatchObject({
    subject: { sub: 'thomas', email: 'thomas@example.com', groups: ['staff', 'finance'], groupsComplete: true },
    authentication: { amr: ['pwd'], mfa: false },
  })
  expect(first.providerSession).toBeDefined()
  const steppedUp = signedIn(
    await environment.enter(as('thomas'), { previous: first, stepUp: { level: 'mfa', maxAge: 300_000 } }),
  )
  expect(steppedUp).toMatchObject({ id: first.id, generation: 2, authentication: { acr: strong, mfa: true } })
})

test('a group removed at the provider is gone after the next revalidation, without a new sign-in', async () => {
  const session = signedIn(await environment.enter(as('erika')))
  provider.setGroups('erika', ['staff'])
  const result = await environment.revalidation.revalidate(session)
  expect(result).toMatchObject({ state: 'confirmed', session: { subject: { groups: ['staff'] } } })
  expect(result).toMatchObject({ session: { authentication: session.authentication } })
})

test('an account disabled at the provider loses its session at the next revalidation', async () => {
  const session = signedIn(await environment.enter(as('erika')))
  expect(await environment.revalidation.revalidate(session)).toMatchObject({ state: 'confirmed' })
  provider.disable('erika')
  const found = await environment.sessions.read(session.id)
  if (found.state !== 'live') throw new Error('ended too early')
  expect(await environment.revalidation.revalidate(found.session)).toEqual({ state: 'ended' })
  expect(await environment.sessions.read(session.id)).toMatchObject({ state: 'none', reason: 'session_revoked' })
})

test('fifty revalidations at once rotate the refresh token once', async () => {
  const session = signedIn(await environment.enter(as('erika')))
  const before = provider.tokenRequests()
  const results = await Promise.all(Array.from({ length: 50 }, () => environment.revalidation.revalidate(session)))
  expect(results.every(({ state }) => state === 'confirmed')).toBe(true)
  expect(provider.tokenRequests() - before).toBe(1)
})

test('a session ended at the provider ends here by back-channel logout', async () => {
  const session = signedIn(await environment.enter(as('erika')))
  expect(await provider.endSessions('erika')).toEqual({ notified: 1, failed: 0 })
  expect(await environment.sessions.read(session.id)).toMatchObject({ state: 'none', reason: 'session_revoked' })
})

test('RP-initiated logout is accepted by the provider', async () => {
  const session = signedIn(await environment.enter(as('erika')))
  const page = await browser.go(
    (await environment.signIn.logoutUrl(session, await environment.signIn.logoutHint(session)))!,
  )
  expect(page.status).toBe(200)
  expect(page.body).toContain('<form')
})
