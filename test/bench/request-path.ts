// Micro-benchmark of the request path without sockets: the real components, all features enabled, in this process.
//
// `node test/bench/request-path.ts [--requests N] [--rounds N] [--only whole]`; a profile: `node --cpu-prof test/bench/request-path.ts --only whole`.
// Microseconds of CPU (all threads of the process, and the kernel for it) and bytes allocated for one request, whole and
// stage by stage: each line runs the path as far as its stage, and what the line before took is subtracted. Median and
// least over interleaved rounds; a fixed loop says how fast the machine was. Server and upstream are left out: the
// exchanges are made here, and the upstream answers when it is told to. Both, and the provider, are the only doubles.

import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { getHeapStatistics } from 'node:v8'
import { exportJWK, SignJWT } from 'jose'
import { openSinks } from '../../src/audit/open.ts'
import { createRecorder } from '../../src/audit/recorder.ts'
import { loadConfiguration } from '../../src/config/load/load.ts'
import { openDevices } from '../../src/devices/open.ts'
import type { ResponseWriter } from '../../src/http/response-writer.ts'
import { createAssertions } from '../../src/proxy/identity/assertion.ts'
import { createConnections } from '../../src/proxy/open-connections.ts'
import type { ForwardResult, Upstream } from '../../src/proxy/upstream.ts'
import { createHeaderRules } from '../../src/proxy/headers/request-headers.ts'
import { buildActiveConfig } from '../../src/server/apply-config.ts'
import type { OpenExchangeContext } from '../../src/gateway/open-exchange.ts'
import { buildAccessRequest } from '../../src/gateway/access-context.ts'
import { canonicalize, type CanonicalRequest } from '../../src/gateway/canonical/canonical-request.ts'
import { createIdpFreshness } from '../../src/gateway/idp-freshness.ts'
import { createConcurrencyLimiter } from '../../src/gateway/concurrency-limit.ts'
import type { Exchange } from '../../src/http/exchange.ts'
import { handleRequest } from '../../src/gateway/handle-request.ts'
import { authenticate } from '../../src/gateway/authenticate.ts'
import { requestSource } from '../../src/gateway/origin-check.ts'
import { authorize } from '../../src/gateway/authorize.ts'
import { createDecisionCache } from '../../src/gateway/decision-cache.ts'
import type { Dependencies } from '../../src/gateway/dependencies.ts'
import { route, type Target } from '../../src/gateway/route.ts'
import { createPrincipals } from '../../src/gateway/principal.ts'
import type { GrantRequests } from '../../src/grants/requests/repository.ts'
import { createGrants } from '../../src/grants/grants.ts'
import { withoutOwnCookies } from '../../src/identity/session/cookies.ts'
import { createUsers } from '../../src/identity/users/users.ts'
import { createSessions } from '../../src/identity/session/sessions.ts'
import type { SignIn } from '../../src/identity/oidc/sign-in.ts'
import { createChangeFeed } from '../../src/store/change-feed.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { createSeal } from '../../src/store/seal.ts'
import { createLogger } from '../../src/telemetry/logger.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import {
  numberOf,
  positiveInteger,
  readCommandLine,
  type CommandForm,
  type CommandOptions,
} from '../../scripts/command-line.ts'
import { configuration as yaml } from './configuration.ts'
import { median } from './ratios.ts'

const form = {
  name: 'path',
  command: 'node test/bench/request-path.ts',
  about: 'What the gateway itself costs for one request, stage by stage, without any socket.',
  options: {
    requests: { type: 'string', default: '20000', help: 'requests of each round' },
    rounds: { type: 'string', default: '15', help: 'interleaved rounds' },
    only: { type: 'string', value: 'whole', help: 'the whole path alone, for a profile' },
  },
} as const satisfies CommandForm<CommandOptions>
const values = readCommandLine(form)
const requests = numberOf(form, 'requests', values.requests, positiveInteger)
const rounds = numberOf(form, 'rounds', values.rounds, positiveInteger)
/** Concurrent requests, as many as a load generator keeps open. */
const together = 32
const port = 8080
const now = Date.now

const folder = mkdtempSync(join(tmpdir(), 'einlass-path-'))

