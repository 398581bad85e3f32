// Keycloak under test: its server distribution from Maven Central, started on a free port with a realm as documented.

import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { request } from 'undici'
import { freePorts } from '../../src/demo/listen.ts'
import { keycloakAdmin } from './keycloak-admin.ts'
import { documentedPage } from './documented-page.ts'
import { createUsers, otpKey, password, realm, runCommands } from './keycloak-realm.ts'
import type { ClientSettings, ProviderAdmin, ProviderCase, RunningProvider, UserName } from './provider-case.ts'
import { totp } from './totp.ts'

const version = '26.7.3'

export const keycloak: ProviderCase = {
  name: 'Keycloak',
  missing() {
    const java = spawnSync('java', ['-version'], { encoding: 'utf8' })
    const release = Number(/version "(\d+)/.exec(java.stderr ?? '')?.[1] ?? 0)
    if (release < 17) return 'Java 17'
    if (existsSync(archive())) return undefined
    return spawnSync('mvn', ['-version']).status === 0 ? undefined : 'Maven'
  },
  async start(folder, client) {
    const home = await distribution()
    const [port] = (await freePorts(1)) as [number]
    const origin = `http://127.0.0.1:${port}`
    // Its JVM looks up the gateway's host for the back-channel logout.
    const hosts = join(folder, 'hosts')
    await writeFile(hosts, `127.0.0.1 localhost ${new URL(client.gateway).hostname}\n`)
    const child = spawn(
      launcher(home),
      [
        'start',
        '--optimized',
        '--http-enabled=true',
        '--http-host=127.0.0.1',
        `--http-port=${port}`,
        `--hostname=${origin}`,
      ],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        // A process group of its own: `kc.sh` may start Java as its child.
        detached: true,
        env: {
          ...process.env,
          JAVA_OPTS_KC_HEAP: '-Xms128m -Xmx512m',
          KC_BOOTSTRAP_ADMIN_USERNAME: 'admin',
          KC_BOOTSTRAP_ADMIN_PASSWORD: password,
          JAVA_OPTS_APPEND: `-Djdk.net.hosts.file=${hosts}`,
        },
      },
    )
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk))
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    const kill = (): void => {
      try {
        process.kill(-child.pid!, 'SIGKILL')
      } catch {
        // It has exited already.
      }
    }
    process.once('exit', kill)
    const stop = async (): Promise<void> => {
      kill()
      await gone
      process.off('exit', kill)
    }
    try {
      await answers(`${origin}/realms/master`, () => child.exitCode !== null)
    } catch (error) {
      await stop()
      throw new Error(`Keycloak did not start:\n${output}`, { cause: error })
    }
    try {
      return await setUp(origin, home, folder, client, stop)
    } catch (error) {
      await stop()
      throw error
    }
  },
}

/** Executes the tutorial, with the addresses of the test in place of those of the page. */
async function setUp(
  origin: string,
  home: string,
  folder: string,
  { gateway }: ClientSettings,
  stop: () => Promise<void>,
): Promise<RunningProvider> {
  const page = documentedPage('tutorials/keycloak.md', {
    replace: {
      'https://login.example.com': origin,
      'https://access.example.com': gateway,
    },
  })
  const output = await runCommands(page.commands, home, folder)
  const clientSecret = /^[A-Za-z0-9]{32,}$/m.exec(output)?.[0]
  if (clientSecret === undefined) throw new Error(`the page's commands printed no client secret:\n${output}`)
  const api = keycloakAdmin(origin, 'admin', password)
  // One user of the test signs in several times within the 30 seconds of a code.
  const settings = await api.call<object>('GET', `/${realm}`)
  await api.call('PUT', `/${realm}`, { ...settings, otpPolicyCodeReusable: true })
  const ids = await createUsers(api)
  return {
    version,
    configuration: page.configuration,
    clientSecret,
    cannot: {},
    fields: fieldsOf,
    admin: adminOf(api, ids),
    stop,
  }
}

function fieldsOf(page: { readonly body: string }, user: UserName): Record<string, string> | undefined {
  if (page.body.includes('id="kc-form-login"')) return { username: user, password }
  if (page.body.includes('id="kc-otp-login-form"')) return { otp: totp(Buffer.from(otpKey), Date.now()) }
  return undefined
}

interface KeycloakSession {
  readonly lastAccess: number
}

