// `einlass check --online` against real peers: a line with cause and mend for each thing that is broken, and none when nothing is.

import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { check } from '../../src/cli/check.ts'
import { staff } from '../../src/demo/people.ts'
import { startProvider } from '../../src/demo/provider/provider.ts'
import { folder } from '../config/config-fixtures.ts'
import { certificateFolder } from '../support/certificates.ts'
import { startHttpReceiver } from '../support/http-receiver.ts'
import { freePort, startRedis } from '../support/redis.ts'
import { startSmtpServer } from '../support/smtp-server.ts'
import { runInProcess } from './run-command.ts'

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop()
})

const secret = 'the-right-secret-of-the-client'
const password = 'the-password-of-the-mailbox'

async function serve(server: Server): Promise<number> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  stops.push(() => new Promise((done) => (server.closeAllConnections(), server.close(done))))
  return (server.address() as AddressInfo).port
}

const answering =
  (ahead = 0): RequestListener =>
  (_request, response) =>
    void response.writeHead(200, { date: new Date(Date.now() + ahead).toUTCString() }).end('ok')

async function provider(redirectUri: string): Promise<string> {
  const one = await startProvider({
    port: 0,
    people: staff,
    clients: [{ clientId: 'einlass', clientSecret: secret, redirectUris: [redirectUri] }],
  })
  stops.push(() => one.stop())
  return one.issuer
}

async function peers() {
  const certificates = certificateFolder()
  stops.push(() => certificates.remove())
  const certificate = certificates.make(['*.acme.localhost', 'nowhere.invalid'])
  const trusted = certificates.make(['localhost'])
  const redis = await startRedis({ aof: true })
  stops.push(() => redis.stop())
  const smtp = await startSmtpServer(trusted)
  stops.push(() => smtp.close())
  smtp.manners = { credentials: { user: 'einlass', password } }
  const hook = await startHttpReceiver()
  stops.push(() => hook.close())
  const tls = { cert: readFileSync(trusted.cert), key: readFileSync(trusted.key) }
  return {
    certificate,
    trusted,
    redis,
    smtp,
    hook,
    plain: await serve(createHttpServer(answering())),
    late: await serve(createHttpServer(answering(-3_600_000))),
    secure: await serve(createSecureServer(tls, answering())),
    closed: await freePort(),
  }
}

type Peers = Awaited<ReturnType<typeof peers>>

function text(all: Peers, part: { identity: string; apps: string; hook: string; redis?: string }): string {
  return `gateway: { url: "https://access.acme.localhost:8443", tls: { cert: ${all.certificate.cert}, key: ${all.certificate.key} }, secret_key: file:secret.key }
store: ${part.redis ?? all.redis.url}
identity:
  providers:
${part.identity}
audit:
  file: { path: audit.jsonl }
  sinks:
    - { kind: mail, url: "smtp://localhost:${all.smtp.port}", starttls: required, ca: ${all.trusted.cert}, user: einlass, password: env:MAIL_PASSWORD, from: einlass@acme.localhost, to: [it@acme.localhost] }
    - { kind: webhook, url: "${part.hook}", secret: env:HOOK_SECRET }
apps:
${part.apps}
`
}

const app = (name: string, to: string, more = '', host = `${name}.acme.localhost`) =>
  `  ${name}: { from: "https://${host}:8443", to: "${to}", policy: [{ allow: { groups: [staff] } }]${more} }`

const one = (name: string, issuer: string, key: string) =>
  `    ${name}: { issuer: "${issuer}", client_id: einlass, client_secret: env:${key} }`

async function online(content: string, ...more: string[]) {
  const cwd = await folder({ 'einlass.yaml': content })
  const variables = {
    RIGHT: secret,
    WRONG: 'another-secret-of-the-client',
    HOOK_SECRET: 'h'.repeat(40),
    MAIL_PASSWORD: password,
  }
  return runInProcess(check, ['--config', 'einlass.yaml', '--online', ...more], cwd, variables)
}

