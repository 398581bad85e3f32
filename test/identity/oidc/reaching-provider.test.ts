// A provider inside a company, against a real one: private CA, outbound proxy, split endpoints, each method of client authentication.

import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent, ProxyAgent, type Dispatcher } from 'undici'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { ProviderSettings } from '../../../src/config/provider-settings.ts'
import { createProviders } from '../../../src/identity/oidc/provider.ts'
import { providerTiming, type ProviderTiming } from '../../../src/identity/oidc/provider-timing.ts'
import { certificateFolder, type TestCertificate } from '../../support/certificates.ts'
import { startCompanyProvider, type CompanyProvider } from '../../support/company-provider.ts'
import { startConnectProxy, type ConnectProxy } from '../../support/connect-proxy.ts'
import {
  createSignInEnvironment,
  gateway,
  settingsOf,
  signedIn,
  type SignInEnvironment,
} from '../sign-in-environment.ts'

const folder = certificateFolder()
const secret = 'a client secret with + and % and :'
const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const privateKey = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
const redirect_uris = [`${gateway.origin}/callback/corp`]
const clients = [
  { client_id: 'basic', client_secret: secret, token_endpoint_auth_method: 'client_secret_basic' as const },
  { client_id: 'post', client_secret: secret, token_endpoint_auth_method: 'client_secret_post' as const },
  {
    client_id: 'private_key_jwt',
    token_endpoint_auth_method: 'private_key_jwt' as const,
    jwks: {
      keys: [
        {
          ...createPublicKey(keys.publicKey.export({ type: 'spki', format: 'pem' })).export({ format: 'jwk' }),
          alg: 'ES256',
        },
      ],
    },
  },
  {
    client_id: 'tls',
    token_endpoint_auth_method: 'tls_client_auth' as const,
    tls_client_auth_san_dns: 'einlass.corp.example',
  },
].map((client) => ({ ...client, redirect_uris, grant_types: ['authorization_code', 'refresh_token'] }))

let certificate: TestCertificate
let own: TestCertificate
let provider: CompanyProvider
let browser: Dispatcher

beforeAll(async () => {
  certificate = folder.make(['idp.corp.example', 'localhost'])
  own = folder.make(['einlass.corp.example'])
  provider = await startCompanyProvider({ certificate, clientCa: own.pem, clients: clients as never })
  browser = new Agent({ connect: { ca: certificate.pem } })
})
afterEach(() => {
  provider.hits.length = 0
  provider.granted.length = 0
})
afterAll(async () => {
  await browser.destroy()
  await provider.stop()
  folder.remove()
})

type Client = 'basic' | 'post' | 'private_key_jwt' | 'tls'

function open(client: Client, changed: Partial<ProviderSettings> = {}, timing?: ProviderTiming): SignInEnvironment {
  const settings = settingsOf(
    { issuer: provider.issuer, clientId: client, clientSecret: secret },
    {
      ca: certificate.pem,
      scopes: ['openid', 'profile', 'email'],
      scopesWhereListed: ['offline_access', 'groups'],
      clientAuth: client,
      ...(client === 'private_key_jwt' && { clientSecret: undefined, privateKey }),
      ...(client === 'tls' && { clientSecret: undefined, clientCertificate: clientCertificate() }),
      ...changed,
    },
  )
  const environment = createSignInEnvironment([settings], timing && { timing })
  onTestFinished(() => environment.stop())
  return environment
}

function clientCertificate() {
  return { cert: own.pem, key: readFileSync(own.key, 'utf8') }
}

const methods: Record<Client, string> = {
  basic: 'client_secret_basic',
  post: 'client_secret_post',
  private_key_jwt: 'private_key_jwt',
  tls: 'tls_client_auth',
}

