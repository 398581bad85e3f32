// Environment of the provider tests: Redis, an app, and a gateway configured as the documentation says for a provider.

import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePorts } from '../../src/demo/listen.ts'
import { startNode, type NodeProcess } from '../support/gateway-process.ts'
import { startRecordingApp } from '../support/recording-app.ts'
import { startRedis } from '../support/redis.ts'
import { createPerson, type Person } from '../support/user-client.ts'

/** Milliseconds: `session.revalidate` of the gateway. */
export const revalidate = 2_000

export interface ProviderEnvironment {
  readonly port: number
  readonly gateway: string
  origin(app: 'wiki' | 'payroll' | 'finance'): string
  /** Starts the gateway. `clientSecret`: of the client at the provider. */
  open(identity: Readonly<Record<string, unknown>>, clientSecret: string): Promise<NodeProcess>
  browser(username: string): Person
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
  const [port] = (await freePorts(1)) as [number]
  const origin = (name: string): string => `http://${name}.localhost:${port}`
  return {
    port,
    gateway: origin('access'),
    origin,
    async open(identity, clientSecret) {
      await writeFile(join(folder, 'secret.key'), randomBytes(32).toString('base64'), { mode: 0o600 })
      await writeFile(join(folder, 'client.secret'), clientSecret, { mode: 0o600 })
      const configurationFile = join(folder, 'einlass.yaml')
      const [adminSocket, auditFile] = [join(folder, 'admin.sock'), join(folder, 'audit.jsonl')]
      const served = { to: app.origin }
      // JSON is YAML.
      const configuration = {
        gateway: {
          url: origin('access'),
          listen: [{ address: `127.0.0.1:${port}` }],
          operations: false,
          workers: 1,
          admin_socket: adminSocket,
          secret_key: 'file:secret.key',
        },
        store: redis.url,
        identity,
        session: { revalidate: `${revalidate / 1000}s` },
        audit: { file: { path: auditFile } },
        apps: {
          wiki: { from: origin('wiki'), ...served, policy: [{ name: 'staff', allow: { groups: ['staff'] } }] },
          payroll: {
            from: origin('payroll'),
            ...served,
            require: { mfa: true },
            policy: [{ allow: { groups: ['hr'] } }],
          },
          finance: { from: origin('finance'), ...served, policy: [{ name: 'HR', allow: { groups: ['hr'] } }] },
        },
      }
      await writeFile(configurationFile, JSON.stringify(configuration, undefined, 2))
      const node = await startNode({ name: 'gateway', port, configurationFile, adminSocket, auditFile })
      undo.push(() => node.stop())
      return node
    },
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
