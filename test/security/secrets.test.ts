// Secrets do not leak: none in arguments, log (at its most verbose), audit or store, also when operations fail.

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSecurityEnvironment, root, type SecurityEnvironment, type Running } from './environment.ts'

let house: SecurityEnvironment
let gateway: Running
/** Secret values by kind, collected while the gateway ran. */
const secrets = new Map<string, Set<string>>()

function plant(kind: string, ...values: readonly (string | null | undefined)[]): void {
  const known = secrets.get(kind) ?? new Set()
  secrets.set(kind, known)
  for (const value of values) if (value !== null && value !== undefined && value.length >= 8) known.add(value)
}

/** Collects secrets from cookies, redirects and URLs a browser saw. */
function plantSeen(seen: readonly string[]): void {
  for (const text of seen) {
    const cookie = /^(__(?:Host|Secure)-[^=]+)=([^;]{8,})/.exec(text)
    if (cookie) plant(`cookie ${cookie[1]}`, cookie[2])
    const query = new URLSearchParams(text.slice(text.indexOf('?') + 1))
    for (const name of ['code', 'state', 'ticket', 'nonce']) plant(name, query.get(name))
  }
}

beforeAll(async () => {
  process.env['EINLASS_PLANTED'] = 'planted-secret-of-the-environment'
  house = await createSecurityEnvironment({
    session: { revalidate: '2s' },
    devices: {
      sources: [{ kind: 'trusted_header', secret: 'env:EINLASS_PLANTED', networks: ['192.0.2.0/24'] }],
    },
  })
  const { provider } = house
  plant('value from the environment', process.env['EINLASS_PLANTED'])
  plant('secret key', house.secretKey, house.secretKey.slice(0, 20))
  plant('client secret', provider.clientSecret, encodeURIComponent(provider.clientSecret))
  plant('client secret', Buffer.from(`${provider.clientId}:${provider.clientSecret}`).toString('base64'))
  const kept: typeof provider.deviation = {
    tokens(answer) {
      plant('token', ...['access_token', 'refresh_token', 'id_token'].map((name) => answer[name] as string))
      return answer
    },
  }
  provider.deviation = kept

  gateway = await house.start({
    node: ['--import', join(root, 'test/security/throw-uncaught.mjs')],
    words: ['--log-level', 'debug'],
  })
  const wiki = `${house.app}/page?token=planted-query-token&code=planted-query-code`
  plant('query', 'planted-query-token', 'planted-query-code')

  // Successful sign-ins, refreshes, then a rejected one.
  const ada = house.visitor()
  expect((await ada.open(wiki)).status).toBe(200)
  await ada.ask(wiki, { headers: { authorization: 'Bearer planted-bearer-of-the-app' } })
  plant('header', 'planted-bearer-of-the-app')
  await pause(2_500)
  expect((await ada.ask(wiki)).status).toBe(200)
  plantSeen(ada.seen)
  const callback = ada.seen.find((one) => one.includes('/callback/'))!
  const arrive = ada.seen.find((one) => one.includes('/.einlass/arrive?'))!
  expect(provider.tokenRequests.length).toBeGreaterThan(1)

  // Values that are used up, invented or of another session.
  const stranger = house.visitor()
  for (const url of [callback, arrive, callback.replace(/state=[^&]*/, 'state=planted-wrong-state')]) {
    expect((await stranger.ask(url)).status).toBeGreaterThanOrEqual(400)
  }
  await stranger.ask(wiki, { headers: { cookie: '__Host-einlass=planted-cookie-that-is-none' } })
  plant('made up', 'planted-wrong-state', 'planted-cookie-that-is-none')
  const { gateway: origin } = house
  for (const logout of [
    await provider.logoutToken((claims) => ({ ...claims, aud: 'else' })),
    'eyJhbGciOiJub25lIn0.planted.',
  ]) {
    plant('logout token', logout)
    const body = new URLSearchParams({ logout_token: logout }).toString()
    const answer = await stranger.ask(`${origin}/backchannel-logout/default`, { method: 'POST', body })
    expect(answer.status).toBe(400)
  }
  await stranger.ask(`${house.app}/..%2f`, { headers: { cookie: ada.jar.header(new URL(house.app)) } })

  // A provider that repeats its input in an error and in a page.
  const echo = `${provider.clientSecret} planted-by-the-provider`
  plant('told by the provider', 'planted-by-the-provider-token')
  for (const status of [400, 500]) {
    provider.deviation = {
      ...kept,
      reply(path, response) {
        if (path !== '/token') return false
        const told = {
          error: 'invalid_request',
          error_description: echo,
          access_token: 'planted-by-the-provider-token',
        }
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(told))
        return true
      },
    }
    const visitor = house.visitor()
    expect((await visitor.open(`${house.app}/`)).status).toBeGreaterThanOrEqual(400)
    plantSeen(visitor.seen)
  }
  provider.deviation = { ...kept, idToken: (right) => `${right.slice(0, -8)}AAAAAAAA` }
  const deceived = house.visitor()
  expect((await deceived.open(`${house.app}/`)).status).toBeGreaterThanOrEqual(400)
  plantSeen(deceived.seen)
  provider.deviation = kept

  // The provider rejects the refresh; then it is down; then the app is down.
  provider.disabled = true
  await pause(2_500)
  await ada.ask(wiki)
  await provider.pause()
  const late = house.visitor()
  await late.ask(`${origin}/sign-in`)
  plantSeen(late.seen)
  await provider.resume()
  provider.disabled = false
  const last = house.visitor()
  expect((await last.open(`${house.app}/`)).status).toBe(200)
  for (const { headers } of house.upstream.reached) {
    for (const [at, name] of headers.entries()) if (/assertion$/i.test(name)) plant('assertion', headers[at + 1])
  }
  await house.upstream.stop()
  await last.ask(wiki)
  plantSeen(last.seen)
  for (const form of provider.tokenRequests) {
    for (const name of ['code', 'code_verifier', 'refresh_token']) plant(name, form.get(name))
  }
  plant('nonce', provider.authorization.get('nonce'))

  const running = await readFile(`/proc/${gateway.pid}/cmdline`, 'utf8').catch(() => '')
  commandLine = running
  gateway.signal('SIGUSR2')
  plant('unforeseen', 'planted-password', 'planted-code')
  await gateway.gone
}, 60_000)
let commandLine = ''
afterAll(async () => {
  delete process.env['EINLASS_PLANTED']
  await house?.stop()
})

