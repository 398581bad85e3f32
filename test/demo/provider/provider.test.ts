// Identity provider of the demo, tested with a real OpenID Connect client over real sockets.

import { createServer, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import * as oidc from 'openid-client'
import { expect, test, vi } from 'vitest'
import { externals, staff } from '../../../src/demo/people.ts'
import { startProvider, type DemoProvider, type ProviderOptions } from '../../../src/demo/provider/provider.ts'
import { createTourClient, type PageResponse, type TourClient } from '../../../src/demo/tour/client.ts'
import { undoneAfterEach } from '../../support/hooks.ts'

const redirectUri = 'http://127.0.0.1:9/callback'
const strong = 'urn:einlass:demo:2'
const undo = undoneAfterEach()

async function start(options: Partial<ProviderOptions> = {}): Promise<DemoProvider> {
  const provider = await startProvider({
    port: 0,
    people: staff,
    clients: [{ clientId: 'einlass', clientSecret: 'secret', redirectUris: [redirectUri], ...ended }],
    onError: (error) => expect.unreachable(error.message),
    ...options,
  })
  undo.push(() => provider.stop())
  return provider
}

const ended = { postLogoutRedirectUris: ['http://127.0.0.1:9/'] }

function person(): TourClient {
  const client = createTourClient()
  undo.push(() => client.close())
  return client
}

async function discover(provider: DemoProvider): Promise<oidc.Configuration> {
  const configuration = await oidc.discovery(new URL(provider.issuer), 'einlass', 'secret', undefined, {
    execute: [oidc.allowInsecureRequests],
  })
  oidc.enableNonRepudiationChecks(configuration)
  return configuration
}

/** Signs in until the redirect to the client, or until a page with an error. `asked`: the steps on the way. */
async function authorize(
  configuration: oidc.Configuration,
  client: TourClient,
  username: string,
  extra: Record<string, string> = {},
) {
  const pkceCodeVerifier = oidc.randomPKCECodeVerifier()
  const expectedState = oidc.randomState()
  const expectedNonce = oidc.randomNonce()
  const url = await oidc.buildAuthorizationUrlWithPAR(configuration, {
    redirect_uri: redirectUri,
    scope: 'openid profile email groups',
    state: expectedState,
    nonce: expectedNonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    ...extra,
  })
  const asked: string[] = []
  let seen = await untilCallback(client, url.href)
  while ('status' in seen) {
    const page: PageResponse = seen
    const step = /name="step" value="(password|totp|passkey|unable)"/.exec(page.body)?.[1] ?? 'choose'
    asked.push(step)
    if (page.status !== 200) return { asked, page }
    seen =
      step === 'choose'
        ? await untilCallback(client, `${page.url.origin}${page.url.pathname}?person=${username}`)
        : await untilCallback(client, page)
  }
  const answer = seen
  const redeem = () =>
    oidc.authorizationCodeGrant(configuration, answer, { pkceCodeVerifier, expectedState, expectedNonce })
  return { asked, answer, redeem }
}

/** Follows redirects until the redirect URI of the client, which does not exist, or until a page. */
async function untilCallback(client: TourClient, from: string | PageResponse): Promise<PageResponse | URL> {
  const form = typeof from === 'string' ? undefined : from
  let seen = form ? await submitOnce(client, form) : await client.go(from as string, { follow: false })
  while (seen.headers.location !== undefined) {
    const next = new URL(seen.headers.location, seen.url)
    if (next.href.startsWith(redirectUri)) return next
    seen = await client.go(next, { follow: false })
  }
  return seen
}

async function submitOnce(client: TourClient, seen: PageResponse): Promise<PageResponse> {
  const { formsOf } = await import('../../../src/demo/tour/client.ts')
  const form = formsOf(seen)[0]!
  return client.go(form.action, {
    method: 'POST',
    body: new URLSearchParams(form.fields).toString(),
    follow: false,
  })
}

test('types for the person of a request where it is told to, and otherwise for nobody', async () => {
  const hinting = { 'x-demo-person': 'erika' }
  for (const typesFor of [undefined, (request: IncomingMessage) => request.headers['x-demo-person']?.toString()]) {
    const provider = await start(typesFor === undefined ? {} : { typesFor })
    const client = createTourClient(hinting)
    undo.push(() => client.close())
    const configuration = await discover(provider)
    const { asked } = await authorize(configuration, client, 'thomas')
    // With the header alone, the user is asked for; where it counts, the form is filled in already.
    expect(asked).toEqual(typesFor === undefined ? ['choose', 'password'] : ['password'])
  }
})

test('pages are in German where the browser prefers it', async () => {
  const provider = await start()
  const client = createTourClient({ 'accept-language': 'de' })
  undo.push(() => client.close())
  const seen = await client.go(`${provider.issuer}/auth?client_id=unknown`)
  expect(seen.body).toContain('<html lang="de">')
  expect(seen.body).toContain('Etwas ist schiefgegangen')
})

test('a sign-in with a password only is stated in the ID token', async () => {
  const provider = await start()
  const configuration = await discover(provider)
  const before = Math.floor(Date.now() / 1000)
  const { asked, redeem } = await authorize(configuration, person(), 'erika')
  const tokens = await redeem!()
  expect(asked).toEqual(['choose', 'password'])
  expect(tokens.claims()).toMatchObject({
    sub: 'erika',
    email: 'erika@example.com',
    email_verified: true,
    name: 'Erika Musterfrau',
    preferred_username: 'erika',
    groups: ['staff', 'production'],
    acr: 'urn:einlass:demo:1',
    amr: ['pwd'],
  })
  expect(tokens.claims()!.auth_time).toBeGreaterThanOrEqual(before)
  expect(tokens.refresh_token).toBeDefined()
})

test('an essential acr claim asks a signed-in user for the second factor only', async () => {
  const configuration = await discover(await start())
  const client = person()
  await (
    await authorize(configuration, client, 'thomas')
  ).redeem!()
  const claims = JSON.stringify({ id_token: { acr: { essential: true, values: [strong] } } })
  const { asked, redeem } = await authorize(configuration, client, 'thomas', { claims })
  const tokens = await redeem!()
  expect(asked).toEqual(['totp'])
  expect(tokens.claims()).toMatchObject({ acr: strong, amr: ['pwd', 'otp'] })
})

test('a passkey and a one-time code have different amr values', async () => {
  const configuration = await discover(await start())
  const { asked, redeem } = await authorize(configuration, person(), 'ada', { acr_values: strong })
  expect(asked).toEqual(['choose', 'password', 'passkey'])
  expect((await redeem!()).claims()).toMatchObject({ acr: strong, amr: ['pwd', 'hwk', 'user'] })
})

test('a user without a second factor returns with an error, not with a weaker token', async () => {
  const configuration = await discover(await start())
  const claims = JSON.stringify({ id_token: { acr: { essential: true, values: [strong] } } })
  const { asked, answer } = await authorize(configuration, person(), 'erika', { claims })
  expect(asked).toEqual(['choose', 'password', 'unable'])
  expect(answer!.searchParams.get('error')).toBe('unmet_authentication_requirements')
})

test('prompt=login and max_age=0 require the password again; single sign-on otherwise', async () => {
  const configuration = await discover(await start())
  const client = person()
  await authorize(configuration, client, 'erika')
  expect((await authorize(configuration, client, 'erika')).asked).toEqual([])
  expect((await authorize(configuration, client, 'erika', { prompt: 'login' })).asked).toEqual(['choose', 'password'])
  const later = await authorize(configuration, client, 'erika', { prompt: 'login', login_hint: 'erika@example.com' })
  expect(later.asked).toEqual(['password'])
  await new Promise((resolve) => setTimeout(resolve, 1100))
  expect((await authorize(configuration, client, 'erika', { max_age: '0' })).asked).toEqual(['choose', 'password'])
})

test('a refreshed ID token contains the current groups, and a refresh token works once', async () => {
  const provider = await start()
  const configuration = await discover(provider)
  const tokens = await (await authorize(configuration, person(), 'thomas')).redeem!()
  const asked = provider.tokenRequests()
  provider.setGroups('thomas', ['staff'])
  const fresh = await oidc.refreshTokenGrant(configuration, tokens.refresh_token!)
  expect(fresh.claims()).toMatchObject({ sub: 'thomas', groups: ['staff'], amr: ['pwd'] })
  expect(fresh.refresh_token).not.toBe(tokens.refresh_token)
  expect(provider.tokenRequests()).toBe(asked + 1)
  await expect(oidc.refreshTokenGrant(configuration, tokens.refresh_token!)).rejects.toMatchObject({
    error: 'invalid_grant',
  })
})

test('a disabled user can neither refresh nor sign in; an enabled user can again', async () => {
  const provider = await start()
  const configuration = await discover(provider)
  const tokens = await (await authorize(configuration, person(), 'erika')).redeem!()
  provider.disable('erika')
  await expect(oidc.refreshTokenGrant(configuration, tokens.refresh_token!)).rejects.toMatchObject({
    error: 'invalid_grant',
  })
  const refused = await authorize(configuration, person(), 'erika')
  expect(refused.page?.body).toContain('This account is disabled.')
  provider.enable('erika')
  expect((await authorize(configuration, person(), 'erika')).answer!.searchParams.get('code')).toBeTruthy()
})

test('rejects a wrong password and a wrong code', async () => {
  const provider = await start()
  const configuration = await discover(provider)
  const client = person()
  const url = oidc.buildAuthorizationUrl(configuration, {
    redirect_uri: redirectUri,
    scope: 'openid',
    code_challenge: await oidc.calculatePKCECodeChallenge(oidc.randomPKCECodeVerifier()),
    code_challenge_method: 'S256',
    acr_values: strong,
    login_hint: 'thomas',
  })
  const page = await client.go(url)
  const wrong = await client.submit(page, { password: 'guessed' })
  expect(wrong.status).toBe(422)
  const second = await client.submit(wrong)
  const shown = /data-code="(\d{6})"/.exec(second.body)![1]!
  const other = String((Number(shown) + 1) % 1_000_000).padStart(6, '0')
  const refused = await client.submit(second, { code: other })
  expect(refused.body).toContain('Wrong code.')
})

test('ending sessions sends logout tokens to the clients and revokes the refresh token', async () => {
  const received: string[] = []
  const client = createServer((request, response) => {
    request.setEncoding('utf8').on('data', (chunk: string) => received.push(chunk))
    request.on('end', () => response.end())
  })
  client.listen(0, '127.0.0.1')
  await once(client, 'listening')
  undo.push(() => client.close())
  const { port } = client.address() as AddressInfo
  const provider = await start()
  await provider.register({
    clientId: 'einlass',
    clientSecret: 'secret',
    redirectUris: [redirectUri],
    backchannelLogoutUri: `http://access.localhost:${port}/backchannel-logout/company`,
  })
  const configuration = await discover(provider)
  const tokens = await (await authorize(configuration, person(), 'ada')).redeem!()
  const { sid } = decodeJwt(tokens.id_token!)
  expect(await provider.endSessions('ada')).toEqual({ notified: 1, failed: 0 })
  const token = new URLSearchParams(received.join('')).get('logout_token')!
  const keys = createRemoteJWKSet(new URL(`${provider.issuer}/jwks`))
  const { payload } = await jwtVerify(token, keys, {
    issuer: provider.issuer,
    audience: 'einlass',
    typ: 'logout+jwt',
    algorithms: ['ES256'],
  })
  expect(payload).toMatchObject({ sub: 'ada', sid })
  await expect(oidc.refreshTokenGrant(configuration, tokens.refresh_token!)).rejects.toMatchObject({
    error: 'invalid_grant',
  })
})

test('sign-out at the provider ends its session and returns to the client', async () => {
  const provider = await start()
  const configuration = await discover(provider)
  const client = person()
  const tokens = await (await authorize(configuration, client, 'erika')).redeem!()
  const url = oidc.buildEndSessionUrl(configuration, {
    id_token_hint: tokens.id_token!,
    post_logout_redirect_uri: 'http://127.0.0.1:9/',
  })
  const page = await client.go(url)
  expect(page.body).toContain('Sign out here too?')
  const answer = await client
    .go(new URL('/session/end/confirm', provider.issuer), {
      method: 'POST',
      body: new URLSearchParams({ xsrf: /name="xsrf" value="([^"]+)"/.exec(page.body)![1]!, logout: 'yes' }).toString(),
      follow: false,
    })
    .then((seen) => seen.headers.location)
  expect(answer).toBe('http://127.0.0.1:9/')
  expect((await authorize(configuration, client, 'erika')).asked).toEqual(['choose', 'password'])
})

test('two providers at once do not share users, and print nothing', async () => {
  const spies = (['log', 'info', 'warn', 'error'] as const).map((name) => vi.spyOn(console, name))
  undo.push(() => vi.restoreAllMocks())
  const company = await start()
  const partner = await start({ people: externals, issuer: 'http://127.0.0.1:0' })
  expect(partner.issuer).toBe(`http://127.0.0.1:${partner.port}`)
  const one = await (await authorize(await discover(company), person(), 'erika')).redeem!()
  const two = await (await authorize(await discover(partner), person(), 'miro')).redeem!()
  expect([one.claims()!.iss, two.claims()!.iss]).toEqual([company.issuer, partner.issuer])
  await expect(oidc.refreshTokenGrant(await discover(partner), one.refresh_token!)).rejects.toMatchObject({
    error: 'invalid_grant',
  })
  for (const spy of spies) expect(spy).not.toHaveBeenCalled()
})

test('rejects a foreign Host (DNS rebinding)', async () => {
  const provider = await start()
  const seen = await person().go(`${provider.issuer}/.well-known/openid-configuration`, {
    headers: { host: 'evil.example.com' },
  })
  expect(seen.status).toBe(421)
})

test('rejects with EADDRINUSE if the port is in use', async () => {
  const provider = await start()
  await expect(start({ port: provider.port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
})
