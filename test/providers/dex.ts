// Dex under test: the binary that EINLASS_DEX or PATH names, with the configuration of its page, before a simulated directory.

import { randomBytes } from 'node:crypto'
import { spawn, spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { request } from 'undici'
import { freePorts } from '../../src/demo/listen.ts'
import { documentedPage, type Mapping } from './documented-page.ts'
import type { ProviderAdmin, ProviderCase } from './provider-case.ts'
import { directory } from './simulated/directory.ts'
import { startSimulatedServer } from './simulated/server.ts'
import { fieldsOf } from './simulated/simulated.ts'

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
  // A binary that was named and does not run is a failure.
  missing: () =>
    process.env['EINLASS_DEX'] === undefined && versionOf() === undefined
      ? 'Dex (EINLASS_DEX: path of its binary)'
      : undefined,
  async start(folder, { gateway }) {
    const version = versionOf()
    if (version === undefined) throw new Error(`EINLASS_DEX names no Dex that runs here: ${binary()}`)
    const [port] = (await freePorts(1)) as [number]
    const origin = `http://127.0.0.1:${port}`
    const [clientSecret, upstreamSecret] = [randomBytes(24).toString('hex'), randomBytes(24).toString('hex')]
    const upstream = await startSimulatedServer(directory, {
      gateway,
      redirectUri: `${origin}/callback`,
      id: 'dex',
      secret: upstreamSecret,
    })
    const { configuration, provider } = documentedPage('guides/providers/dex.md', {
      replace: {
        'https://dex.example.com': origin,
        'https://access.example.com': gateway,
        [directory.issuer]: upstream.issuer,
      },
    })
    const file = join(folder, 'dex.yaml')
    const own = {
      storage: { type: 'memory' },
      web: { http: `127.0.0.1:${port}` },
      expiry: { ...(provider!['expiry'] as Mapping), signingKeys: '10s' },
    }
    await writeFile(file, JSON.stringify({ ...provider, ...own }), { mode: 0o600 })
    const child = spawn(binary(), ['serve', file], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, OIDC_CLIENT_SECRET: clientSecret, COMPANY_CLIENT_SECRET: upstreamSecret },
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk))
    const gone = new Promise((resolve) => child.once('exit', resolve))
    const kill = (): void => void child.kill('SIGKILL')
    process.once('exit', kill)
    const stop = async (): Promise<void> => {
      kill()
      await gone
      process.off('exit', kill)
      await upstream.stop()
    }
    for (const until = Date.now() + 30_000; (await keysOf(origin)) === undefined; await pause(50)) {
      if (child.exitCode === null && Date.now() < until) continue
      await stop()
      throw new Error(`Dex did not start:\n${output}`)
    }
    const { disable, enable, removeFromGroup, addToGroup, lastRefresh } = upstream.admin as ProviderAdmin
    return {
      version,
      configuration,
      clientSecret,
      cannot: {
        MFA: 'states neither acr nor amr',
        'step-up': 'states neither acr nor amr',
        'back-channel logout': 'not without its sessions, which are experimental',
        revocation: 'no revocation endpoint, nothing lists sessions',
        'two nodes': 'tried with Keycloak; refresh tokens rotate in every scenario',
      },
      fields: fieldsOf,
      admin: {
        disable,
        enable,
        removeFromGroup,
        addToGroup,
        lastRefresh,
        async rotateKey() {
          // It looks every 30 seconds whether the time set by `expiry.signingKeys` is over.
          const before = await keysOf(origin)
          for (const until = Date.now() + 60_000; (await keysOf(origin)) === before; await pause(100)) {
            if (Date.now() > until) throw new Error('Dex did not rotate its key within a minute')
          }
        },
      },
      stop,
    }
  },
}

/** Ids of its keys in one text; undefined while the server does not answer. */
async function keysOf(origin: string): Promise<string | undefined> {
  try {
    const { statusCode, body } = await request(`${origin}/keys`)
    const { keys } = (await body.json()) as { keys: { kid: string }[] }
    return statusCode === 200 ? keys.map(({ kid }) => kid).join(' ') : undefined
  } catch {
    return undefined
  }
}