/** Kinds and values of secrets found in a text. */
function foundIn(text: string): string[] {
  return [...secrets].flatMap(([kind, values]) =>
    [...values].filter((value) => text.includes(value)).map((value) => `${kind}: ${value}`),
  )
}

test('secrets of every kind were collected', () => {
  const kinds = [
    'secret key',
    'client secret',
    'token',
    'code',
    'state',
    'ticket',
    'nonce',
    'code_verifier',
    'refresh_token',
  ]
  for (const kind of [...kinds, 'assertion', 'logout token']) expect(secrets.get(kind)?.size, kind).toBeGreaterThan(0)
  const cookies = [...secrets.keys()].filter((kind) => kind.startsWith('cookie '))
  expect(cookies.length).toBeGreaterThan(1)
  expect(foundIn(house.secretKey)).not.toEqual([])
})

test('the log at its most verbose has none, through sign-ins, denials and failures', () => {
  const output = gateway.output()
  expect(output.split('\n').length).toBeGreaterThan(10)
  expect(output).toContain('einlass: unexpected error, stopping')
  expect(foundIn(output)).toEqual([])
  // Nor anything else that looks like a token.
  expect(output).not.toMatch(/eyJ[\w-]{10,}\./)
})

test('the audit has none', async () => {
  const audit = await house.audit()
  expect(audit.split('\n').length).toBeGreaterThan(10)
  expect(foundIn(audit)).toEqual([])
  expect(audit).not.toMatch(/eyJ[\w-]{10,}\./)
})

test('the store has none, searched byte by byte', async () => {
  const files = (await readdir(house.folder)).filter((name) => name.startsWith('einlass.db'))
  expect(files.length).toBeGreaterThan(0)
  for (const file of files) {
    const bytes = await readFile(join(house.folder, file), 'latin1')
    expect(foundIn(bytes), file).toEqual([])
  }
})

test.skipIf(process.platform !== 'linux')('nor has the list of processes', () => {
  expect(commandLine).toContain('einlass.mjs')
  expect(foundIn(commandLine)).toEqual([])
})