test('what is broken is named, each with its cause and its mend', async () => {
  const all = await peers()
  await all.redis.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
  await all.redis.command('CONFIG', 'SET', 'appendonly', 'no')
  all.smtp.manners = { credentials: { user: 'einlass', password: 'another' } }
  const content = text(all, {
    identity: [
      one('secret', await provider('https://access.acme.localhost:8443/callback/secret'), 'WRONG'),
      one('uri', await provider('https://access.acme.localhost/callback/uri'), 'RIGHT'),
      one('gone', `http://127.0.0.1:${all.closed}`, 'RIGHT'),
    ].join('\n'),
    hook: `http://127.0.0.1:${all.closed}/hook`,
    apps: [
      app('dns', `http://127.0.0.1:${all.plain}`, '', 'nowhere.invalid'),
      app('uncovered', `http://127.0.0.1:${all.plain}`, '', 'wiki.other.localhost'),
      app('refused', `http://127.0.0.1:${all.closed}`),
      app('plain', `https://127.0.0.1:${all.plain}`),
      app('authority', `https://localhost:${all.secure}`),
      app('late', `http://127.0.0.1:${all.late}`),
    ].join('\n'),
  })
  const { code, stdout } = await online(content)
  const failed = stdout.split('\n').filter((line) => line.startsWith('✗'))
  const expected = [
    /^✗ name nowhere\.invalid: cannot be resolved \(E\w+\); (create a DNS record|check the resolver)/,
    /^✗ certificate wiki\.other\.localhost: no certificate covers this host .*; add one under gateway\.tls/,
    /^✗ provider secret \(\S+\): the provider refuses this client \(invalid_client, .*\): check client_id, its secret/,
    /^✗ redirect URI at uri: https:\/\/access\.acme\.localhost:8443\/callback\/uri: the provider refuses it .*; enter exactly/,
    /^✗ provider gone \(\S+\): no response from 127\.0\.0\.1:\d+: check the network/,
    /^✗ upstream refused \(\S+\): ECONNREFUSED: .*; nothing listens at the address in `to`/,
    /^✗ upstream plain \(\S+\): .*; the application does not speak TLS there: write http: in `to`/,
    /^✗ upstream authority \(\S+\): \w+: .*; the certificate comes from an unknown authority/,
    /^✗ store eviction: maxmemory-policy allkeys-lru .*; set maxmemory-policy noeviction/,
    /^✗ store persistence: appendonly no: .*; set appendonly yes/,
    /^✗ mail mail \(localhost:\d+\): SMTP 535; check user and password of the sink/,
    /^✗ webhook webhook: ECONNREFUSED; nothing listens there/,
    /^✗ clock: app late is 3\d{3} s behind; set the clock there by NTP/,
  ]
  expect(failed).toEqual(expected.map((line) => expect.stringMatching(line)))
  expect(code).toBe(1)
  expect(stdout).not.toMatch(/another-secret|the-password|h{40}/)
  expect(all.smtp.mails).toEqual([])
  expect(all.hook.posted).toEqual([])

  const parsed = JSON.parse((await online(content, '--json')).stdout) as { online: { ok: boolean; mend?: string }[] }
  expect(parsed.online.filter(({ ok }) => !ok)).toHaveLength(expected.length)
}, 60_000)

test('with nothing broken every line is a tick, and the exit code 0', async () => {
  const all = await peers()
  const content = text(all, {
    identity: one('company', await provider('https://access.acme.localhost:8443/callback/company'), 'RIGHT'),
    hook: `${all.hook.url}/hook`,
    apps: [
      app('plain', `http://127.0.0.1:${all.plain}`),
      app('secure', `https://localhost:${all.secure}`, `, upstream_tls: { ca: ${all.trusted.cert} }`),
    ].join('\n'),
  })
  const { code, stdout } = await online(content)
  expect(stdout.split('\n').filter((line) => line.startsWith('✗'))).toEqual([])
  expect(code).toBe(0)
  for (const said of [
    /^✓ name access\.acme\.localhost: needs no DNS$/m,
    /^✓ certificate plain\.acme\.localhost: expires in 0 days, on .*: renew it; self-signed: browsers warn$/m,
    /^✓ provider company \(\S+\): answers; the client is accepted; /m,
    /^✓ redirect URI at company: \S+: the provider returns to it$/m,
    /^✓ upstream secure \(\S+\): answers with status 200$/m,
    /^✓ store \(redis:\S+\): writes, reads and expires$/m,
    /^✓ store eviction: maxmemory-policy noeviction$/m,
    /^✓ store persistence: appendonly yes$/m,
    /^✓ mail mail \(localhost:\d+\): connects, TLS, signs in$/m,
    /^✓ webhook webhook: answers with status 200 to HEAD$/m,
    /^✓ clock: agrees with .*provider company.* within 30 s$/m,
  ]) {
    expect(stdout).toMatch(said)
  }
  expect(all.smtp.mails).toEqual([])
}, 60_000)

test('a store that is away is said once, in time', async () => {
  const all = await peers()
  const content = text(all, {
    identity: one('company', await provider('https://access.acme.localhost:8443/callback/company'), 'RIGHT'),
    hook: `${all.hook.url}/hook`,
    apps: app('plain', `http://127.0.0.1:${all.plain}`),
    redis: `redis://:${password}@127.0.0.1:${all.closed}`,
  })
  const { code, stdout } = await online(content)
  expect(stdout.split('\n').filter((line) => line.startsWith('✗'))).toEqual([
    expect.stringMatching(
      /^✗ store \(redis:\/\/127\.0\.0\.1:\d+\): connect ECONNREFUSED .*; nothing listens at the address of `store`/,
    ),
  ])
  expect(stdout).not.toContain(password)
  expect(code).toBe(1)
}, 60_000)
