// The composition root: builds, starts and stops every part of one gateway. No container: read it top to bottom.

import { product } from './audit/ocsf-objects.ts'
import { openSinks } from './audit/open.ts'
import { createRecorder } from './audit/recorder.ts'
import type { Configuration } from './config/configuration.ts'
import { loadConfiguration } from './config/load.ts'
import { printProblem } from './config/problem.ts'
import { watchFiles } from './config/watch.ts'
import { openDevices } from './devices/open.ts'
import { createAssertions } from './forward/assertion.ts'
import { createConnections } from './forward/connections.ts'
import { createHeaderRules } from './forward/headers.ts'
import { accept } from './gateway/accept.ts'
import { openAdminSocket } from './gateway/admin-socket.ts'
import { prepare, retire } from './gateway/apply.ts'
import type { Applied } from './gateway/applied.ts'
import type { Asked } from './gateway/asked.ts'
import { cannotListen } from './gateway/cannot-listen.ts'
import { createConfirmation } from './gateway/confirm.ts'
import { createCrowd } from './gateway/crowd.ts'
import { handle } from './gateway/gateway.ts'
import { createLeases } from './gateway/leases.ts'
import { counting, countingRevalidation, readNumbers } from './gateway/numbers.ts'
import { openOperations } from './gateway/operations.ts'
import type { Parts } from './gateway/parts.ts'
import { createReloader, type Reloaded } from './gateway/reload.ts'
import { createStandings } from './gateway/standing.ts'
import { startRevalidator } from './gateway/revalidate.ts'
import { undo, whenStoreAnswers } from './gateway/starting.ts'
import { healthOf, type Running } from './gateway/status.ts'
import {
  installedVersions,
  shortfalls,
  versionNotes,
  versionWarnings,
  type Versions,
} from './gateway/version-floors.ts'
import { createGrants } from './grants/grants.ts'
import { withoutOurCookies } from './identity/cookie.ts'
import { createProviders, reachability } from './identity/provider.ts'
import { createRevalidation } from './identity/refresh.ts'
import { createSessions } from './identity/sessions.ts'
import { createSignIn } from './identity/sign-in.ts'
import { createSignInRate } from './identity/sign-in-rate.ts'
import { createChanges } from './store/changes.ts'
import { openStore } from './store/open.ts'
import { createSeal } from './store/seal.ts'
import { createLogger, type LogDestination, type LogLevel } from './telemetry/logger.ts'
import { createMetrics } from './telemetry/metrics.ts'

export type { LogLevel }

export interface GatewayOptions {
  /** Absolute path of the configuration. */
  readonly file: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly logLevel: LogLevel
  /** Standard error when not given. */
  readonly logDestination?: LogDestination
  /** Epoch milliseconds; the clock when not given. */
  readonly now?: () => number
  /** Of what it runs on; those of this process when not given. */
  readonly versions?: Versions
}

export interface Gateway {
  readonly origin: string
  /** Ports really listened on, in the order of `gateway.listen`. */
  readonly ports: readonly number[]
  readonly operationsPort: number | undefined
  /** Never rejects. */
  reload(): Promise<Reloaded>
  /**
   * Finishes open requests for at most `patience` milliseconds (10 s), records everything, closes everything. Called
   * again meanwhile, it lowers the patience; both resolve when all is closed.
   */
  stop(patience?: number): Promise<void>
}

export type Started =
  | { readonly state: 'started'; readonly gateway: Gateway; readonly warnings: readonly string[] }
  /** Problems of the configuration, as `file:line:column: path: message`. Nothing was started. */
  | { readonly state: 'refused'; readonly problems: readonly string[]; readonly warnings: readonly string[] }

/** Rejects when a part cannot start (a port is taken, the audit file cannot be written); nothing is left running then. */
export async function startGateway(options: GatewayOptions): Promise<Started> {
  const loaded = await loadConfiguration({ file: options.file, env: options.env })
  const warnings = loaded.warnings.map((one) => printProblem({ ...one, message: `warning: ${one.message}` }))
  if (loaded.state === 'invalid') return { state: 'refused', problems: loaded.problems.map(printProblem), warnings }
  /** What has been started, to be stopped in the reverse order. */
  const started: (() => unknown)[] = []
  try {
    const gateway = await build(options, loaded.configuration, started)
    const outdated = versionWarnings(shortfalls(options.versions ?? installedVersions()))
    return { state: 'started', gateway, warnings: [...warnings, ...outdated.map((one) => `warning: ${one}`)] }
  } catch (error) {
    await undo(started)
    throw error
  }
}