async function measureAll(): Promise<void> {
  const { parts, flush, upstream, cookie, stop } = await open()
  const silent: Dependencies = { ...parts, record: () => {} }
  const view = (exchange: Exchange): CanonicalRequest => {
    const made = canonicalize(exchange, parts.activeConfig().rules)
    if (made.kind === 'rejected') throw new Error(made.detail)
    return made.request
  }
  const routed = (request: CanonicalRequest): Extract<Target, { kind: 'app' }> => {
    const target = route(parts.activeConfig(), request)
    if (target.kind !== 'app') throw new Error(target.kind)
    return target
  }
  const stages: [string, (exchange: Exchange) => unknown][] = [
    ['exchange (not ours)', () => undefined],
    ['canonical', view],
    ['route', (exchange) => routed(view(exchange))],
    [
      'authenticate',
      (exchange) => {
        const request = view(exchange)
        return authenticate(parts, routed(request), request)
      },
    ],
    [
      'build access request',
      (exchange) => {
        const request = view(exchange)
        const target = routed(request)
        const who = authenticate(parts, target, request)
        return who instanceof Promise ? undefined : buildAccessRequest(parts, target.app, who, request)
      },
    ],
    [
      'authorize',
      (exchange) => {
        const request = view(exchange)
        const target = routed(request)
        const who = authenticate(parts, target, request)
        // The posture cache is refreshed once a minute: that request does not count.
        if (who instanceof Promise) return undefined
        const facts = buildAccessRequest(parts, target.app, who, request)
        if (facts instanceof Promise) return undefined
        return authorize(parts, target, who, facts.access, requestSource(request))
      },
    ],
    ['enforce, forward', (exchange) => void handleRequest(silent, exchange)],
    ['record', (exchange) => void handleRequest(parts, exchange)],
  ]
  try {
    const text = head(cookie)
    const run = async (stage: (exchange: Exchange) => unknown): Promise<void> => {
      for (let done = 0; done < requests; done += together) {
        for (let one = 0; one < together; one++) stage(exchange(text))
        upstream.answer()
        // Let queued callbacks run, as between two socket reads.
        await new Promise(setImmediate)
      }
      await flush()
    }
    const figures = stages
      .filter(([name]) => values.only === undefined || name === 'record')
      .map(([name, stage]) => ({ name, stage, us: [] as number[], bytes: [] as number[] }))
    const loops: number[] = []
    for (let round = -3; round < rounds; round++) {
      for (const { stage, us, bytes } of figures) {
        const allocated = getHeapStatistics().total_allocated_bytes
        const used = await cpu(() => run(stage))
        if (round < 0) continue
        us.push(used / requests)
        bytes.push((getHeapStatistics().total_allocated_bytes - allocated) / requests)
      }
      if (round >= 0) loops.push(await cpu(calibrate))
    }
    process.stdout.write(table(figures, loops))
  } finally {
    await stop()
  }
}

/** Microseconds. */
async function cpu(work: () => unknown): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

let sum = 0

/** A fixed amount of work, to calibrate the machine. */
function calibrate(): void {
  for (let i = 0; i < 5_000_000; i++) sum = (Math.imul(sum, 31) + i) | 0
}

interface Figure {
  readonly name: string
  readonly us: readonly number[]
  readonly bytes: readonly number[]
}

function table(figures: readonly Figure[], loops: readonly number[]): string {
  const lines = [row('stage', 'us', 'least', 'bytes')]
  const least = (values: readonly number[]): number => Math.min(...values)
  figures.forEach(({ name, us, bytes }, at) => {
    const before = figures[at - 1]
    const own = (of: (values: readonly number[]) => number, key: 'us' | 'bytes', from: readonly number[]): number =>
      of(from) - (before === undefined ? 0 : of(before[key]))
    lines.push(
      row(
        name,
        own(median, 'us', us).toFixed(2),
        own(least, 'us', us).toFixed(2),
        own(median, 'bytes', bytes).toFixed(0),
      ),
    )
  })
  const [first, last] = [figures[0]!, figures.at(-1)!]
  if (last !== first) {
    const ours = (of: (values: readonly number[]) => number, key: 'us' | 'bytes'): string =>
      (of(last[key]) - of(first[key])).toFixed(key === 'us' ? 2 : 0)
    lines.push(row('ours, whole', ours(median, 'us'), ours(least, 'us'), ours(median, 'bytes')))
  }
  return `${lines.join('\n')}\nfixed loop: ${median(loops).toFixed(0)} us, least ${least(loops).toFixed(0)}\n`
}

