// Test environment of scenarios: folder, Redis, provider, app and configuration around real gateway processes.

import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from '../../src/demo/listen.ts'
import { externals, staff } from '../../src/demo/people.ts'
import { startProvider, type DemoProvider } from '../../src/demo/provider/provider.ts'
import { companyIdentity, gatewayClient, writeSecrets } from './company-identity.ts'
import { startNode, type NodeProcess } from './gateway-process.ts'
import { createPerson, type Person } from './user-client.ts'
import { startRedis, type RedisProcess } from './redis.ts'
import { startRecordingApp, type RecordingApp } from './recording-app.ts'
import { http1Backend } from './http1-backend.ts'
import { startInterruptibleProxy, type InterruptibleProxy } from './interruptible-proxy.ts'
import { ocsfProblems } from './ocsf-validator.ts'

export type Json = Record<string, unknown>

export interface TestEnvironment {
  readonly folder: string
  /** Public origin of the gateway; the port is that of the first node. */
  readonly gateway: string
  origin(app: string): string
  readonly redis: RedisProcess
  readonly provider: DemoProvider
  /** TCP proxy between the gateways and the provider. */
  readonly providerWire: InterruptibleProxy
  readonly app: RecordingApp
  /**
   * The first node gets the port of the gateway's origin, every other one a free port. `own`: settings of this node that
   * override the shared ones. `runtime`: arguments for Node itself. `executable`: another copy of the program.
   */
  startNode(name: string, own?: Json, runtime?: readonly string[], executable?: string): Promise<NodeProcess>
  person(username: string): Person
  /** Changes the configuration of every node and saves it atomically, by renaming. */
  configure(change: (configuration: Configured) => void): Promise<void>
  /** Saves exactly this text as the configuration of one node. */
  save(node: string, text: string): Promise<void>
  stop(): Promise<void>
}

export interface Configured extends Json {
  readonly apps: Record<string, Json>
  readonly gateway: Json
  session: Json
}

export interface TestEnvironmentOptions {
  /** By name, without `from` and `to`. */
  readonly apps: Readonly<Record<string, Json>>
  /** Merged over the shared configuration; `gateway` one level deep. */
  readonly more?: (folder: string) => Json
  /** PEM files of the caller: the gateway and its apps are then served over https. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca: () => string }
  /** Below which the hosts are. For browsers all of `company.localhost` is one site, as it is at work. Default: `localhost`. */
  readonly domain?: string
}

export async function startTestEnvironment(options: TestEnvironmentOptions): Promise<TestEnvironment> {
  const undo: (() => unknown)[] = []
  const malformed = new Set<string>()
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step()
    if (malformed.size > 0) throw new Error(`events that are not valid OCSF 1.8:\n${[...malformed].join('\n')}`)
  }
  try {
    return await build(options, undo, malformed, stop)
  } catch (error) {
    await stop()
    throw error
  }
}

async function build(
  { apps, more, tls, domain = 'localhost' }: TestEnvironmentOptions,
  undo: (() => unknown)[],
  malformed: Set<string>,
  stop: () => Promise<void>,
): Promise<TestEnvironment> {
  const folder = await mkdtemp(join(tmpdir(), 'einlass-scenario-'))
  undo.push(() => rm(folder, { recursive: true, force: true }))
  const redis = await startRedis({ aof: true })
  undo.push(() => redis.stop())
  const app = await startRecordingApp()
  undo.push(() => app.stop())
  const [port] = (await freePorts(1)) as [number]
  const origin = (name: string): string => `${tls ? 'https' : 'http'}://${name}.${domain}:${port}`
  const gateway = origin('access')

  let providerPort = 0
  const providerWire = await startInterruptibleProxy(() => providerPort)
  undo.push(() => providerWire.stop())
  const client = gatewayClient(gateway)
  const provider = await startProvider({
    port: 0,
    issuer: `http://127.0.0.1:${providerWire.port}`,
    people: [...staff, ...externals],
    clients: [{ ...client, backchannelLogoutUri: `${gateway}/backchannel-logout/company` }],
  })
  providerPort = provider.port
  undo.push(() => provider.stop())
  await writeSecrets(folder, client)

  const { gateway: moreOfGateway, ...rest } = more?.(folder) ?? {}
  const configuration: Configured = {
    gateway: {
      url: gateway,
      ...(tls && { tls: { cert: tls.cert, key: tls.key } }),
      secret_key: 'file:secret.key',
      ...(moreOfGateway as Json),
    },
    store: redis.url,
    identity: companyIdentity(provider.issuer, { essential: true }),
    session: {},
    apps: Object.fromEntries(
      Object.entries(apps).map(([name, one]) => [name, { from: origin(name), to: app.origin, ...one }]),
    ),
    ...rest,
  }

  const files = (name: string) => ({
    configurationFile: join(folder, `${name}.yaml`),
    adminSocket: join(folder, `${name}.sock`),
    auditFile: join(folder, `${name}.jsonl`),
  })
  const nodes = new Map<string, { readonly port: number; readonly own: Json }>()
  /** JSON is YAML. */
  const textFor = (name: string): string => {
    const { adminSocket, auditFile } = files(name)
    const { port, own } = nodes.get(name)!
    const listen = [{ address: `127.0.0.1:${port}` }]
    const { gateway, audit, ...others } = configuration
    return JSON.stringify(
      {
        gateway: { operations: false, workers: 1, http1: http1Backend, ...gateway, listen, admin_socket: adminSocket },
        audit: { file: { path: auditFile, ...(audit as Json | undefined) } },
        ...others,
        ...own,
      },
      undefined,
      2,
    )
  }
  const save = async (name: string, text: string): Promise<void> => {
    const { configurationFile } = files(name)
    await writeFile(`${configurationFile}.new`, text)
    await rename(`${configurationFile}.new`, configurationFile)
  }

  return {
    folder,
    gateway,
    origin,
    redis,
    provider,
    providerWire,
    app,
    save,
    stop,
    async startNode(name, own = {}, runtime = [], executable) {
      const entry = nodes.get(name) ?? { port: nodes.size === 0 ? port : (await freePorts(1))[0]!, own }
      nodes.set(name, entry)
      await save(name, textFor(name))
      const node = await startNode({ name, port: entry.port, ...files(name), runtime, executable })
      undo.push(async () => {
        await node.stop()
        // Every scenario also validates all its events against the schema.
        for (const event of await node.audit()) for (const problem of ocsfProblems(event)) malformed.add(problem)
      })
      return node
    },
    person(username) {
      const person = createPerson(username, {
        isGateway: (host) => host.endsWith(`.localhost:${port}`),
        ca: tls?.ca,
      })
      undo.push(() => person.close())
      return person
    },
    async configure(change) {
      change(configuration)
      for (const name of nodes.keys()) await save(name, textFor(name))
    },
  }
}