function adminOf(api: ReturnType<typeof keycloakAdmin>, ids: ReadonlyMap<string, string>): ProviderAdmin {
  const user = (name: UserName): string => `/${realm}/users/${ids.get(name)!}`
  const sessionsOf = async (name: UserName): Promise<Record<'online' | 'offline', KeycloakSession[]>> => {
    const [client] = await api.call<{ id: string }[]>('GET', `/${realm}/clients?clientId=einlass`)
    const online = await api.call<KeycloakSession[]>('GET', `${user(name)}/sessions`)
    const offline = await api.call<KeycloakSession[]>('GET', `${user(name)}/offline-sessions/${client!.id}`)
    return { online, offline }
  }
  return {
    async sessions(name) {
      const { online, offline } = await sessionsOf(name)
      return { sessions: online.length, 'offline sessions': offline.length }
    },
    async lastRefresh(name) {
      const { online, offline } = await sessionsOf(name)
      return Math.max(0, ...[...online, ...offline].map(({ lastAccess }) => lastAccess))
    },
    endSessions: (name) => api.call('POST', `${user(name)}/logout`),
    disable: (name) => api.call('PUT', user(name), { enabled: false }),
    enable: (name) => api.call('PUT', user(name), { enabled: true }),
    removeFromGroup: (name, group) => api.call('DELETE', `${user(name)}/groups/${ids.get(group)!}`),
    addToGroup: (name, group) => api.call('PUT', `${user(name)}/groups/${ids.get(group)!}`),
    async rotateKey() {
      const { id } = await api.call<{ id: string }>('GET', `/${realm}`)
      const old = await api.call<{ id: string; providerId: string }[]>(
        'GET',
        `/${realm}/components?type=org.keycloak.keys.KeyProvider`,
      )
      await api.call('POST', `/${realm}/components`, {
        name: `rsa-${Date.now()}`,
        providerId: 'rsa-generated',
        providerType: 'org.keycloak.keys.KeyProvider',
        parentId: id,
        config: { priority: ['1000'], enabled: ['true'], active: ['true'], algorithm: ['RS256'] },
      })
      // As an administrator does who fears that a key was stolen: without an overlap.
      for (const key of old.filter(({ providerId }) => providerId === 'rsa-generated')) {
        await api.call('DELETE', `/${realm}/components/${key.id}`)
      }
    },
    rotateRefreshTokens: () => api.call('PUT', `/${realm}`, { revokeRefreshToken: true, refreshTokenMaxReuse: 0 }),
  }
}

function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'einlass-tests')
}

function archive(): string {
  return join(cacheFolder(), `keycloak-quarkus-dist-${version}.zip`)
}

function launcher(home: string): string {
  return join(home, 'bin', 'kc.sh')
}

/** Path of the unpacked distribution, downloaded and built once. The server writes nothing there: its database is in memory. */
async function distribution(): Promise<string> {
  const home = join(cacheFolder(), `keycloak-${version}`)
  if (existsSync(home)) return home
  await mkdir(cacheFolder(), { recursive: true })
  const quiet: { stdio: ['ignore', 'ignore', 'inherit'] } = { stdio: ['ignore', 'ignore', 'inherit'] }
  if (!existsSync(archive())) {
    const artifact = `org.keycloak:keycloak-quarkus-dist:${version}:zip`
    execFileSync(
      'mvn',
      ['-q', 'dependency:copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${cacheFolder()}`],
      quiet,
    )
  }
  const unpacked = await mkdtemp(join(cacheFolder(), 'unpack-'))
  try {
    execFileSync('unzip', ['-q', archive(), '-d', unpacked], quiet)
    execFileSync(launcher(join(unpacked, `keycloak-${version}`)), ['build', '--db=dev-mem'], quiet)
    await rename(join(unpacked, `keycloak-${version}`), home)
  } finally {
    await rm(unpacked, { recursive: true, force: true })
  }
  return home
}

/** Resolves when `url` answers 200. Rejects after five minutes, or when `over` returns true. */
async function answers(url: string, over: () => boolean): Promise<void> {
  for (const until = Date.now() + 300_000; Date.now() < until; await pause(250)) {
    if (over()) throw new Error('it exited')
    try {
      const { statusCode, body } = await request(url)
      await body.dump()
      if (statusCode === 200) return
    } catch {
      // Not listening yet.
    }
  }
  throw new Error(`${url} did not answer within five minutes`)
}
