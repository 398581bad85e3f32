// A composed gateway without sockets: the real components on a memory store; exchanges and answers of apps are inputs of the test.

import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import type { AuditEvent } from '../../src/audit/event.ts'
import type { App, Configuration } from '../../src/config/configuration.ts'
import { loadConfiguration } from '../../src/config/load/load.ts'
import { printProblem } from '../../src/config/load/problem.ts'
import type { AppRuntime } from '../../src/gateway/active-config.ts'
import type { Dependencies } from '../../src/gateway/dependencies.ts'
import { handleRequest } from '../../src/gateway/handle-request.ts'
import type { ClientConnection, Exchange, Received } from '../../src/http/exchange.ts'
import type { ResponseWriter } from '../../src/http/response-writer.ts'
import type { Session } from '../../src/identity/session/session.ts'
import type { Authentication, Subject } from '../../src/policy/subject.ts'
import { toRawHeaders } from '../../src/proxy/headers/serialized-headers.ts'
import type { ForwardRequest, ForwardResult, Upstream } from '../../src/proxy/upstream.ts'
import { compose } from '../../src/server/compose.ts'
import { stopAll } from '../../src/server/lifecycle.ts'
import { createLogger } from '../../src/telemetry/logger.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { env, secretKey, wildcard } from '../config/config-fixtures.ts'

type Access = Extract<AuditEvent, { kind: 'access' }>

/** What a client got. */
export interface Got {
  readonly status: number
  /** Lower-case names; the values of a repeated field joined by ` | `. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** The response was complete, or the connection was cut. */
  readonly end: 'complete' | 'cut'
}

export interface Sent extends Partial<Omit<Received, 'headers'>> {
  /** Default: that of the app `wiki`. */
  readonly host?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sends the cookie of a session. */
  readonly as?: SignedIn
  /** A page navigation. */
  readonly page?: boolean
  readonly body?: string
  readonly upgrade?: boolean
  readonly connection?: ClientConnection
}

export interface SignedIn {
  readonly session: Session
  readonly cookie: string
}

/** One request at the app. */
export interface Forwarded extends ForwardRequest {
  readonly host: string
  readonly fields: Readonly<Record<string, string>>
  readonly response: ResponseWriter
  /** Called as the app's connection is opened. */
  readonly opened: (abort: () => void) => void
}

export interface ComposedGateway {
  readonly deps: Dependencies
  /** `now`: epoch milliseconds of the gateway. */
  readonly clock: { now: number }
  readonly events: readonly AuditEvent[]
  readonly logged: readonly Record<string, unknown>[]
  readonly forwarded: readonly Forwarded[]
  /** How the app answers from now on; at first a complete 200. */
  upstream: (request: Forwarded) => Promise<ForwardResult>
  /** Sends a request and waits for the end of its response. `deps`: in place of those of the gateway. */
  send(sent: Sent, deps?: Dependencies): Promise<Got>
  /** The audit event of the last request to an app. */
  access(): Access
  signIn(app: string, subject?: Partial<Subject>, proof?: Partial<Authentication>): Promise<SignedIn>
  app(name: string): App
  runtime(name: string): AppRuntime
  stop(): Promise<void>
}

export const complete: ForwardResult = {
  status: 200,
  bytesIn: 0,
  bytesOut: 4,
  end: 'complete',
  upstream: 'http://127.0.0.1:9',
  detail: undefined,
  errorStatus: undefined,
}

/** `apps`: YAML of the apps, each at `https://NAME.example.com` unless it has a `from`; `more`: further sections. */
export async function composeGateway(apps: Readonly<Record<string, string>>, more = ''): Promise<ComposedGateway> {
  const configuration = await configurationOf(apps, more)
  const clock = { now: Date.UTC(2026, 10, 18, 10) }
  const events: AuditEvent[] = []
  const logged: Record<string, unknown>[] = []
  const started: (() => unknown)[] = []
  const now = (): number => clock.now
  const log = createLogger({
    level: 'info',
    destination: { write: (line: string) => void logged.push(JSON.parse(line) as Record<string, unknown>) },
  })
  const record = (event: AuditEvent): void => void events.push(event)
  const composed = await compose(configuration, { log, metrics: createMetrics(), record, now }, started)
  await composed.deps.changes.sweep()
  const forwarded: Forwarded[] = []
  const upstreamOf = (host: string): Upstream => {
    const take = (request: ForwardRequest, response: ResponseWriter, opened: Forwarded['opened']) => {
      const raw = toRawHeaders(request.headers)
      const fields = Object.fromEntries(
        raw.flatMap((name, i) => (i % 2 === 0 ? [[name.toLowerCase(), raw[i + 1]!]] : [])),
      )
      const one: Forwarded = { ...request, host, fields, response, opened }
      forwarded.push(one)
      return gateway.upstream(one)
    }
    return {
      forward: take,
      forwardWebSocket: (request, _socket, _head, response, opened) => take(request, response, opened),
      health: () => [],
      changedCookies: () => [],
      retire: () => Promise.resolve(),
    }
  }
  const before = composed.deps.activeConfig()
  const runtimes = new Map(
    [...before.apps].map(([name, app]) => [name, { ...app, upstream: upstreamOf(app.config.host) }]),
  )
  const hosts = new Map(
    [...before.hosts].map(([host, routes]) => [
      host,
      routes.map((one) => ({ ...one, app: runtimes.get(one.app.config.name)! })),
    ]),
  )
  await Promise.all([...before.apps.values()].map(({ upstream }) => upstream.retire()))
  composed.setActiveConfig({ ...before, apps: runtimes, hosts })

  const gateway: ComposedGateway = {
    deps: composed.deps,
    clock,
    events,
    logged,
    forwarded,
    async upstream({ response, opened }) {
      opened(() => response.destroy())
      response.writeHead(200, [])
      response.write(Buffer.from('seen'))
      response.end()
      return complete
    },
    async send(sent, deps = composed.deps) {
      const { exchange, got } = exchangeOf(sent, now())
      handleRequest(deps, exchange)
      const answer = await got
      // Recording follows the end of the response.
      await new Promise(setImmediate)
      return answer
    },
    access: () => events.findLast((event) => event.kind === 'access')!,
    async signIn(app, subject = {}, proof = {}) {
      const session = await composed.deps.sessions.begin(
        {
          subject: { ...anna, ...subject },
          authentication: { acr: undefined, amr: [], authTime: now(), mfa: false, phishingResistant: false, ...proof },
          providerSession: undefined,
          tokens: { refresh: undefined, idToken: undefined },
          userAgent: undefined,
          address: undefined,
        },
        undefined,
        { requestId: randomUUID(), address: '192.0.2.7' },
      )
      return { session, cookie: await composed.deps.sessions.issueCookie(session, `${app}.example.com`) }
    },
    app: (name) => configuration.apps.get(name)!,
    runtime: (name) => composed.deps.activeConfig().apps.get(name)!,
    stop: () => stopAll(started),
  }
  return gateway
}

