// Two apps on one host by path, with one session cookie: sign-in, step-up, session limits, streams, pages and sign-out of each.

import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startGatewayInProcess, type GatewayInProcess } from '../support/gateway-in-process.ts'
import type { Answer, Person } from '../support/user-client.ts'

let stage: GatewayInProcess
let host: string
let thomas: Person

beforeAll(async () => {
  const staff = { policy: [{ allow: {} }] }
  const apps = {
    wiki: { ...staff, title: 'The wiki', session: { keep_storage: true } },
    vault: { title: 'The vault', policy: [{ allow: { mfa: true } }], session: { idle: '10m' } },
    wide: staff,
  }
  stage = await startGatewayInProcess(apps, { session: { idle: '1h', revalidate: '1h', grace: '1h' } })
  host = `http://intranet.localhost:${stage.port}`
  await stage.configure(({ apps: { wiki, vault, wide } }) => {
    Object.assign(wiki!, { from: `${host}/wiki`, to: `${stage.app.origin}/` })
    Object.assign(vault!, { from: `${host}/wiki/vault`, to: `${stage.app.origin}/safe` })
    Object.assign(wide!, { from: `${host}/wide` })
  })
  thomas = stage.person('thomas')
})
afterAll(() => stage?.stop())

const ask = (path: string, page = false, headers: Record<string, string> = {}): Promise<Answer> =>
  thomas.ask(host + path, stage.port, { page, headers })
const codeOf = ({ status, body }: Answer): string =>
  `${status} ${(JSON.parse(body) as { reasons?: { code: string }[] }).reasons?.[0]?.code}`

test('a sign-in returns to the very page, and its cookie opens the other app as far as its own rules allow', async () => {
  const seen = await thomas.signIn(`${host}/wiki/deep/page?x=1`, stage.port)
  expect([seen.status, seen.url.href]).toEqual([200, `${host}/wiki/deep/page?x=1`])
  expect(stage.app.reached.at(-1)?.url).toBe('/deep/page?x=1')
  expect((await ask('/wide/x')).status).toBe(200)
  expect(codeOf(await ask('/wiki/vault/x'))).toBe('401 mfa_required')
})

test('a stream of one app ends when that app does, and not with another of the host', async () => {
  const stream = await thomas.stream(`${host}/wiki/events`, stage.port)
  const socket = await thomas.socket(`${host}/wiki/live`, stage.port)
  const allow = (paths: string[]) => ({ policy: [{ allow: { paths } }] })
  await stage.configure(({ apps: { wide } }) => Object.assign(wide!, allow(['/wide/a/*'])))
  const before = stream.heard()
  await expect.poll(() => stream.heard()).toBeGreaterThan(before)
  await socket.echo('still here')
  await stage.configure(({ apps: { wiki } }) => Object.assign(wiki!, allow(['/wiki/a/*'])))
  await expect
    .poll(() => stream.endedAt() !== undefined && socket.endedAt() !== undefined, { timeout: 3_000 })
    .toBe(true)
  await stage.configure(({ apps: { wiki, wide } }) => {
    Object.assign(wiki!, { policy: [{ allow: {} }] })
    Object.assign(wide!, { policy: [{ allow: {} }] })
  })
})

test('a step-up at one leads back to its page; the other goes on, and each is told by an assertion of its own', async () => {
  const seen = await thomas.signIn(`${host}/wiki/vault/door`, stage.port)
  expect([seen.status, seen.url.href]).toEqual([200, `${host}/wiki/vault/door`])
  expect(stage.app.reached.at(-1)?.url).toBe('/safe/door')
  expect((await ask('/wiki/x')).status).toBe(200)
  const audienceOf = (url: string): unknown => {
    const { headers } = stage.app.reached.findLast((request) => request.url === url)!
    return decodeJwt(headers[headers.findIndex((one) => one.toLowerCase() === 'x-einlass-jwt-assertion') + 1]!).aud
  }
  expect([audienceOf('/safe/door'), audienceOf('/x')]).toEqual([`${host}/wiki/vault`, `${host}/wiki`])
})

test('the audit names the app that was reached', async () => {
  await ask('/wiki/vault/noted')
  const line = await stage.event((one) => JSON.stringify(one).includes('/wiki/vault/noted'))
  expect(JSON.stringify(line)).toContain('"vault"')
})

test('a page that cannot be kept leads to the first page of its app, not to the root of the host', async () => {
  const other = stage.person('thomas')
  const seen = await other.signIn(`${host}/wiki/${'x'.repeat(3_000)}`, stage.port)
  expect([seen.status, seen.url.href]).toEqual([200, `${host}/wiki/`])
})

test('a stricter session limit of one app does not reach the other', async () => {
  stage.clock.ahead += 11 * 60_000
  expect(codeOf(await ask('/wiki/vault/x'))).toBe('401 session_idle')
  expect((await ask('/wiki/x')).status).toBe(200)
})

describe('pages of Einlass on the host', () => {
  test('`/.einlass/session` speaks of the app whose page asks, or of the one named', async () => {
    const app = async (path: string, referer?: string): Promise<string> => {
      const { body } = await ask(path, false, referer === undefined ? {} : { referer })
      return (JSON.parse(body) as { app: { name: string } }).app.name
    }
    expect(await app('/.einlass/session', `${host}/wiki/vault/x`)).toBe('vault')
    expect(await app('/.einlass/session', `${host}/wiki/vaults`)).toBe('wiki')
    expect(await app('/.einlass/session?app=vault')).toBe('vault')
    // No app of this host.
    expect(await app('/.einlass/session?app=nothing', `${host}/wiki/x`)).toBe('wiki')
    expect(await app('/.einlass/session', `http://evil.example/wiki/vault/x`)).not.toBe('vault')
  })

  test('the portal and pages lead to the path', async () => {
    await thomas.signIn(`${stage.origin('access')}/`, stage.port)
    const { body } = await thomas.ask(`${stage.origin('access')}/`, stage.port, { page: true })
    expect(body).toContain(`href="${host}/wiki/"`)
    expect(body).toContain(`href="${host}/wiki/vault/"`)
    expect(body.replaceAll(/\s+/g, '')).toContain(`intranet.localhost:${stage.port}/wiki/vault<`)
  })

  test('a sign-out begins at the app, and empties the host: storage is kept only where all its apps keep it', async () => {
    const left = await ask('/.einlass/sign-out', true, { referer: `${host}/wiki/x` })
    const location = new URL(left.headers.location!)
    expect([location.pathname, location.searchParams.get('app')]).toEqual(['/sign-out', 'wiki'])
    const done = await thomas.ask(`${host}/.einlass/sign-out`, stage.port, { method: 'POST', page: true, body: '' })
    expect(done.headers['clear-site-data']).toBe('"cache", "storage"')
    for (const path of ['/wiki/x', '/wiki/vault/x', '/wide/x']) expect((await ask(path)).status).toBe(401)
  })
})
