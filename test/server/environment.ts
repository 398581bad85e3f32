// Test environment for `einlass serve`: folder, configuration file, free ports, and an app with slow responses.

import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, get, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { freePorts, listen } from '../../src/demo/listen.ts'
import { startNode, type NodeProcess } from '../support/gateway-process.ts'
import { run, type CommandResult } from '../cli/run-command.ts'

export interface GatewayEnvironment {
  readonly folder: string
  readonly port: number
  readonly operationsPort: number
  readonly file: string
  readonly adminSocket: string
  /** Rewrites the configuration file; `changes` are merged over its sections. */
  write(changes?: Readonly<Record<string, unknown>>): Promise<void>
  /** Resolves when it is open; stopped after the test. `executable`: another copy of the launcher. */
  start(executable?: string): Promise<NodeProcess>
  /** Runs `serve` when it is expected to exit on its own. `uid`: as another user. */
  fail(uid?: number): Promise<CommandResult>
  /** Sends a request to a public path of the app: `/slow/N` responds after N milliseconds, `/stream` never ends. */
  ask(path: string): Promise<PendingResponse>
  /** Requests open at the app. */
  busy(): number
}

export interface PendingResponse {
  readonly status: number | undefined
  readonly answer: IncomingMessage
  /** Rejects when the connection breaks before the end. */
  readonly body: Promise<string>
}

export async function createGatewayEnvironment(store = 'memory:'): Promise<GatewayEnvironment> {
  const folder = await mkdtemp(join(tmpdir(), 'einlass-start-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  let busy = 0
  const app = createServer((request, response) => {
    busy += 1
    response.on('close', () => (busy -= 1))
    if (request.url === '/stream') return void response.writeHead(200, { 'content-type': 'text/plain' }).write('first')
    const timer = setTimeout(() => response.end('slowly'), Number(request.url?.split('/').at(-1)))
    response.on('close', () => clearTimeout(timer))
  })
  const appPort = await listen(app, 0)
  onTestFinished(() => {
    app.closeAllConnections()
    app.close()
  })
  const [port, operationsPort] = (await freePorts(2)) as [number, number]
  const file = join(folder, 'einlass.yaml')
  const adminSocket = join(folder, 'admin.sock')
  const auditFile = join(folder, 'audit.jsonl')
  await writeFile(join(folder, 'secret.key'), randomBytes(32).toString('base64'), { mode: 0o600 })
  const configuration = {
    gateway: {
      url: `http://access.localhost:${port}`,
      listen: [{ address: `127.0.0.1:${port}` }],
      operations: `127.0.0.1:${operationsPort}`,
      admin_socket: 'admin.sock',
      secret_key: 'file:secret.key',
    },
    store,
    identity: { issuer: 'http://127.0.0.1:9', client_id: 'einlass', client_secret: 'env:OIDC_CLIENT_SECRET' },
    audit: { file: { path: 'audit.jsonl' } },
    apps: {
      app: {
        from: `http://app.localhost:${port}`,
        to: `http://127.0.0.1:${appPort}`,
        policy: [{ allow: { groups: ['staff'] } }],
        public: [{ paths: ['/*'], methods: ['GET'] }],
      },
    },
  }
  const house: GatewayEnvironment = {
    folder,
    port,
    operationsPort,
    file,
    adminSocket,
    busy: () => busy,
    write: (changes = {}) => {
      const gateway = { ...configuration.gateway, ...(changes['gateway'] as object | undefined) }
      // JSON is YAML.
      return writeFile(file, JSON.stringify({ ...configuration, ...changes, gateway }, undefined, 2))
    },
    async start(executable) {
      process.env['OIDC_CLIENT_SECRET'] = 'of-this-test'
      const node = await startNode({
        name: 'gateway',
        port,
        configurationFile: file,
        adminSocket,
        auditFile,
        executable,
      })
      onTestFinished(() => node.kill9())
      return node
    },
    fail: (uid) => run(['serve', '--config', 'einlass.yaml', '--log-level', 'silent'], { cwd: folder, uid }),
    ask: (path) => ask(port, path),
  }
  await house.write()
  return house
}

function ask(port: number, path: string): Promise<PendingResponse> {
  return new Promise((resolve, reject) => {
    const outgoing = get({ host: '127.0.0.1', port, path, agent: false, headers: { host: `app.localhost:${port}` } })
    outgoing.on('error', reject)
    outgoing.on('response', (answer) => {
      let text = ''
      const body = new Promise<string>((done, broken) => {
        answer.on('error', broken)
        answer.on('data', (chunk: Buffer) => (text += chunk))
        answer.on('end', () => done(text))
      })
      body.catch(() => undefined)
      resolve({ status: answer.statusCode, answer, body })
    })
  })
}
