// Providers: discovery, back-off, JWKS cache, reload, client authentication, and the HTTP client.

import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import { createServer as createSocketServer, type AddressInfo } from 'node:net'
import { importSPKI, jwtVerify } from 'jose'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { concealValues } from '../../../src/config/load/secret-references.ts'
import { reachability } from '../../../src/identity/oidc/provider.ts'
import { createProviderHttp, ProviderUnreachable } from '../../../src/identity/oidc/provider-http.ts'
import type { ProviderUnderTest } from '../../support/provider-under-test.ts'
import { environmentAtProvider, settingsOf, signedIn, type SignInEnvironment } from '../sign-in-environment.ts'

let provider: ProviderUnderTest
let environment: SignInEnvironment

beforeEach(() => environmentAtProvider((opened) => ({ provider, environment } = opened)))

const discovery = '/.well-known/openid-configuration'

describe('a provider', () => {
  test('is discovered on first use, once for concurrent requests', async () => {
    expect(provider.hits.size).toBe(0)
    await Promise.all(Array.from({ length: 20 }, () => environment.providers.get('corp')!.connect()))
    await environment.providers.get('corp')!.connect()
    expect(provider.hits.get(discovery)).toBe(1)
  })

  test('whose secret was rotated is replaced, although secrets are not in its JSON', () => {
    const secret = (clientSecret: string) =>
      new Map([['corp', concealValues({ ...settingsOf(provider), clientSecret }, ['clientSecret'])]])
    environment.providers.update(secret('old'))
    const before = environment.providers.get('corp')
    environment.providers.update(secret('old'))
    expect(environment.providers.get('corp')).toBe(before)
    environment.providers.update(secret('new'))
    expect(environment.providers.get('corp')).not.toBe(before)
  })

  test('that is down is not reachable, and the health check does not wait for one that never responds', async () => {
    expect(await reachability(environment.providers, 2000)).toEqual([{ name: 'corp', reachable: true }])
    const silent = createSocketServer(() => {})
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as AddressInfo
    const late = { ...settingsOf(provider), issuer: `http://127.0.0.1:${port}` }
    environment.providers.update(new Map([['corp', late]]))
    expect(await reachability(environment.providers, 50)).toEqual([{ name: 'corp', reachable: false }])
    silent.close()
  })

  test('that is down is retried with back-off, and recovers', async () => {
    await provider.pause()
    const corp = environment.providers.get('corp')!
    await expect(corp.connect()).rejects.toBeInstanceOf(ProviderUnreachable)
    await provider.resume()
    await expect(corp.connect()).rejects.toBeInstanceOf(ProviderUnreachable)
    expect(provider.hits.size).toBe(0)
    environment.advance(1001)
    await expect(corp.connect()).resolves.toMatchObject({ metadata: { issuer: provider.issuer } })
  })

  test('is retried without limit: after a long outage one call is enough', async () => {
    await provider.pause()
    const corp = environment.providers.get('corp')!
    for (let round = 0; round < 20; round += 1) {
      await expect(corp.connect()).rejects.toBeInstanceOf(ProviderUnreachable)
      environment.advance(30_001)
    }
    await provider.resume()
    provider.now = environment.now
    signedIn(await environment.enter(provider.visit))
  })

  test('whose endpoints moved is rediscovered after an hour, and stays usable meanwhile', async () => {
    signedIn(await environment.enter(provider.visit))
    environment.advance(3_600_001)
    provider.now = environment.now
    await provider.pause()
    const corp = environment.providers.get('corp')!
    await expect(corp.connect()).resolves.toBeDefined()
    await provider.resume()
    const asked = async (): Promise<number | undefined> => {
      environment.advance(31_000)
      await corp.connect()
      return provider.hits.get(discovery)
    }
    await expect.poll(asked).toBe(2)
  })

  test('that is unreachable for a moment fails only the callbacks of that moment', async () => {
    signedIn(await environment.enter(provider.visit))
    const away = await environment.enter(async (location) => {
      const query = await provider.visit(location)
      await provider.pause()
      return query
    })
    expect(away).toMatchObject({ state: 'failed', failure: { code: 'provider_unreachable' } })
    await provider.resume()
    signedIn(await environment.enter(provider.visit))
  })

  test('whose key set breaks is used with the last good keys', async () => {
    signedIn(await environment.enter(provider.visit))
    provider.deviation = { jwks: () => ({ keys: [] }) }
    environment.advance(61_000)
    provider.now = environment.now
    signedIn(await environment.enter(provider.visit))
    expect(provider.hits.get('/jwks')).toBe(2)
  })

  test('keeps its metadata over a reload that does not change it, and drops it otherwise', async () => {
    await environment.providers.get('corp')!.connect()
    environment.providers.update(new Map([['corp', settingsOf(provider)]]))
    await environment.providers.get('corp')!.connect()
    expect(provider.hits.get(discovery)).toBe(1)
    environment.providers.update(new Map([['corp', settingsOf(provider, { scopes: ['openid'] })]]))
    await environment.providers.get('corp')!.connect()
    expect(provider.hits.get(discovery)).toBe(2)
  })
})

