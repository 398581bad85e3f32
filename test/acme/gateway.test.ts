// A gateway with `gateway.acme` from its configuration on: first certificates, http-01 beside the redirect, reload, `status`.

import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { callApi } from '../../src/cli/admin-client.ts'
import { freePorts } from '../../src/demo/listen.ts'
import { startGateway, type WorkingGateway } from '../../src/server/start-gateway.ts'
import type { Status } from '../../src/server/management/status.ts'
import { findPebble, startPebble, type Pebble } from '../support/pebble.ts'
import { run } from '../attacks/run-cli.ts'
import { shownFor } from './acme-node.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'einlass-acme-'))
  await writeFile(join(folder, 'secret.key'), randomBytes(32).toString('base64'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

interface Running {
  readonly gateway: WorkingGateway
  readonly port: number
  readonly plain: number
  readonly socket: string
  reload(apps: readonly string[], acme?: object): Promise<void>
  status(): Promise<Status>
}

async function start(pebble: Pebble, challenge: string, http1: 'einlass' | 'node'): Promise<Running> {
  const [id] = (await freePorts(1)) as [number]
  const file = join(folder, `${id}.yaml`)
  const socket = join(folder, `${id}.sock`)
  const write = (apps: readonly string[], more: object = {}): Promise<void> =>
    writeFile(
      file,
      JSON.stringify({
        gateway: {
          url: 'https://access.example.com',
          listen: [{ address: `127.0.0.1:${pebble.tlsPort}` }],
          http: `127.0.0.1:${pebble.httpPort}`,
          acme: {
            terms_of_service: 'agreed',
            directory: pebble.directory,
            ca: pebble.ca,
            challenges: challenge,
            ...more,
          },
          http1,
          secret_key: 'file:secret.key',
          operations: false,
          admin_socket: socket,
        },
        store: `sqlite:${id}.db`,
        identity: { issuer: 'http://127.0.0.1:9', client_id: 'einlass', client_secret: 'env:SECRET' },
        audit: { file: { path: `${id}.jsonl` } },
        apps: Object.fromEntries(
          apps.map((name) => [
            name,
            {
              from: `https://${name}.example.com`,
              to: 'http://127.0.0.1:9',
              policy: [{ allow: { groups: ['staff'] } }],
            },
          ]),
        ),
      }),
    )
  await write(['wiki'])
  const started = await startGateway({ file, env: { SECRET: 'of-this-test' }, logLevel: 'silent' })
  if (started.state === 'refused') throw new Error(started.problems.join('\n'))
  const { gateway } = started
  onTestFinished(() => gateway.stop(0))
  return {
    gateway,
    port: gateway.ports[0]!,
    plain: gateway.redirectPorts[0]!,
    socket,
    async reload(apps, acme) {
      await write(apps, acme)
      expect(await gateway.reload()).toMatchObject({ state: 'applied', needsRestart: [] })
    },
    status: async () => (await callApi(socket, 'GET', '/status')).value as Status,
  }
}

const valid = async ({ status }: Running) =>
  (await status()).certificates.filter(({ state }) => state === 'valid').map(({ host }) => host)

function ask(
  port: number,
  host: string,
  path: string,
): Promise<{ status: number; location: string | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ host: '127.0.0.1', port, path, agent: false, headers: { host } })
    outgoing.on('error', reject).on('response', (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += String(chunk)))
      response.on('end', () => resolve({ status: response.statusCode!, location: response.headers.location, body }))
    })
    outgoing.end()
  })
}

describe.skipIf(findPebble() === undefined).each(['einlass', 'node'] as const)(
  'a gateway with an authority (pebble), HTTP/1 server %s',
  (http1) => {
    let pebble: Pebble
    beforeAll(async () => {
      pebble = await startPebble()
    })
    afterAll(() => pebble.stop())

    test.each(['tls-alpn-01', 'http-01'])('%s: from nothing to https, and a new app at a reload', async (challenge) => {
      const running = await start(pebble, challenge, http1)
      await expect.poll(() => valid(running), { timeout: 10_000 }).toEqual(['access.example.com', 'wiki.example.com'])
      const ca = await pebble.root()
      const status = await new Promise((resolve, reject) => {
        const options = {
          host: '127.0.0.1',
          port: running.port,
          path: '/',
          ca,
          servername: 'wiki.example.com',
          agent: false,
        }
        httpsRequest({ ...options, headers: { host: 'wiki.example.com' } }, (answer) =>
          resolve(answer.resume().statusCode),
        )
          .on('error', reject)
          .end()
      })
      expect(status).toBe(401)
      await running.reload(['docs'])
      await expect.poll(() => valid(running), { timeout: 10_000 }).toEqual(['access.example.com', 'docs.example.com'])
      expect(await shownFor(running.port, 'wiki.example.com')).toBeUndefined()
      const said = await run(['status', '--socket', running.socket])
      expect(said.text).toMatch(/certificate +docs\.example\.com: until .*, by Pebble .*, renewed at /)
    })

    test('a token that is not ours follows the redirect to the app, and no spelling of a path gets an answer', async () => {
      const running = await start(pebble, 'http-01', http1)
      const own = '/.well-known/acme-challenge/token-of-the-app'
      expect(await ask(running.plain, 'wiki.example.com', own)).toMatchObject({
        status: 308,
        location: `https://wiki.example.com${own}`,
      })
      expect((await ask(running.plain, 'stranger.example.com', own)).status).toBe(404)
      for (const path of ['', '..', '../../secret.key', '%2e%2e/secret.key', '../acme-challenge/x?y', 'a/b']) {
        const answer = await ask(running.plain, 'wiki.example.com', `/.well-known/acme-challenge/${path}`)
        expect([308, 400]).toContain(answer.status)
      }
    })

    test('an authority that cannot reach us: `status` says why, and exits with 1', async () => {
      const running = await start({ ...pebble, tlsPort: (await freePorts(1))[0]! } as Pebble, 'tls-alpn-01', http1)
      await expect
        .poll(async () => (await running.status()).certificates.every(({ failure }) => failure !== null), {
          timeout: 15_000,
        })
        .toBe(true)
      expect(await shownFor(running.port, 'wiki.example.com')).toBeUndefined()
      const said = await run(['status', '--socket', running.socket])
      expect(said.code).toBe(1)
      expect(said.text).toContain(
        'certificate    wiki.example.com: NONE YET: https connections to this host are refused',
      )
      expect(said.text).toMatch(
        /! wiki\.example\.com: no certificate yet: .* Failed once since .*: the authority did not get our answer on port 443 .* To mend it: let port 443 from the internet reach/,
      )
      const metrics = await running.gateway.management.metrics.text()
      expect(metrics).toContain('einlass_certificate_ends_seconds{host="wiki.example.com"} 0')
    })
  },
)
