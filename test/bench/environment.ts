// Environment shared by all contenders: folder, upstream, Redis, identity provider, certificate.

import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startProvider, type DemoProvider } from '../../src/demo/provider/provider.ts'
import { cores, type Cores } from './cores.ts'
import { need, wanted } from './packages.ts'
import { freePort } from './processes.ts'
import { openRedis, type CountingRedis } from './redis.ts'
import { startUpstream } from './upstream.ts'
import { people } from './test-user.ts'

export interface Environment {
  readonly folder: string
  readonly cores: Cores
  /** nginx: `/1000`, `/64000`, `/10000000` return so many bytes, `/sink` reads a whole body. */
  readonly upstreamPort: number
  readonly redis: CountingRedis
  readonly provider: DemoProvider
  /** Files, for the names `access`, `erp` and `bench` below `.localhost`. */
  readonly certificate: { readonly cert: string; readonly key: string }
  /** Registers a client at the provider with this redirect URI; returns its secret. */
  client(id: string, redirectUri: string): Promise<string>
  /** Stopped with the environment, the last one first. */
  keep<T extends { stop(): Promise<unknown> }>(part: T): T
  stop(): Promise<void>
}

/** Rejects, with nothing left running, when a program is missing. */
export async function createEnvironment(): Promise<Environment> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-of-einlass-'))
  const undo: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })]
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step()
  }
  const keep = <T extends { stop(): Promise<unknown> }>(part: T): T => {
    undo.push(() => part.stop())
    return part
  }
  try {
    const pinned = cores()
    const upstreamPort = await freePort()
    keep(await startUpstream(folder, pinned.rest, upstreamPort))
    const redis = keep(await openRedis(pinned.rest, folder))
    const provider = keep(await startProvider({ port: 0, people, clients: [] }))
    return {
      folder,
      cores: pinned,
      upstreamPort,
      redis,
      provider,
      certificate: makeCertificate(folder),
      async client(clientId, redirectUri) {
        const clientSecret = randomBytes(24).toString('hex')
        await provider.register({ clientId, clientSecret, redirectUris: [redirectUri] })
        return clientSecret
      },
      keep,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Self-signed, valid for two days, trusted in this run only. */
function makeCertificate(folder: string): { cert: string; key: string } {
  const [cert, key] = [join(folder, 'tls.crt'), join(folder, 'tls.key')]
  // Names listed one by one: clients reject a wildcard right below a top-level domain.
  const names = ['access', 'erp', 'bench'].map((name) => `DNS:${name}.localhost`).join(',')
  const subject = ['-subj', '/CN=bench.localhost', '-addext', `subjectAltName=${names}`]
  const form = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-days', '2']
  execFileSync(need(wanted.openssl), ['req', '-x509', ...form, ...subject, '-keyout', key, '-out', cert], {
    stdio: 'pipe',
  })
  return { cert, key }
}