async function configurationOf(apps: Readonly<Record<string, string>>, more: string): Promise<Configuration> {
  const folder = await mkdtemp(join(tmpdir(), 'einlass-composed-'))
  const text = `
gateway:
  url: https://access.example.com
  tls: { cert: wildcard.crt, key: wildcard.key }
  secret_key: file:secret.key
  trusted_proxies: [10.0.0.0/8]
identity:
  external_people: [{ provider: company, sub: guest }]
  providers:
    company:
      issuer: https://login.example.com
      client_id: einlass
      client_secret: env:OIDC_CLIENT_SECRET
      mfa: { amr_any: [otp] }
      step_up: { acr_values: [strong] }
store: "memory:"
networks: { office: [192.0.2.0/24] }
${more}
apps:
${Object.entries(apps)
  .map(([name, app]) => {
    const from = /\bfrom:/.test(app) ? '' : `from: "https://${name}.example.com", `
    return `  ${name}: { ${from}to: "http://127.0.0.1:9", ${app} }`
  })
  .join('\n')}
`
  try {
    const files = { 'wildcard.crt': wildcard.cert, 'wildcard.key': wildcard.key, 'secret.key': secretKey }
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
    const loaded = await loadConfiguration({ file: join(folder, 'einlass.yaml'), text, env })
    if (loaded.state === 'invalid') throw new Error(loaded.problems.map(printProblem).join('\n'))
    return loaded.configuration
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export const anna: Subject = {
  provider: 'company',
  sub: 'anna',
  email: 'anna@example.com',
  name: 'Anna',
  username: 'anna',
  groups: ['staff'],
  groupsComplete: true,
  claims: {},
  external: false,
}

/** An exchange, and what its client gets. */
export function exchangeOf(
  { host = 'wiki.example.com', headers = {}, as, page = false, body, upgrade = false, connection, ...received }: Sent,
  startedAt: number,
): { readonly exchange: Exchange; readonly got: Promise<Got>; readonly response: ResponseWriter } {
  const { response, got } = answerOf()
  const fields: Record<string, string> = {
    Host: host,
    ...(page && { Accept: 'text/html', 'Sec-Fetch-Dest': 'document' }),
    ...(as !== undefined && { Cookie: `__Host-einlass=${as.cookie}` }),
    ...(body !== undefined && { 'Content-Length': String(Buffer.byteLength(body)) }),
    ...(upgrade && {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      Origin: `https://${host}`,
    }),
    ...headers,
  }
  const base = {
    received: {
      method: 'GET',
      target: '/',
      version: '1.1',
      headers: Object.entries(fields).flat(),
      omittedCookies: 0,
      authority: undefined,
      address: '192.0.2.7',
      port: 50_000,
      serverName: host,
      secure: true,
      bodyEnded: false,
      ...received,
    },
    connection: connection ?? new PassThrough(),
    startedAt,
    response,
  } as const
  const exchange: Exchange = upgrade
    ? { ...base, kind: 'upgrade', socket: new PassThrough(), head: Buffer.alloc(0) }
    : { ...base, kind: 'http', body: Readable.from(body === undefined ? [] : [Buffer.from(body)]), proceed: () => {} }
  return { exchange, got, response }
}

function answerOf(): { readonly response: ResponseWriter; readonly got: Promise<Got> } {
  const { promise, resolve } = Promise.withResolvers<Got>()
  let status = 0
  let ended = false
  const headers: Record<string, string> = {}
  const chunks: Buffer[] = []
  const finish = (end: Got['end']): void => {
    ended = true
    resolve({ status, headers, body: Buffer.concat(chunks).toString(), end })
  }
  const response: ResponseWriter = {
    get headersSent() {
      return status !== 0
    },
    get closed() {
      return ended
    },
    writeInformational() {},
    writeHead(one, list) {
      status = one
      for (let i = 0; i < list.length; i += 2) {
        const name = list[i]!.toLowerCase()
        headers[name] = name in headers ? `${headers[name]} | ${list[i + 1]}` : list[i + 1]!
      }
    },
    write: (chunk) => chunks.push(chunk) > 0,
    end: () => finish('complete'),
    onDrain() {},
    onClientClose() {},
    destroy: () => finish('cut'),
  }
  return { response, got: promise }
}

/** Status and type of a problem document: `403 not_in_group`. */
export function told({ status, body }: Got): string {
  return `${status} ${(JSON.parse(body) as { type: string }).type.replace('urn:einlass:problem:', '')}`
}
