// Dex under test: the binary that EINLASS_DEX or PATH names, with the configuration of its page and users in its own database.

import { randomBytes } from 'node:crypto'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { request } from 'undici'
import { freePorts } from '../../src/demo/listen.ts'
import { documentedPage } from './documented-page.ts'
import { groupsOf, type GroupName, type ProviderCase, type UserName } from './provider-case.ts'

/** bcrypt of `password`, from Dex's example configuration: its database stores nothing else. */
const hash = '$2a$10$2b2cU8CPhOTaGrs1HRQuAueS7JTT5ZHsHSzYiFPm1leZck7Mc8T4W'
const password = 'password'

function binary(): string {
  return process.env['EINLASS_DEX'] ?? 'dex'
}

/** Undefined when there is no Dex. */
function versionOf(): string | undefined {
  const { status, stdout } = spawnSync(binary(), ['version'], { encoding: 'utf8' })
  return status === 0 ? /Dex Version: (\S+)/i.exec(stdout)?.[1] : undefined
}

export const dex: ProviderCase = {
  name: 'Dex',
  missing: () => (versionOf() === undefined ? 'Dex (EINLASS_DEX: path of its binary)' : undefined),
  async start(folder, { gateway }) {
    const [port] = (await freePorts(1)) as [number]
    const origin = `http://127.0.0.1:${port}`
    const { configuration, provider } = documentedPage('guides/providers/dex.md', {
      replace: {
        'https://dex.example.com': origin,
        'https://access.example.com': gateway,
      },
    })
    const clientSecret = randomBytes(24).toString('base64url')
    const file = join(folder, 'dex.yaml')
    const groups = structuredClone(groupsOf) as Record<UserName, GroupName[]>
    const disabled = new Set<UserName>()
    let child: ChildProcess | undefined
    let output = ''

    const stop = async (): Promise<void> => {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
      const gone = new Promise((resolve) => child!.once('exit', resolve))
      child.kill('SIGTERM')
      await gone
    }

    /** Its users are part of its configuration: a change takes a restart, which keeps its database. */
    const restart = async (): Promise<void> => {
      await stop()
      const users = (Object.keys(groups) as UserName[]).filter((name) => !disabled.has(name))
      await writeFile(
        file,
        JSON.stringify({
          ...provider,
          storage: { type: 'sqlite3', config: { file: join(folder, 'dex.db') } },
          web: { http: `127.0.0.1:${port}` },
          expiry: { ...(provider!['expiry'] as object), signingKeys: '10s' },
          staticClients: (provider!['staticClients'] as object[]).map((client) => ({
            ...client,
            secretEnv: undefined,
            secret: clientSecret,
          })),
          connectors: undefined,
          enablePasswordDB: true,
          staticPasswords: users.map((name) => ({
            email: `${name}@example.com`,
            username: name,
            preferredUsername: name,
            emailVerified: true,
            userID: `${name}-0001`,
            groups: groups[name],
            hash,
          })),
        }),
        { mode: 0o600 },
      )
      child = spawn(binary(), ['serve', file], { stdio: ['ignore', 'pipe', 'pipe'] })
      for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk: Buffer) => (output += chunk))
      for (const until = Date.now() + 30_000; ; await pause(50)) {
        if (child.exitCode !== null || Date.now() > until) throw new Error(`Dex did not start:\n${output}`)
        if ((await newestKey(origin)) !== undefined) return
      }
    }
    await restart()
    const changed = async (change: () => unknown): Promise<void> => {
      change()
      await restart()
    }
    return {
      version: versionOf()!,
      configuration,
      clientSecret,
      cannot: {
        MFA: 'states neither acr nor amr',
        'step-up': 'states neither acr nor amr',
        'back-channel logout': 'no administrator ends sessions here',
        revocation: 'no revocation endpoint, nothing lists sessions',
        'two nodes': 'tried with Keycloak; Dex rotates refresh tokens in every scenario',
      },
      fields: ({ body }, user) =>
        body.includes('name="login"') ? { login: `${user}@example.com`, password } : undefined,
      admin: {
        disable: (name) => changed(() => disabled.add(name)),
        enable: (name) => changed(() => disabled.delete(name)),
        removeFromGroup: (name, group) => changed(() => (groups[name] = groups[name].filter((one) => one !== group))),
        addToGroup: (name, group) => changed(() => groups[name].push(group)),
        async rotateKey() {
          // It looks every 30 seconds whether the time set by `expiry.signingKeys` is over.
          const before = await newestKey(origin)
          for (const until = Date.now() + 60_000; (await newestKey(origin)) === before; await pause(100)) {
            if (Date.now() > until) throw new Error('Dex did not rotate its key within a minute')
          }
        },
      },
      stop,
    }
  },
}

/** Key id of the key that signs; undefined while the server does not answer. */
async function newestKey(origin: string): Promise<string | undefined> {
  try {
    const { statusCode, body } = await request(`${origin}/keys`)
    const { keys } = (await body.json()) as { keys: { kid: string }[] }
    return statusCode === 200 ? keys[0]?.kid : undefined
  } catch {
    return undefined
  }
}
