// Environment of the provider tests: Redis, an app, and gateways configured as the documentation says for a provider.

import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePorts } from '../../src/demo/listen.ts'
import { startNode, type NodeProcess } from '../support/gateway-process.ts'
import { startRecordingApp } from '../support/recording-app.ts'
import { startRedis } from '../support/redis.ts'
import { createPerson, type Person } from '../support/user-client.ts'
import type { Mapping } from './documented-page.ts'
import type { RunningProvider } from './provider-case.ts'

/** Milliseconds: `session.revalidate` of the apps, except the library. */
export const revalidate = 2_000
/**
 * Of the gateway and the library, where streams stay open at work: without a grace period a stream ends when an answer is
 * later than a fifth of the interval and 0.6 s, which a busy machine needs now and then.
 */
const revalidateStreams = 5_000

export type AppName = 'wiki' | 'payroll' | 'finance' | 'library'

export interface ProviderEnvironment {
  /** Of the first gateway, and of a second one that shares its store. */
  readonly port: number
  readonly secondPort: number
  readonly gateway: string
  origin(app: AppName): string
  /** Starts the first gateway with the provider's documented configuration. */
  open(provider: RunningProvider): Promise<NodeProcess>
  /** Starts the second one; `stop` ends it before the environment ends. */
  openSecond(): Promise<NodeProcess>
  browser(username: string): Person
  /** Why sign-ins and revalidations failed and open connections were ended so far, as the gateways recorded it. */
  failures(): Promise<string[]>
  stop(): Promise<void>
}

/** `folder`: temporary, removed by the caller. */
export async function startProviderEnvironment(folder: string): Promise<ProviderEnvironment> {
  await mkdir(folder, { recursive: true })
  const undo: (() => unknown)[] = []
  const redis = await startRedis()
  undo.push(() => redis.stop())
  const app = await startRecordingApp()
  undo.push(() => app.stop())
  const [port, secondPort] = (await freePorts(2)) as [number, number]
  const origin = (name: string): string => `http://${name}.localhost:${port}`
  let configuration: Mapping = {}
  const nodes: NodeProcess[] = []

  /** JSON is YAML. */
  async function startGateway(name: string, on: number): Promise<NodeProcess> {
    const [configurationFile, adminSocket, auditFile] = ['yaml', 'sock', 'jsonl'].map((end) =>
      join(folder, `${name}.${end}`),
    ) as [string, string, string]
    const own = {
      gateway: {
        url: origin('access'),
        listen: [{ address: `127.0.0.1:${on}` }],
        operations: false,
        workers: 1,
        admin_socket: adminSocket,
        secret_key: 'file:secret.key',
      },
      store: redis.url,
      session: { revalidate: `${revalidateStreams / 1000}s` },
      audit: { file: { path: auditFile } },
    }
    await writeFile(configurationFile, JSON.stringify({ ...configuration, ...own }, undefined, 2))
    const node = await startNode({ name, port: on, configurationFile, adminSocket, auditFile })
    nodes.push(node)
    undo.push(() => node.stop())
    return node
  }

  return {
    port,
    secondPort,
    gateway: origin('access'),
    origin,
    async open({ configuration: documented, clientSecret, groups = { staff: 'staff', hr: 'hr' } }) {
      await writeFile(join(folder, 'secret.key'), randomBytes(32).toString('base64'), { mode: 0o600 })
      await writeFile(join(folder, 'client.secret'), clientSecret, { mode: 0o600 })
      const policies: Record<Exclude<AppName, 'library'>, Mapping> = {
        wiki: { policy: [{ name: 'staff', allow: { groups: [groups.staff] } }] },
        payroll: { policy: [{ name: 'HR', allow: { groups: [groups.hr], mfa: true } }] },
        finance: { policy: [{ name: 'HR', allow: { groups: [groups.hr] } }] },
      }
      const own = { ...policies, ...(documented['apps'] as Record<string, Mapping> | undefined) }
      // Whoever may use the wiki; Google states no groups.
      const apps = { ...own, library: own.wiki }
      configuration = {
        ...documented,
        identity: { ...(documented['identity'] as Mapping), client_secret: 'file:client.secret' },
        apps: Object.fromEntries(
          Object.entries(apps).map(([name, one]) => [
            name,
            {
              ...one,
              from: origin(name),
              to: app.origin,
              ...(name !== 'library' && { session: { revalidate: `${revalidate / 1000}s` } }),
            },
          ]),
        ),
      }
      return startGateway('first', port)
    },
    async failures() {
      const lines = (await Promise.all(nodes.map((node) => node.audit()))).flat()
      const ended = nodes.flatMap((node) => node.output().match(/^.*ended an open connection.*$/gm) ?? [])
      const failed = lines
        .filter((line) => line.class_uid === 3002 && line['status'] === 'Failure')
        .map((line) => `${String(line['activity_name'])}: ${line.status_detail} ${String(line['message'] ?? '')}`)
      return [...failed, ...ended]
    },
    openSecond: () => startGateway('second', secondPort),
    browser(username) {
      const person = createPerson(username, { isGateway: (host) => host.endsWith(`.localhost:${port}`) })
      undo.push(() => person.close())
      return person
    },
    async stop() {
      for (const step of undo.splice(0).toReversed()) await step()
    },
  }
}