describe('client authentication', () => {
  test('uses client_secret_post when the provider supports nothing else', async () => {
    provider.deviation = {
      metadata: (metadata) => ({ ...metadata, token_endpoint_auth_methods_supported: ['client_secret_post'] }),
    }
    await environment.enter(provider.visit)
    expect(provider.tokenRequests[0]!.get('client_secret')).toBe(provider.clientSecret)
  })

  test.each([
    ['ES256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['RS256', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['Ed25519', () => generateKeyPairSync('ed25519')],
  ])('with an assertion signed by its key (%s)', async (alg, generate) => {
    const { privateKey, publicKey } = generate()
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
    environment.providers.update(
      new Map([['corp', settingsOf(provider, { clientSecret: undefined, privateKey: pem })]]),
    )
    await environment.enter(provider.visit)
    const form = provider.tokenRequests[0]!
    expect(form.has('client_secret')).toBe(false)
    const key = await importSPKI(publicKey.export({ type: 'spki', format: 'pem' }) as string, alg)
    const { payload } = await jwtVerify(form.get('client_assertion')!, key, { audience: provider.issuer })
    expect(payload).toMatchObject({ iss: provider.clientId, sub: provider.clientId })
  })
})

describe('requests to providers', () => {
  const transport = createProviderHttp()
  afterAll(() => transport.close())

  test('reach names below localhost without a resolver', async () => {
    const server = createServer((_request, response) => response.end('{}'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const answer = await transport.fetch(`http://login.corp.localhost:${port}/`, { method: 'GET', headers: {} })
    expect(answer.status).toBe(200)
    server.close()
    server.closeAllConnections()
  })

  test.each([
    'http://example.com/',
    'http://192.0.2.1/',
    'http://localhost.evil.test/',
    'ftp://localhost/',
    'http://10.0.0.1/',
  ])('never go to %s without TLS', async (url) => {
    const startedAt = Date.now()
    await expect(transport.fetch(url, { method: 'GET', headers: {} })).rejects.toBeInstanceOf(ProviderUnreachable)
    expect(Date.now() - startedAt).toBeLessThan(4000)
  })

  test('accept no content encoding, and survive a response that is not HTTP', async () => {
    let asked = ''
    const server = createSocketServer((socket) => {
      socket.on('error', () => undefined)
      socket.on('data', (data) => {
        asked += data.toString()
        socket.end('\u0000\u0001 what')
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const url = `http://127.0.0.1:${port}/`
    await expect(transport.fetch(url, { method: 'GET', headers: {} })).rejects.toBeInstanceOf(ProviderUnreachable)
    expect(asked.toLowerCase()).toContain('accept-encoding: identity')
    server.close()
  })
})
