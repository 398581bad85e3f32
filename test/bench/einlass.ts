// Contender Einlass as in production, all features enabled, with a signed-in user.

import { spawnSync } from 'node:child_process'
import { generateKeyPairSync, randomBytes, randomUUID, type KeyObject } from 'node:crypto'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { exportJWK, SignJWT } from 'jose'
import { configuration } from './configuration.ts'
import { allSizes, type Contender, type Setting, type Size, type Started } from './contender.ts'
import type { Environment } from './environment.ts'
import { freePort, start } from './processes.ts'
import { browserHeaders, signIn, type SignInOptions } from './test-user.ts'

/** `EINLASS`: launcher of another checkout, to compare versions. */
export const executable = process.env['EINLASS'] ?? fileURLToPath(new URL('../../bin/einlass.mjs', import.meta.url))

export interface EinlassOptions extends Setting {
  /** Default `einlass`. */
  readonly name?: string
  /** Further keys of `gateway`. */
  readonly gateway?: Readonly<Record<string, unknown>>
  /** Apps. Default: `erp`. The user signs in at the first. */
  readonly apps?: readonly string[]
  /** Arguments for Node, such as `--inspect=127.0.0.1:0`. */
  readonly node?: readonly string[]
  /** Limit of open files. */
  readonly files?: number
  /** Another node of the same gateway: same keys, store and origins, its own port. */
  readonly of?: StartedEinlass
  /** Replaces the defaults of `session`. */
  readonly session?: Readonly<Record<string, unknown>>
}

export interface StartedEinlass extends Started {
  /** Folder of its configuration, secret key and audit. */
  readonly folder: string
  readonly adminSocket: string
  /** `http://127.0.0.1:PORT` */
  readonly operations: string
  readonly client: string
  readonly secret: string
  /** URL of the store. */
  readonly store: string
  /** For further sign-ins with other users and browsers. */
  readonly signing: SignInOptions
}

export async function startEinlass(ground: Environment, options: EinlassOptions): Promise<StartedEinlass> {
  const { secure, upstream, apps = ['erp'], of } = options
  const folder = mkdtempSync(join(ground.folder, 'einlass-'))
  const [port, operations] = await Promise.all([freePort(), freePort()])
  const publicPort = of === undefined ? port : Number(new URL(of.origin).port)
  const scheme = secure ? 'https' : 'http'
  const house = `${scheme}://access.localhost:${publicPort}`
  const client = of?.client ?? `einlass-${port}`
  const secret = of?.secret ?? (await ground.client(client, `${house}/callback/default`))
  const store = of?.store ?? ground.redis.database()
  const device = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  if (of === undefined) await writeKeys(folder, device.publicKey)
  else
    for (const name of ['secret.key', 'devices.json'])
      writeFileSync(join(folder, name), readFileSync(join(of.folder, name)))
  const written = configuration({
    origin: house,
    port: publicPort,
    upstream,
    issuer: ground.provider.issuer,
    client,
    redis: store,
    operations,
    tls: secure ? ground.certificate : undefined,
    gateway: { ...options.gateway, listen: [{ address: `127.0.0.1:${port}` }] },
    session: options.session,
    apps,
  })
  const file = join(folder, 'einlass.yaml')
  writeFileSync(file, JSON.stringify(written, undefined, 1))
  const running = await start(
    'core' in options ? options.core : ground.cores.proxy,
    process.execPath,
    [...(options.node ?? []), executable, 'serve', '--config', file, '--log-level', 'warn'],
    /is open/,
    {
      env: { ...process.env, OIDC_CLIENT_SECRET: secret },
      patience: 60_000,
      ...(options.files && { files: options.files }),
    },
  )
  try {
    const origin = `${scheme}://${apps[0]}.localhost:${publicPort}`
    const signing: SignInOptions = {
      port,
      posture: () => postureToken(device.privateKey, house),
      ...(secure && { ca: readFileSync(ground.certificate.cert, 'utf8') }),
    }
    const headers =
      of === undefined
        ? { ...browserHeaders, Host: new URL(origin).host, Cookie: await signIn(`${origin}/1000`, signing) }
        : of.headers
    return {
      ...running,
      name: options.name ?? 'einlass',
      port,
      origin,
      headers,
      folder,
      adminSocket: join(folder, 'admin.sock'),
      operations: `http://127.0.0.1:${operations}`,
      client,
      secret,
      store,
      signing,
    }
  } catch (error) {
    await running.stop()
    throw error
  }
}

/** Einlass as a row of the tables; `gateway`: settings that differ. */
export function einlassContender(
  name: string,
  about: string,
  gateway: Readonly<Record<string, unknown>> = {},
  sizes: readonly Size[] = allSizes,
): Contender {
  return {
    name,
    about,
    identity: true,
    secure: true,
    sizes,
    warms: true,
    missing: () => undefined,
    start: (ground, setting) => startEinlass(ground, { ...setting, name, gateway }),
  }
}

/** Non-default values of an enum key of `gateway`, from `einlass schema`; empty if there is no such key. */
export function otherChoices(key: string): readonly unknown[] {
  const property = gatewayProperties()[key]
  return (property?.enum ?? []).filter((value) => value !== property?.default)
}

export function hasKey(key: string): boolean {
  return gatewayProperties()[key] !== undefined
}

interface Property {
  readonly enum?: readonly unknown[]
  readonly default?: unknown
}

function gatewayProperties(): Readonly<Record<string, Property>> {
  const said = spawnSync(process.execPath, [executable, 'schema'], { encoding: 'utf8', maxBuffer: 16_000_000 })
  if (said.status !== 0) throw new Error(`einlass schema: ${said.stderr}`)
  const schema = JSON.parse(said.stdout) as { properties: { gateway: { properties: Record<string, Property> } } }
  return schema.properties.gateway.properties
}

async function writeKeys(folder: string, key: KeyObject): Promise<void> {
  writeFileSync(join(folder, 'secret.key'), randomBytes(32).toString('base64'))
  writeFileSync(
    join(folder, 'devices.json'),
    JSON.stringify({ keys: [{ ...(await exportJWK(key)), kid: 'laptop-1', alg: 'ES256' }] }),
  )
}

/** Posture token signed with the device key, as an agent does; its first use binds the device to the session. */
async function postureToken(key: KeyObject, audience: string): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const facts = { managed: true, disk_encrypted: true, firewall: true, os: { name: 'windows', version: '10.0.26100' } }
  return new SignJWT(facts)
    .setProtectedHeader({ alg: 'ES256', typ: 'device-posture+jwt', kid: 'laptop-1' })
    .setAudience(audience)
    .setIssuedAt(now)
    .setExpirationTime(now + 120)
    .setJti(randomUUID())
    .sign(key)
}