test.each(Object.keys(methods) as Client[])(
  'client_auth: %s signs in and refreshes at a real provider, which sees that it was used',
  async (client) => {
    const environment = open(client)
    const session = signedIn(await environment.enter((location) => provider.visit(location, browser)))
    expect(session.subject).toMatchObject({ sub: 'ada', groups: ['staff'] })
    expect(await environment.revalidation.revalidate(session)).toMatchObject({ state: 'confirmed' })
    const certificateShown = client === 'tls' ? 'einlass.corp.example' : undefined
    expect(provider.granted).toEqual(
      Array.from({ length: 2 }, () => ({ client, method: methods[client], certificate: certificateShown })),
    )
    // RFC 8705 section 5: the aliases are for those who show a certificate.
    const token = client === 'tls' ? 'mtls /token' : 'tls /token'
    expect(provider.hits.filter((hit) => hit.endsWith('/token'))).toEqual([token, token])
  },
)

test('a wrong secret, key or certificate is refused by the provider: each was really checked', async () => {
  const failure = async (client: Client, changed: Partial<ProviderSettings>) => {
    const result = await open(client, changed).enter((location) => provider.visit(location, browser))
    return result.state === 'failed' ? result.failure.detail : result.state
  }
  expect(await failure('basic', { clientSecret: 'another secret' })).toBe('invalid_client')
  expect(await failure('post', { clientSecret: 'another secret' })).toBe('invalid_client')
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const forged = other.export({ type: 'pkcs8', format: 'pem' }) as string
  expect(await failure('private_key_jwt', { privateKey: forged })).toBe('invalid_client')
  const made = folder.make(['stranger.corp.example'])
  const stranger = { cert: made.pem, key: readFileSync(made.key, 'utf8') }
  expect(await failure('tls', { clientCertificate: stranger })).toBe('invalid_client')
})

test('a provider with a certificate of a private CA is unreachable without `ca`, and the reason says so', async () => {
  const started = await open('basic', { ca: undefined }).signIn.authorize({
    provider: 'corp',
    returnContext: undefined,
    stepUp: undefined,
    loginHint: undefined,
    cookies: undefined,
    address: '192.0.2.7',
  })
  expect(started).toMatchObject({
    state: 'failed',
    failure: {
      code: 'provider_unreachable',
      detail: expect.stringMatching(/certificate of the provider is not accepted/),
    },
  })
})

test('after a reload with another `ca` the provider is reached at once, by connections of its own', async () => {
  const environment = open('basic', { ca: own.pem })
  const before = environment.providers.get('corp')!
  await expect(before.connect()).rejects.toThrow('certificate')
  environment.providers.update(new Map([['corp', { ...before.settings, ca: certificate.pem }]]))
  await expect(environment.providers.get('corp')!.connect()).resolves.toMatchObject({
    metadata: { issuer: provider.issuer },
  })
  signedIn(await environment.enter((location) => provider.visit(location, browser)))
})

test('the back channel goes to inner addresses by plain HTTP, browsers to the outer ones', async () => {
  const inside = `http://127.0.0.1:${provider.ports.plain}`
  const endpoints = {
    discovery: `${inside}/.well-known/openid-configuration`,
    token: `${inside}/token`,
    jwks: `${inside}/jwks`,
    userinfo: `${inside}/me`,
    authorization: `${provider.issuer}/auth`,
    end_session: `${provider.issuer}/session/end`,
  }
  const environment = open('basic', { endpoints })
  signedIn(await environment.enter((location) => provider.visit(location, browser)))
  expect(new Set(provider.hits.filter((hit) => hit.startsWith('plain')))).toEqual(
    new Set(['plain /.well-known/openid-configuration', 'plain /token', 'plain /jwks', 'plain /me']),
  )
  expect(provider.hits.filter((hit) => hit.startsWith('tls')).some((hit) => /token|jwks|known/.test(hit))).toBe(false)
})

test('a metadata document from inside does not lead browsers out of TLS', async () => {
  const discovery = `http://127.0.0.1:${provider.ports.plain}/.well-known/openid-configuration`
  await expect(open('basic', { endpoints: { discovery } }).providers.get('corp')!.connect()).rejects.toThrow(
    'the metadata sends browsers to an address without TLS',
  )
})

