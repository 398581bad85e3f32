// What is compared: the gateway with everything on, the bare forwarder, and nginx where it is installed.

import { generateKeyPairSync, randomBytes, randomUUID, type KeyObject } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, SignJWT } from 'jose'
import { request } from 'undici'
import { startProvider } from '../src/demo/provider.ts'
import { createTourClient, type Seen, type TourClient } from '../src/demo/tour-client.ts'
import { configuration } from './configuration.ts'
import type { Target } from './load.ts'
import { findProgram, freePort, start, type Cores, type Running } from './processes.ts'
import { proxyConfiguration, upstreamConfiguration } from './nginx.ts'
import { openRedis } from './redis.ts'

export interface Contenders {
  /** For bodies of so many bytes. */
  targets(size: number): Target[]
  redisCommandsPerRequest(): Promise<number>
  stop(): Promise<void>
}

const person = {
  username: 'bench',
  name: 'Bea Bench',
  email: 'bea@example.com',
  password: 'bench',
  groups: ['staff', 'finance', 'group-07'],
  secondFactor: 'totp',
} as const

/** As a browser sends them. */
const browser = {
  'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
  Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'Accept-Language': 'de-DE,de;q=0.9,en;q=0.8',
  'Sec-Fetch-Site': 'same-origin',
  'Sec-Fetch-Mode': 'cors',
  'Sec-Fetch-Dest': 'empty',
}

export async function buildContenders(cores: Cores): Promise<Contenders> {
  const folder = mkdtempSync(join(tmpdir(), 'einlass-bench-'))
  const undo: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })]
  const keep = <T extends { stop(): Promise<unknown> }>(part: T): T => {
    undo.push(() => part.stop())
    return part
  }
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step()
  }
  try {
    const nginx = findProgram('nginx', 'NGINX')
    if (nginx === undefined) throw new Error('nginx is missing, the upstream of the bench: apt-get install nginx')
    const [upstreamPort, barePort, nginxPort, port] = await Promise.all([
      freePort(),
      freePort(),
      freePort(),
      freePort(),
    ])
    const upstream = `http://127.0.0.1:${upstreamPort}`
    keep(await startNginx(nginx, cores.rest, folder, 'upstream', upstreamConfiguration(folder, upstreamPort)))
    const bare = keep(
      await start(
        cores.proxy,
        process.execPath,
        [new URL('bare.ts', import.meta.url).pathname, String(barePort), upstream],
        /ready/,
      ),
    )
    const beside = keep(
      await startNginx(nginx, cores.proxy, folder, 'beside', proxyConfiguration(folder, nginxPort, upstreamPort)),
    )
    const redis = keep(await openRedis(cores.rest, folder))

    const origin = `http://access.localhost:${port}`
    const clientSecret = randomBytes(16).toString('hex')
    const provider = keep(
      await startProvider({
        port: 0,
        people: [person],
        clients: [{ clientId: 'einlass', clientSecret, redirectUris: [`${origin}/callback/default`] }],
      }),
    )
    const device = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const file = await writeConfiguration(folder, {
      port,
      upstream,
      issuer: provider.issuer,
      redis: redis.url,
      key: device.publicKey,
    })
    const einlass = keep(
      await start(
        cores.proxy,
        process.execPath,
        [new URL('../bin/einlass.mjs', import.meta.url).pathname, 'serve', '--config', file, '--log-level', 'warn'],
        /is open/,
        { ...process.env, OIDC_CLIENT_SECRET: clientSecret },
      ),
    )
    const app = `http://erp.localhost:${port}`
    const cookie = await signIn(app, await postureToken(device.privateKey, origin))
    const host = { Host: `erp.localhost:${port}` }

    const targets = (size: number): Target[] => [
      { name: 'bare', pid: bare.pid, url: `http://127.0.0.1:${barePort}/${size}`, headers: browser },
      {
        name: 'einlass',
        pid: einlass.pid,
        url: `http://127.0.0.1:${port}/${size}`,
        headers: { ...browser, ...host, Cookie: cookie },
      },
      { name: 'nginx', pid: beside.pid, url: `http://127.0.0.1:${nginxPort}/${size}`, headers: browser },
    ]
    return {
      targets,
      stop,
      redisCommandsPerRequest: () =>
        countCommands(redis, `http://127.0.0.1:${port}/1000`, { ...browser, ...host, Cookie: cookie }),
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function startNginx(
  nginx: string,
  core: string | undefined,
  folder: string,
  name: string,
  text: string,
): Promise<Running> {
  const file = join(folder, `${name}.conf`)
  writeFileSync(file, text)
  return start(core, nginx, ['-p', folder, '-c', file, '-g', 'daemon off;'], /start worker process/)
}

async function writeConfiguration(
  folder: string,
  facts: { port: number; upstream: string; issuer: string; redis: string; key: KeyObject },
): Promise<string> {
  writeFileSync(join(folder, 'secret.key'), randomBytes(32).toString('base64'))
  writeFileSync(
    join(folder, 'devices.json'),
    JSON.stringify({ keys: [{ ...(await exportJWK(facts.key)), kid: 'laptop-1', alg: 'ES256' }] }),
  )
  const file = join(folder, 'einlass.yaml')
  writeFileSync(file, configuration(facts))
  return file
}

/** Signed by the device's own key, as an agent would; pinned to the session by its first use. */
async function postureToken(key: KeyObject, audience: string): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  return new SignJWT({
    managed: true,
    disk_encrypted: true,
    firewall: true,
    os: { name: 'windows', version: '10.0.26100' },
  })
    .setProtectedHeader({ alg: 'ES256', typ: 'device-posture+jwt', kid: 'laptop-1' })
    .setAudience(audience)
    .setIssuedAt(now)
    .setExpirationTime(now + 120)
    .setJti(randomUUID())
    .sign(key)
}

/** Through the provider's own pages, second factor included. Returns the session cookie of the app's host. */
async function signIn(app: string, posture: string): Promise<string> {
  const client = createTourClient()
  try {
    let seen = await client.go(`${app}/1000`)
    for (let page = 0; page < 8 && !seen.url.href.startsWith(app); page++) seen = await answer(client, seen)
    seen = await client.go(`${app}/1000`, { headers: { 'device-posture': posture } })
    for (let page = 0; page < 8 && !seen.url.href.startsWith(app); page++) seen = await answer(client, seen)
    const last = await client.go(`${app}/1000`, { headers: { 'device-posture': posture } })
    if (last.status !== 200)
      throw new Error(`signing in ended with ${last.status} at ${last.url.href}: ${last.body.slice(0, 300)}`)
    return client.jar.header(new URL(app))!
  } finally {
    client.close()
  }
}

function answer(client: TourClient, seen: Seen): Promise<Seen> {
  if (/name="step" value="(?:password|totp)"/.test(seen.body)) return client.submit(seen)
  return client.go(new URL(`?person=${person.username}`, seen.url))
}

/** What the server counted over some hundred requests, once nothing is new any more. */
async function countCommands(
  redis: { commands(): Promise<number> },
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<number> {
  const requests = 2000
  const quiet = await redis.commands()
  await new Promise((resolve) => setTimeout(resolve, 1000))
  // Sweeps and heartbeats go on without any request: their share is taken off.
  const idle = (await redis.commands()) - quiet
  const before = await redis.commands()
  const started = performance.now()
  for (let sent = 0; sent < requests; sent++) await (await request(url, { headers })).body.dump()
  const seconds = (performance.now() - started) / 1000
  return Math.max(0, (await redis.commands()) - before - idle * seconds) / requests
}
