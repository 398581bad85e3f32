// Gateway, real OpenID provider, an application of two hosts and a sibling, and Chromium, over HTTP/1.1 or HTTP/2.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { freePorts } from '../../src/demo/listen.ts'
import { staff } from '../../src/demo/people.ts'
import { startProvider } from '../../src/demo/provider/provider.ts'
import { startGateway } from '../../src/server/start-gateway.ts'
import { certificateFolder } from '../support/certificates.ts'
import { launchBrowser } from '../support/chromium.ts'
import { companyIdentity, gatewayClient, writeSecrets } from '../support/company-identity.ts'
import { startSpaWithApi } from '../support/spa-with-api.ts'

/** `h2` is TLS, with HTTP/2 by ALPN; the others are plain HTTP/1.1 by that server. */
export type Transport = 'h2' | 'einlass' | 'node'

export interface SeveralHostsStage {
  /** Public origin of a host: of the application `desk` and `desk-api`, of `island` also a host where nothing listens. */
  origin(host: string): string
  readonly reached: readonly string[]
  /** An empty browser profile. */
  browser(): Promise<BrowserContext>
  stop(): Promise<void>
}

export async function openSeveralHosts(transport: Transport): Promise<SeveralHostsStage> {
  const undo: (() => unknown)[] = []
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step()
  }
  try {
    return await open(transport, undo, stop)
  } catch (error) {
    await stop()
    throw error
  }
}

async function open(
  transport: Transport,
  undo: (() => unknown)[],
  stop: () => Promise<void>,
): Promise<SeveralHostsStage> {
  const folder = await mkdtemp(join(tmpdir(), 'einlass-several-hosts-'))
  undo.push(() => rm(folder, { recursive: true, force: true }))
  const [port, providerPort, closedPort] = (await freePorts(3)) as [number, number, number]
  const secure = transport === 'h2'
  const at = (host: string, on: number): string => `${secure ? 'https' : 'http'}://${host}.company.localhost:${on}`
  const origin = (host: string): string => at(host, port)
  const certificates = certificateFolder()
  undo.push(() => certificates.remove())
  const { cert, key } = certificates.make(['*.company.localhost'])
  const app = await startSpaWithApi({ api: origin('desk-api'), page: origin('desk') })
  undo.push(() => app.stop())
  const client = gatewayClient(origin('access'))
  const provider = await startProvider({
    port: providerPort,
    issuer: `http://login.company.localhost:${providerPort}`,
    people: staff,
    clients: [client],
  })
  undo.push(() => provider.stop())
  await writeSecrets(folder, client)
  const file = join(folder, 'gateway.yaml')
  const to = app.origin
  await writeFile(
    file,
    JSON.stringify({
      gateway: {
        url: origin('access'),
        listen: [{ address: `127.0.0.1:${port}`, ...(secure && { tls: { cert, key } }) }],
        secret_key: 'file:secret.key',
        admin_socket: join(folder, 'admin.sock'),
        operations: false,
        workers: 1,
        http1: transport === 'node' ? 'node' : 'einlass',
      },
      audit: { file: { path: join(folder, 'audit.jsonl') } },
      store: 'memory:',
      identity: companyIdentity(provider.issuer),
      apps: {
        desk: {
          from: [origin('desk'), origin('desk-api')],
          to,
          policy: [{ allow: { paths: ['/strong/*'], mfa: true } }, { allow: { not: { paths: ['/strong/*'] } } }],
        },
        island: { from: [origin('island'), at('nowhere', closedPort)], to, policy: [{ allow: {} }] },
        many: {
          from: Array.from({ length: 8 }, (_, one) => origin(`many-${one}`)),
          to,
          policy: [{ allow: {} }],
        },
        wiki: { from: origin('wiki'), to, policy: [{ allow: {} }] },
      },
    }),
  )
  const started = await startGateway({ file, env: {}, logLevel: 'error' })
  if (started.state === 'refused') throw new Error(started.problems.join('\n'))
  undo.push(() => started.gateway.stop(0))
  const browser = await launchBrowser(['--ignore-certificate-errors', '--disable-features=LocalNetworkAccessChecks'])
  undo.push(() => browser.close())
  return {
    origin,
    reached: app.reached,
    async browser() {
      const context = await browser.newContext({ locale: 'en-GB' })
      context.setDefaultTimeout(15_000)
      return context
    },
    stop,
  }
}

/** What the page of `desk` found at its API while it loaded: status of a GET, of a PUT with a preflight, and a WebSocket. */
export async function loaded(page: Page): Promise<string> {
  const [get, put, socket] = await page.evaluate<[Called, Called, string]>('window.loaded')
  return [get, put].map(({ status, error }) => status ?? error).join(' ') + ` ${socket}`
}

interface Called {
  readonly status?: number
  readonly error?: string
}