function row(name: string, ...figures: readonly string[]): string {
  return name.padEnd(22) + figures.map((figure) => figure.padStart(9)).join('')
}

/** Header of a browser's request. */
function head(cookie: string): Buffer {
  const headers = {
    Host: `erp.localhost:${port}`,
    Connection: 'keep-alive',
    'sec-ch-ua': '"Chromium";v="156", "Not/A)Brand";v="24"',
    'sec-ch-ua-mobile': '?0',
    'sec-ch-ua-platform': '"Linux"',
    'Upgrade-Insecure-Requests': '1',
    'User-Agent':
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
    Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
    'Sec-Fetch-Site': 'same-origin',
    'Sec-Fetch-Mode': 'navigate',
    'Sec-Fetch-Dest': 'document',
    'Accept-Encoding': 'gzip, deflate, br, zstd',
    'Accept-Language': 'de-DE,de;q=0.9,en;q=0.8',
    Cookie: `__Host-einlass=${cookie}; theme=dark; csrf=6d5f3c1a`,
  }
  return Buffer.from(Object.entries(headers).flat().join('\0'), 'latin1')
}

/** New strings for every request, as a parser makes them, so that V8 has nothing cached about them. */
function exchange(text: Buffer, posture?: string): Exchange {
  const headers: string[] = []
  for (let from = 0; from < text.length;) {
    const zero = text.indexOf(0, from)
    const end = zero < 0 ? text.length : zero
    headers.push(text.toString('latin1', from, end))
    from = end + 1
  }
  if (posture !== undefined) headers.push('Device-Posture', posture)
  return {
    kind: 'http',
    received: {
      method: 'GET',
      target: '/area-3/orders?page=7',
      version: '1.1',
      headers,
      authority: undefined,
      omittedCookies: 0,
      address: '127.0.0.1',
      port: 50_000,
      serverName: undefined,
      secure: false,
      bodyEnded: false,
    },
    connection: noBody,
    startedAt: now(),
    body: noBody,
    response: answer,
    proceed: () => {},
  }
}

const noBody = Readable.from([])
const answer: ResponseWriter = {
  headersSent: false,
  closed: false,
  writeInformational() {},
  writeHead(status) {
    throw new Error(`the path answered ${status} itself`)
  },
  write: () => true,
  end() {},
  onDrain() {},
  onClientClose() {},
  destroy() {
    throw new Error('the path cut the answer')
  },
}

/** Fake upstream that answers all pending requests when called. */
function createUpstream(): Upstream & { answer(): void } {
  const result: ForwardResult = {
    status: 200,
    bytesIn: 0,
    bytesOut: 1000,
    end: 'complete',
    upstream: 'http://127.0.0.1:1',
    detail: undefined,
    errorStatus: undefined,
  }
  let waiting: ((result: ForwardResult) => void)[] = []
  return {
    forward(_request, _answer, opened) {
      opened(() => {})
      return new Promise((resolve) => waiting.push(resolve))
    },
    answer() {
      const those = waiting
      waiting = []
      for (const resolve of those) resolve(result)
    },
    forwardWebSocket: () => Promise.reject(new Error('no WebSocket here')),
    health: () => [],
    changedCookies: () => [],
    retire: () => Promise.resolve(),
  }
}

