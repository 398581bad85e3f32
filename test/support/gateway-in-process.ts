// A gateway in the process of the test, with a memory store, a real provider and app, and a clock the test may advance.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { callApi, type ApiResult } from '../../src/cli/admin-client.ts'
import { freePorts } from '../../src/demo/listen.ts'
import { externals, staff } from '../../src/demo/people.ts'
import { startProvider, type DemoProvider } from '../../src/demo/provider/provider.ts'
import { startGateway, type WorkingGateway } from '../../src/server/start-gateway.ts'
import type { TestCertificate } from './certificates.ts'
import { companyIdentity, gatewayClient, writeSecrets } from './company-identity.ts'
import type { AuditLine } from './gateway-process.ts'
import { http1Backend } from './http1-backend.ts'
import { startInterruptibleProxy, type InterruptibleProxy } from './interruptible-proxy.ts'
import { startRecordingApp, type RecordingApp } from './recording-app.ts'
import { createPerson, type Person } from './user-client.ts'

type Json = Record<string, unknown>

export interface GatewayInProcess {
  readonly port: number
  /** Path of its admin socket. */
  readonly adminSocket: string
  readonly gateway: WorkingGateway
  readonly app: RecordingApp
  readonly provider: DemoProvider
  /** TCP proxy between the gateway and the provider. */
  readonly providerWire: InterruptibleProxy
  /** Public origin of an app, or of the gateway itself (`access`). */
  origin(app: string): string
  person(username: string): Person
  /** Milliseconds by which the gateway's clock is ahead of that of the provider and of the test; at first 0. */
  readonly clock: { ahead: number }
  admin(method: 'GET' | 'POST', path: string, input?: unknown): Promise<ApiResult>
  /** Changes the configuration, saves and reloads it. */
  configure(change: (configuration: ConfiguredInProcess) => void): Promise<void>
  /** Log lines of the gateway so far. */
  log(): readonly Json[]
  /** The first audit event that matches, now or within 3 s. */
  event(matches: (line: AuditLine) => boolean): Promise<AuditLine>
  stop(): Promise<void>
}

export interface ConfiguredInProcess extends Json {
  readonly apps: Record<string, Json>
  session: Json
}

/**
 * `apps`: by name, without `from` and `to`. `more`: merged over the configuration. `certificate`: for `*.localhost`; the
 * gateway then speaks TLS, and HTTP/2 with it.
 */
export async function startGatewayInProcess(
  apps: Record<string, Json>,
  more: Json = {},
  certificate?: TestCertificate,
): Promise<GatewayInProcess> {
  const undo: (() => unknown)[] = []
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step()
  }
  try {
    return await build(apps, more, certificate, undo, stop)
  } catch (error) {
    await stop()
    throw error
  }
}

async function build(
  apps: Record<string, Json>,
  { gateway: moreOfGateway, ...more }: Json,
  certificate: TestCertificate | undefined,
  undo: (() => unknown)[],
  stop: () => Promise<void>,
): Promise<GatewayInProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'einlass-gateway-'))
  undo.push(() => rm(folder, { recursive: true, force: true }))
  const app = await startRecordingApp()
  undo.push(() => app.stop())
  const [port] = (await freePorts(1)) as [number]
  const origin = (name: string): string => `${certificate === undefined ? 'http' : 'https'}://${name}.localhost:${port}`
  let providerPort = 0
  const providerWire = await startInterruptibleProxy(() => providerPort)
  undo.push(() => providerWire.stop())
  const client = gatewayClient(origin('access'))
  const provider = await startProvider({
    port: 0,
    issuer: `http://127.0.0.1:${providerWire.port}`,
    people: [...staff, ...externals],
    clients: [{ ...client, backchannelLogoutUri: `${origin('access')}/backchannel-logout/company` }],
  })
  providerPort = provider.port
  undo.push(() => provider.stop())
  await writeSecrets(folder, client)

  const [file, adminSocket, auditFile] = ['gateway.yaml', 'admin.sock', 'audit.jsonl'].map((one) => join(folder, one))
  const configuration: ConfiguredInProcess = {
    gateway: {
      url: origin('access'),
      listen: [{ address: `127.0.0.1:${port}` }],
      ...(certificate && { tls: { cert: certificate.cert, key: certificate.key } }),
      secret_key: 'file:secret.key',
      admin_socket: adminSocket,
      operations: false,
      workers: 1,
      http1: http1Backend,
      ...(moreOfGateway as Json),
    },
    audit: { file: { path: auditFile } },
    store: 'memory:',
    identity: companyIdentity(provider.issuer),
    session: {},
    apps: Object.fromEntries(
      Object.entries(apps).map(([name, one]) => [name, { from: origin(name), to: app.origin, ...one }]),
    ),
    ...more,
  }
  const save = (): Promise<void> => writeFile(file!, JSON.stringify(configuration))
  await save()

  const clock = { ahead: 0 }
  const lines: Json[] = []
  const started = await startGateway({
    file: file!,
    env: {},
    logLevel: 'info',
    logDestination: { write: (line: string) => void lines.push(JSON.parse(line) as Json) },
    now: () => Date.now() + clock.ahead,
  })
  if (started.state === 'refused') throw new Error(started.problems.join('\n'))
  const { gateway } = started
  undo.push(() => gateway.stop(0))

  const audited = async (): Promise<AuditLine[]> => {
    const text = await readFile(auditFile!, 'utf8')
    return text
      .split('\n')
      .filter((line) => line.endsWith('}'))
      .map((line) => JSON.parse(line) as AuditLine)
  }

  return {
    port,
    adminSocket: adminSocket!,
    gateway,
    app,
    provider,
    providerWire,
    origin,
    stop,
    person(username) {
      const person = createPerson(username, {
        isGateway: (host) => host.endsWith(`.localhost:${port}`),
        ...(certificate && { ca: () => certificate.pem }),
      })
      undo.push(() => person.close())
      return person
    },
    clock,
    admin: (method, path, input) => callApi(adminSocket!, method, path, input),
    async configure(change) {
      change(configuration)
      await save()
      const result = await gateway.reload()
      if (result.state !== 'applied') throw new Error(JSON.stringify(result))
    },
    log: () => lines,
    async event(matches) {
      let found: AuditLine | undefined
      await expect
        .poll(async () => (found = (await audited()).find(matches)) !== undefined, { timeout: 3_000, interval: 20 })
        .toBe(true)
      return found!
    },
  }
}
