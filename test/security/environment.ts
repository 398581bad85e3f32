// Test environment for security tests: a gateway on SQLite, a provider that can deviate, an app, all output, and a minimal browser.

import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import http, { type IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { callApi } from '../../src/cli/admin-client.ts'
import { createCookieJar, type CookieJar } from '../../src/demo/tour/cookie-jar.ts'
import { freePorts } from '../../src/demo/listen.ts'
import { startProviderUnderTest, type ProviderUnderTest } from '../support/provider-under-test.ts'
import { startRecordingApp, type RecordingApp } from '../support/recording-app.ts'

export const root = resolve(import.meta.dirname, '../..')

export interface SecurityEnvironment {
  readonly folder: string
  readonly file: string
  readonly adminSocket: string
  readonly port: number
  readonly operationsPort: number
  /** Origins. */
  readonly gateway: string
  readonly app: string
  readonly provider: ProviderUnderTest
  readonly upstream: RecordingApp
  /** Contents of the secret key file. */
  readonly secretKey: string
  /** Starts the gateway; resolves when it is open. */
  start(options?: Started): Promise<Running>
  visitor(): Visitor
  /** `socket`: its path in a changed configuration. */
  admin(
    method: 'GET' | 'POST',
    path: string,
    socket?: string,
  ): Promise<{ readonly status: number; readonly value: unknown }>
  audit(): Promise<string>
  /** Stops everything and removes the folder. */
  stop(): Promise<void>
}

export interface Started {
  /** Arguments for Node itself. */
  readonly node?: readonly string[]
  /** Further arguments of the command. */
  readonly words?: readonly string[]
  /** Another configuration file. */
  readonly file?: string
  /** Another copy of the program; default: the launcher of the project. */
  readonly executable?: string
}

export interface Running {
  readonly pid: number
  /** Everything it wrote to standard output and standard error. */
  output(): string
  signal(name: NodeJS.Signals): void
  /** Exit code; null after a signal. */
  readonly gone: Promise<number | null>
}

export interface Seen {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface Visitor {
  readonly jar: CookieJar
  /** URLs requested and redirect targets, and `Set-Cookie` lines received. */
  readonly seen: string[]
  /** One request, as a page navigation unless `headers` differ; no redirect followed. */
  ask(
    url: string,
    asked?: { readonly method?: string; readonly headers?: object; readonly body?: string },
  ): Promise<Seen>
  /** Follows redirects, also through the provider, to the first response that is not one. */
  open(url: string): Promise<Seen>
}

/** `more`: merged over the configuration. */
export async function createSecurityEnvironment(more: object = {}): Promise<SecurityEnvironment> {
  const folder = await mkdtemp(join(tmpdir(), 'einlass-security-'))
  const [provider, upstream] = await Promise.all([startProviderUnderTest(), startRecordingApp()])
  const [port, operationsPort] = (await freePorts(2)) as [number, number]
  const at = (name: string): string => join(folder, name)
  const gateway = `http://access.localhost:${port}`
  const app = `http://wiki.localhost:${port}`
  const secretKey = randomBytes(32).toString('base64')
  await writeFile(at('secret.key'), secretKey, { mode: 0o600 })
  await writeFile(at('client.secret'), provider.clientSecret, { mode: 0o600 })
  const configuration = {
    gateway: {
      url: gateway,
      listen: [{ address: `127.0.0.1:${port}` }],
      operations: `127.0.0.1:${operationsPort}`,
      admin_socket: at('admin.sock'),
      secret_key: 'file:secret.key',
    },
    store: 'sqlite:einlass.db',
    identity: { issuer: provider.issuer, client_id: provider.clientId, client_secret: 'file:client.secret' },
    audit: { file: { path: 'audit.jsonl' } },
    apps: { wiki: { from: app, to: upstream.origin, policy: [{ allow: { groups: ['staff'] } }] } },
    ...more,
  }
  // JSON is YAML.
  await writeFile(at('einlass.yaml'), JSON.stringify(configuration, undefined, 2))
  const running: Running[] = []

  return {
    folder,
    file: at('einlass.yaml'),
    adminSocket: at('admin.sock'),
    port,
    operationsPort,
    gateway,
    app,
    provider,
    upstream,
    secretKey,
    async start(options) {
      const one = await start({ file: at('einlass.yaml'), ...options })
      running.push(one)
      return one
    },
    visitor: () => createVisitor(port, provider),
    admin: (method, path, socket = at('admin.sock')) => callApi(socket, method, path),
    audit: () => readFile(at('audit.jsonl'), 'utf8'),
    async stop() {
      for (const one of running) {
        one.signal('SIGKILL')
        await one.gone
      }
      await Promise.all([provider.stop(), upstream.stop()])
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function start(options: Started & { readonly file: string }): Promise<Running> {
  const { file, node = [], words = [], executable = join(root, 'bin/einlass.mjs') } = options
  const child = spawn(process.execPath, [...node, executable, 'serve', '--config', file, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk))
  const gone = new Promise<number | null>((done, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      process.off('exit', kill)
      done(code)
    })
  })
  for (let waited = 0; !/^einlass: .* is open$/m.test(output); waited += 25) {
    if (child.exitCode !== null || waited > 20_000) {
      kill()
      throw new Error(`the gateway did not open:\n${output}`)
    }
    await pause(25)
  }
  return { pid: child.pid!, output: () => output, signal: (name) => void child.kill(name), gone }
}

function createVisitor(port: number, provider: ProviderUnderTest): Visitor {
  const jar = createCookieJar()
  const seen: string[] = []

  const ask: Visitor['ask'] = (address, asked = {}) => {
    const url = new URL(address)
    const cookie = jar.header(url)
    const headers = {
      host: url.host,
      accept: 'text/html',
      'sec-fetch-dest': 'document',
      'sec-fetch-mode': 'navigate',
      ...(cookie !== undefined && { cookie }),
      ...(asked.body !== undefined && {
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': Buffer.byteLength(asked.body),
      }),
      ...asked.headers,
    }
    seen.push(address)
    return new Promise((done, reject) => {
      const path = url.pathname + url.search
      const outgoing = http.request({
        host: '127.0.0.1',
        port,
        path,
        method: asked.method ?? 'GET',
        headers,
        agent: false,
      })
      outgoing.setTimeout(10_000, () => outgoing.destroy(new Error(`${address} did not answer`)))
      outgoing.on('error', reject)
      outgoing.on('response', (answer) => {
        const cookies = answer.headers['set-cookie'] ?? []
        jar.store(url, cookies)
        seen.push(...cookies, ...(answer.headers.location === undefined ? [] : [answer.headers.location]))
        let body = ''
        answer.on('data', (chunk: Buffer) => (body += chunk))
        answer.on('error', reject)
        answer.on('end', () => done({ status: answer.statusCode ?? 0, headers: answer.headers, body }))
      })
      outgoing.end(asked.body)
    })
  }

  return {
    jar,
    seen,
    ask,
    async open(address) {
      for (let hop = 0; hop < 20; hop++) {
        const answer = await ask(address)
        const { location } = answer.headers
        if (location === undefined) return answer
        const next = new URL(location, address)
        address = next.origin === provider.issuer ? callbackOf(next, await provider.visit(next.href)) : next.href
      }
      throw new Error(`redirect loop, last at ${address}`)
    },
  }

  function callbackOf(authorization: URL, query: string): string {
    seen.push(query)
    return authorization.searchParams.get('redirect_uri')! + query
  }
}
