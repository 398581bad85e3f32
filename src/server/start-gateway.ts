// The composition root: starts and stops one gateway. Read it top to bottom; what the path is made of is in compose.ts.

import { product } from '../audit/ocsf/objects.ts'
import { openSinks } from '../audit/open.ts'
import { createRecorder } from '../audit/recorder.ts'
import type { Sink } from '../audit/sink.ts'
import type { Configuration } from '../config/configuration.ts'
import { loadConfiguration, type Loaded } from '../config/load/load.ts'
import { printProblem } from '../config/load/problem.ts'
import { watchFiles } from '../config/file-watcher.ts'
import { administer } from './management/api/routes.ts'
import { prepare, retire } from './apply-config.ts'
import { compose } from './compose.ts'
import { tellCollector } from './v8-flags.ts'
import { openListeners, type SharedPorts } from './listen.ts'
import { counting, readNumbers } from './metrics-sources.ts'
import { openDoors, type Inside } from './management/management-listeners.ts'
import { createReloader, openedOnce, type Reloaded } from './reload.ts'
import { startRevalidator } from '../gateway/revalidate.ts'
import { undo } from './lifecycle.ts'
import { healthOf, type Running } from './management/status.ts'
import {
  installedVersions,
  shortfalls,
  versionNotes,
  versionWarnings,
  type Versions,
} from './management/minimum-versions.ts'
import { reachability } from '../identity/oidc/provider.ts'
import { createLogger, type LogDestination, type LogLevel } from '../telemetry/logger.ts'
import { createMetrics, type Metrics } from '../telemetry/metrics.ts'

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
  /** How the configuration is read, at the start and at each reload; from `file` when not given. */
  readonly load?: () => Promise<Loaded>
  /** For `status`: why there is one worker, where nobody asked for one. */
  readonly oneWorker?: string | undefined
  readonly worker?: WorkerPlace
}

/** One of several that share the ports: whoever started it keeps the audit, the doors for operating and the files. */
export interface WorkerPlace extends SharedPorts {
  /** In place of what `audit` names. */
  readonly sinks: readonly Sink[]
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

/** A gateway as its supervisor sees it. */
export interface WorkingGateway extends Gateway {
  readonly inside: Inside & { readonly metrics: Metrics }
  /** What it listens on, for whoever takes its place. */
  sockets(): SharedPorts['sockets']
}

export type Started<G extends Gateway = WorkingGateway> =
  | { readonly state: 'started'; readonly gateway: G; readonly warnings: readonly string[] }
  /** Problems of the configuration, as `file:line:column: path: message`. Nothing was started. */
  | { readonly state: 'refused'; readonly problems: readonly string[]; readonly warnings: readonly string[] }

/** Rejects when a part cannot start (a port is taken, the audit file cannot be written); nothing is left running then. */
export async function startGateway(options: GatewayOptions): Promise<Started> {
  const load = options.load ?? (() => loadConfiguration({ file: options.file, env: options.env }))
  const loaded = await load()
  const warnings = loaded.warnings.map((one) => printProblem({ ...one, message: `warning: ${one.message}` }))
  if (loaded.state === 'invalid') return { state: 'refused', problems: loaded.problems.map(printProblem), warnings }
  /** What has been started, to be stopped in the reverse order. */
  const started: (() => unknown)[] = []
  try {
    const gateway = await build({ ...options, load }, loaded.configuration, started)
    const outdated = versionWarnings(shortfalls(options.versions ?? installedVersions()))
    return { state: 'started', gateway, warnings: [...warnings, ...outdated.map((one) => `warning: ${one}`)] }
  } catch (error) {
    await undo(started)
    throw error
  }
}

async function build(
  options: GatewayOptions & { readonly load: () => Promise<Loaded> },
  first: Configuration,
  started: (() => unknown)[],
): Promise<WorkingGateway> {
  const { load, logLevel: level, logDestination: destination, worker, now = Date.now } = options
  const startedAt = now()
  tellCollector()
  let hash = (): string | undefined => undefined
  let stopped: Promise<void> | undefined

  const log = createLogger({ level, destination })
  const versions = options.versions ?? installedVersions()
  if (worker === undefined) {
    const outdated = shortfalls(versions)
    for (const message of versionWarnings(outdated)) log.warn({}, message)
    for (const message of versionNotes(outdated)) log.info({}, message)
  }
  const metrics = createMetrics()
  const recorder = createRecorder({
    sinks: worker?.sinks ?? (await openSinks(first.audit, { log, now, timeZone: Temporal.Now.timeZoneId() })),
    now,
    configurationHash: () => hash(),
    onLoss: (loss) => log.error(loss, 'audit events are being lost'),
    onState: (sink, state, error) =>
      log[state === 'working' ? 'info' : 'error']({ sink, error }, `an audit sink is ${state}`),
  })
  started.push(() => recorder.close())
  const record = counting(recorder.record, metrics)
  // Of several workers none tells what all of them are told.
  const recordConfiguration = worker === undefined ? record : () => {}

  const { parts, providers, store, swap } = await compose(first, { log, metrics, record, now }, started)
  hash = () => parts.applied().configuration.hash
  const revalidator = startRevalidator(parts)
  started.push(() => revalidator.stop())

  const watching = worker === undefined ? await watchFiles({ files: first.watched, globs: first.includes }) : undefined
  started.push(() => watching?.stop())
  const reloader = createReloader({
    load,
    current: () => parts.applied().configuration,
    async apply(configuration) {
      const previous = parts.applied()
      const next = prepare(configuration, previous, { log, now })
      for (const [index, listener] of listeners.entries()) {
        const listen = configuration.gateway.listen[index]
        if (listen !== undefined) await listener.reloadCertificates(listen)
      }
      providers.update(configuration.providers)
      swap(next)
      parts.grants.declare(configuration.grants, { kind: 'system' })
      metrics.configured([...configuration.apps.keys()])
      revalidator.everything()
      retire(previous, next, log)
    },
    async follow(loaded) {
      const { watched, includes } = loaded.state === 'valid' ? loaded.configuration : loaded
      await watching?.follow(watched, includes)
    },
    needsRestart: openedOnce,
    record: recordConfiguration,
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
    oneWorker: options.oneWorker,
    reload: reloader.reload,
  }
  readNumbers(metrics, parts, recorder.status)
  const inside = {
    metrics,
    health: () => healthOf(parts, running),
    administer: administer.bind(undefined, parts, running),
  }

  const doors = worker === undefined ? await openDoors(first.gateway, inside, log, started) : undefined
  const listeners = await openListeners(parts, first, started, worker)
  watching?.onChange(() => void reloader.reload())
  const { origin } = first.gateway
  const ports = listeners.map(({ port }) => port)
  recordConfiguration({
    kind: 'configuration',
    at: now(),
    actor: { kind: 'system' },
    outcome: 'applied',
    hash: first.hash,
    previous: undefined,
    detail: 'started',
  })
  log.info({ origin, hash: first.hash, ports }, worker === undefined ? 'the gateway is open' : 'a worker is open')

  return {
    origin,
    ports,
    operationsPort: doors?.operationsPort,
    inside,
    sockets: () => new Map(listeners.map(({ address, socket }) => [address, socket()])),
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