async function open() {
  const device = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const facts = { port, upstream: 1, issuer: 'http://127.0.0.1:2', client: 'einlass', redis: 'memory:', operations: 3 }
  const origin = `http://access.localhost:${port}`
  const text = JSON.stringify(yaml({ ...facts, origin, tls: undefined, gateway: {}, apps: ['erp'] }))
  writeFileSync(join(folder, 'secret.key'), randomBytes(32).toString('base64'))
  writeFileSync(
    join(folder, 'devices.json'),
    JSON.stringify({ keys: [{ ...(await exportJWK(device.publicKey)), kid: 'laptop-1', alg: 'ES256' }] }),
  )
  const loaded = await loadConfiguration({ file: join(folder, 'einlass.yaml'), text, env: { OIDC_CLIENT_SECRET: 'x' } })
  if (loaded.state === 'invalid') throw new Error(loaded.problems.map(({ message }) => message).join('\n'))
  const { configuration } = loaded
  const log = createLogger({ level: 'warn' })
  const store = createMemoryStore({ now })
  const seal = createSeal(configuration.gateway.secretKeys)
  const changes = createChangeFeed({ store, now, log })
  const recorder = createRecorder({
    sinks: await openSinks(configuration.audit, { log, now, timeZone: () => 'UTC' }),
    now,
  })
  const { record } = recorder
  const sessions = createSessions({ store, changes, seal, record, now, settings: () => configuration.session, log })
  const users = createUsers({ store, seal, now, log })
  const deps = { store, changes, seal, record, now, log }
  const devices = await openDevices({ ...configuration.devices, origin }, deps)
  const grants = createGrants(deps)
  const assertions = createAssertions({ store, seal, now, origin })
  await Promise.all([grants.load(), assertions.start(), changes.sweep()])
  const upstream = createUpstream()
  const prepared = buildActiveConfig(configuration, undefined, { log, now, postureHeaders: devices.headers })
  const sites = new Map([...prepared.apps].map(([host, site]) => [host, { ...site, upstream }]))
  const applied = { ...prepared, sites }
  const revalidation = { revalidate: () => Promise.resolve({ state: 'unreachable' } as const) }
  const parts: Dependencies = {
    activeConfig: () => applied,
    sessions,
    users,
    idpFreshness: createIdpFreshness({ revalidation, sessions, providers: { get: () => undefined }, now }),
    signIn: {} as SignIn,
    guests: {} as Dependencies['guests'],
    passkeys: {} as Dependencies['passkeys'],
    requests: {} as GrantRequests,
    reviews: {} as Dependencies['reviews'],
    emergency: {} as Dependencies['emergency'],
    formReads: { acquire: () => undefined },
    unknownAddresses: { add() {} },
    devices,
    grants,
    principalOf: createPrincipals(),
    decisions: createDecisionCache(),
    assertions,
    headers: createHeaderRules(devices.headers, withoutOwnCookies),
    connections: createConnections<OpenExchangeContext>(),
    concurrency: createConcurrencyLimiter(() => configuration.limits),
    changes,
    record,
    metrics: createMetrics(),
    log,
    now,
  }

  const subject = {
    provider: 'default',
    sub: 'u-4711',
    email: 'bea@example.com',
    name: 'Bea Bench',
    username: 'bea',
    groups: ['staff', 'finance', 'group-07'],
    groupsComplete: true,
    claims: {},
    external: false,
  }
  const session = await sessions.begin(
    {
      subject,
      authentication: { acr: 'urn:einlass:demo:2', amr: ['otp'], authTime: now(), mfa: true, phishingResistant: false },
      providerSession: undefined,
      tokens: { refresh: undefined, idToken: undefined },
      userAgent: undefined,
      address: '127.0.0.1',
    },
    undefined,
    { requestId: randomUUID(), address: '127.0.0.1' },
  )
  const cookie = await sessions.issueCookie(session, `erp.localhost:${port}`)
  // Signed with the device key; its first use binds the device to the session.
  const seconds = Math.floor(now() / 1000)
  const posture = await new SignJWT({
    managed: true,
    disk_encrypted: true,
    firewall: true,
    os: { name: 'windows', version: '10.0.26100' },
  })
    .setProtectedHeader({ alg: 'ES256', typ: 'device-posture+jwt', kid: 'laptop-1' })
    .setAudience(origin)
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + 120)
    .setJti(randomUUID())
    .sign(device.privateKey)
  const first = exchange(head(cookie), posture)
  handleRequest(parts, first)
  for (let waited = 0; waited < 50; waited++) {
    await new Promise((resolve) => setTimeout(resolve, 5))
    upstream.answer()
  }
  return {
    parts,
    upstream,
    cookie,
    flush: () => recorder.flush(),
    async stop() {
      assertions.stop()
      grants.stop()
      await devices.stop()
      await sessions.stop()
      await users.stop()
      await changes.stop()
      await recorder.close()
      await store.close()
    },
  }
}

try {
  await measureAll()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