async function behindProxy(
  credentials: string | undefined,
  run: (proxy: ConnectProxy, company: CompanyProvider, browserThere: Dispatcher) => Promise<void>,
): Promise<void> {
  const proxy = await startConnectProxy(credentials)
  const company = await startCompanyProvider({
    certificate,
    clientCa: own.pem,
    clients: clients as never,
    issuer: 'https://idp.corp.example',
  })
  proxy.resolve = () => ({ host: '127.0.0.1', port: company.ports.tls })
  const browserThere = new ProxyAgent({ uri: proxy.url, requestTls: { ca: certificate.pem } })
  try {
    await run(proxy, company, browserThere)
  } finally {
    await browserThere.destroy()
    await company.stop()
    await proxy.stop()
  }
}

test('a provider behind an outbound proxy with credentials: sign-in and refresh', async () => {
  await behindProxy('gateway:pass-word', async (proxy, company, browserThere) => {
    const environment = open('basic', { issuer: company.issuer, proxy: proxy.url })
    const session = signedIn(await environment.enter((location) => company.visit(location, browserThere)))
    proxy.asked.length = 0
    environment.advance(300_000)
    expect(await environment.revalidation.revalidate(session)).toMatchObject({ state: 'confirmed' })
    expect(company.granted).toHaveLength(2)
  })
})

test('wrong credentials of the proxy are named as such, without the credentials', async () => {
  await behindProxy('gateway:pass-word', async (proxy, company) => {
    const wrong = proxy.url.replace('pass-word', 'pass-werd')
    const error = await open('basic', { issuer: company.issuer, proxy: wrong })
      .providers.get('corp')!
      .connect()
      .catch((one: unknown) => one as Error)
    expect(String((error as Error).message)).toBe('the outbound proxy answered with status 407')
  })
})

test('behind a proxy that answers nothing, one time-out holds requests, and then sign-ins are refused at once', async () => {
  await behindProxy(undefined, async (proxy, company, browserThere) => {
    const timing = { ...providerTiming, request: 3000 }
    const environment = open('basic', { issuer: company.issuer, proxy: proxy.url }, timing)
    const session = signedIn(await environment.enter((location) => company.visit(location, browserThere)))
    proxy.mode = 'silent'
    await proxy.closeTunnels()
    const since = performance.now()
    expect(await environment.revalidation.revalidate(session)).toEqual({ state: 'unreachable' })
    expect(performance.now() - since).toBeLessThan(timing.request)
    expect(environment.providers.get('corp')!.available()).toBe(false)
    const second = performance.now()
    expect(await environment.revalidation.revalidate(session)).toEqual({ state: 'unreachable' })
    expect(performance.now() - second).toBeLessThan(1000)
    proxy.mode = 'tunnel'
    environment.advance(15_000)
    expect(await environment.revalidation.revalidate(session)).toMatchObject({ state: 'confirmed' })
  })
}, 40_000)

test('a proxy of the environment that cannot be used is in the log, by the name of its variable alone', async () => {
  const unreached = { issuer: 'https://idp.corp.example', clientId: 'basic', clientSecret: secret }
  const lines: unknown[] = []
  const providers = createProviders({
    settings: new Map([
      ['corp', settingsOf(unreached)],
      ['direct', settingsOf(unreached, { name: 'direct', proxy: 'none' })],
    ]),
    now: Date.now,
    log: (message, detail) => lines.push({ message, ...detail }),
    env: { https_proxy: 'gateway:hunter2@proxy.corp.example:3128' },
  })
  await providers.stop()
  expect(lines).toEqual([
    expect.objectContaining({ provider: 'corp', variable: 'HTTPS_PROXY', message: expect.stringMatching(/proxy/) }),
  ])
  expect(JSON.stringify(lines)).not.toContain('hunter2')
})