async function build(options: GatewayOptions, first: Configuration, started: (() => unknown)[]): Promise<Gateway> {
  const { env, file, logLevel: level, logDestination: destination, now = Date.now } = options
  const startedAt = now()
  let applied: Applied
  let stopped: Promise<void> | undefined
  const settings = () => applied.configuration.session

  const log = createLogger({ level, destination })
  const versions = options.versions ?? installedVersions()
  const outdated = shortfalls(versions)
  for (const message of versionWarnings(outdated)) log.warn({}, message)
  for (const message of versionNotes(outdated)) log.info({}, message)
  const metrics = createMetrics()
  const recorder = createRecorder({
    sinks: await openSinks(first.audit, { log, now, timeZone: Temporal.Now.timeZoneId() }),
    now,
    configurationHash: () => applied.configuration.hash,
    onLoss: (loss) => log.error(loss, 'audit events are being lost'),
    onState: (sink, state, error) =>
      log[state === 'working' ? 'info' : 'error']({ sink, error }, `an audit sink is ${state}`),
  })
  const record = counting(recorder.record, metrics)
  started.push(() => recorder.close())

  const store = await openStore(first.store, { now, log })
  started.push(() => store.close())
  const seal = createSeal(first.gateway.secretKeys)
  const changes = createChanges({ store, now, log })
  started.push(() => changes.stop())

  const providers = createProviders({
    settings: first.providers,
    now,
    log: (message, detail) => log.warn(detail, message),
  })
  started.push(() => providers.stop())
  const sessions = createSessions({ store, changes, seal, record, now, settings, log })
  started.push(() => sessions.stop())
  const asking = createRevalidation({ providers, sessions, store, changes, settings, record, now })
  const revalidation = countingRevalidation(asking, metrics)
  const gateway = () => applied.configuration.gateway
  const limits = () => applied.configuration.limits
  const rate = createSignInRate({ limits, now, throttled: () => metrics.throttled('sign_in') })
  const signIn = createSignIn({ gateway, providers, sessions, store, seal, rate, record, now })
  const { origin } = first.gateway
  const devices = await openDevices(
    { ...first.devices, origin },
    { store, changes, seal, record, now, log, grace: () => settings().grace },
  )
  started.push(() => devices.stop())
  const grants = createGrants({ store, changes, seal, record, now, log })
  started.push(() => grants.stop())
  const assertions = createAssertions({
    store,
    seal,
    now,
    origin,
    onRefreshFailed: (error) => log.warn({ err: error }, 'the signing keys could not be read again'),
  })
  started.push(() => assertions.stop())
  await whenStoreAnswers(log, () => Promise.all([grants.load(), assertions.start()]))

  const parts: Parts = {
    applied: () => applied,
    sessions,
    confirmation: createConfirmation({ revalidation, sessions, now }),
    signIn,
    devices,
    grants,
    standing: createStandings(),
    leases: createLeases(),
    assertions,
    headers: createHeaderRules(devices.headers, withoutOurCookies),
    connections: createConnections<Asked>(),
    crowd: createCrowd(limits),
    changes,
    record,
    metrics,
    log,
    timeZone: Temporal.Now.timeZoneId(),
    now,
  }
  const apply = async (configuration: Configuration): Promise<void> => {
    const previous = applied
    const next = prepare(configuration, previous, { log, now })
    for (const [index, listener] of listeners.entries()) {
      const listen = configuration.gateway.listen[index]
      if (listen !== undefined) await listener.reloadCertificates(listen)
    }
    providers.update(configuration.providers)
    applied = next
    grants.declare(configuration.grants, { kind: 'system' })
    metrics.configured([...configuration.apps.keys()])
    revalidator.everything()
    retire(previous, next, log)
  }
  applied = prepare(first, undefined, { log, now })
  started.push(() => Promise.all([...applied.sites.values()].map(({ upstream }) => upstream.retire())))
  grants.declare(first.grants, { kind: 'system' })
  metrics.configured([...first.apps.keys()])

  const revalidator = startRevalidator(parts)
  started.push(() => revalidator.stop())
  const watching = await watchFiles({ files: first.watched, globs: first.includes })
  started.push(() => watching.stop())
  const reloader = createReloader({
    file,
    env,
    current: () => applied.configuration,
    apply,
    follow(loaded) {
      const { watched, includes } = loaded.state === 'valid' ? loaded.configuration : loaded
      return watching.follow(watched, includes)
    },
    record,
    log,
    now,
  })
  const running: Running = {
    version: product.version,
    versions,
    startedAt,
    configuration: reloader.state,
    audit: recorder.status,
    store: () => store,
    providers: (patience) => reachability(providers, patience),
    draining: () => stopped !== undefined,
    reload: reloader.reload,
  }
  readNumbers(metrics, parts, recorder.status)

  const { operations, adminSocket, listen } = first.gateway
  const operating =
    operations &&
    (await openOperations(operations, { metrics, health: () => healthOf(parts, running) }).catch((cause: unknown) => {
      throw cannotListen('gateway.operations', operations, cause)
    }))
  if (operating !== undefined) started.push(() => operating.close())
  if (adminSocket !== undefined) started.push(await openAdminSocket(adminSocket, parts, running))
  const listeners: Awaited<ReturnType<typeof accept>>[] = []
  for (const one of listen) {
    const listener = await accept(one, {
      limits: first.limits,
      now,
      log,
      proxies: (address) => applied.rules.proxies(address),
      throttled: () => metrics.throttled('connection'),
      handle: (exchange) => handle(parts, exchange),
    }).catch((cause: unknown) => {
      throw cannotListen('gateway.listen', one, cause)
    })
    listeners.push(listener)
    started.push(() => listener.close(1_000))
  }
  watching.onChange(() => void reloader.reload())
  record({
    kind: 'configuration',
    at: now(),
    actor: { kind: 'system' },
    outcome: 'applied',
    hash: first.hash,
    previous: undefined,
    detail: 'started',
  })
  log.info({ origin, hash: first.hash, ports: listeners.map(({ port }) => port) }, 'the gateway is open')

  return {
    origin,
    ports: listeners.map(({ port }) => port),
    operationsPort: operating?.port,
    reload: () => {
      recorder.reopen()
      return reloader.reload()
    },
    async stop(patience = 10_000) {
      const drained = Promise.all([
        parts.connections.drain(patience),
        ...listeners.map((listener) => listener.close(patience)),
      ])
      stopped ??= drained.then(() => undo(started))
      await Promise.all([drained, stopped])
    },
  }
}
