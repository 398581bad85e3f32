// The composition root: starts and stops one gateway. Request handling is composed in compose.ts.

import { product } from '../audit/ocsf/objects.ts'
import { openSinks } from '../audit/open.ts'
import { createRecorder } from '../audit/recorder.ts'
import type { Sender } from '../audit/notifications/sender.ts'
import type { Sink } from '../audit/sink.ts'
import type { Configuration } from '../config/configuration.ts'
import { loadConfiguration, type Loaded } from '../config/load/load.ts'
import { printProblem } from '../config/load/problem.ts'
import { watchFiles } from '../config/file-watcher.ts'
import { handleManagementRequest, type ApiResponse } from './management/api/routes.ts'
import { buildActiveConfig, retireUpstreams } from './apply-config.ts'
import { compose } from './compose.ts'
import { setV8Flags } from './v8-flags.ts'
import { openListeners, type SharedPorts } from './listen.ts'
import { openRedirectListeners, type RedirectListeners } from './listen-redirect.ts'
import { countingRecorder, registerMetricsSources } from './metrics-sources.ts'
import { openManagementListeners, type ManagementApi } from './management/management-listeners.ts'
import { createReloader, requiresRestart, type ReloadResult } from './reload.ts'
import { startRevalidator } from '../gateway/revalidate.ts'
import { stopAll } from './lifecycle.ts'
import { healthOf, startingHealth, type RuntimeState } from './management/status.ts'
import {
  installedVersions,
  outdatedComponents,
  versionNotes,
  versionWarnings,
  type ComponentVersions,
} from './management/minimum-versions.ts'
import { lastFailures, reachability } from '../identity/oidc/provider.ts'
import { createLogger, type LogDestination, type LogLevel } from '../telemetry/logger.ts'
import { createMetrics, type Metrics } from '../telemetry/metrics.ts'

export type { LogLevel }

export interface GatewayOptions {
  /** Absolute path of the configuration. */
  readonly file: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly logLevel: LogLevel
  /** Default: standard error. */
  readonly logDestination?: LogDestination
  /** Epoch milliseconds. Default: `Date.now`. */
  readonly now?: () => number
  /** Of Node and the libraries. Default: those of this process. */
  readonly versions?: ComponentVersions
  /** Loads the configuration, at start and at each reload. Default: from `file`. */
  readonly load?: () => Promise<Loaded>
  /** For `status`: why there is one worker although the configuration does not ask for one. */
  readonly oneWorker?: string | undefined
  readonly worker?: WorkerContext
}

/** One of several workers that share the ports; the supervisor keeps the audit, the management listeners and the files. */
export interface WorkerContext extends SharedPorts {
  /** Replace the sinks that `audit` configures. */
  readonly sinks: readonly Sink[]
}

export interface Gateway {
  readonly origin: string
  /** Bound ports, in the order of `gateway.listen`. */
  readonly ports: readonly number[]
  readonly operationsPort: number | undefined
  /** Never rejects. */
  reload(): Promise<ReloadResult>
  /**
   * Graceful shutdown: drains open requests for at most `timeout` milliseconds (default 10 s), flushes the audit, closes
   * everything. A second call may shorten the timeout; both resolve when all is closed.
   */
  stop(timeout?: number): Promise<void>
}

/** A gateway with what its supervisor needs. */
export interface WorkingGateway extends Gateway {
  readonly management: ManagementApi & { readonly metrics: Metrics }
  /** Bound ports of `gateway.http`. */
  readonly redirectPorts: readonly number[]
  /** Its listening sockets, to hand over to the worker that replaces it. */
  sockets(): SharedPorts['sockets']
}

export type StartResult<G extends Gateway = WorkingGateway> =
  | { readonly state: 'started'; readonly gateway: G; readonly warnings: readonly string[] }
  /** `problems` of the configuration, as `file:line:column: path: message`. Nothing was started. */
  | { readonly state: 'refused'; readonly problems: readonly string[]; readonly warnings: readonly string[] }

/** Rejects when a component cannot start (port in use, audit file not writable); what had started is stopped again. */
export async function startGateway(options: GatewayOptions): Promise<StartResult> {
  const load = options.load ?? (() => loadConfiguration({ file: options.file, env: options.env }))
  const loaded = await load()
  const warnings = loaded.warnings.map((one) => printProblem({ ...one, message: `warning: ${one.message}` }))
  if (loaded.state === 'invalid') return { state: 'refused', problems: loaded.problems.map(printProblem), warnings }
  /** Stop functions, to be called in reverse order. */
  const started: (() => unknown)[] = []
  try {
    const gateway = await createGateway({ ...options, load }, loaded.configuration, started)
    const outdated = versionWarnings(outdatedComponents(options.versions ?? installedVersions()))
    return { state: 'started', gateway, warnings: [...warnings, ...outdated.map((one) => `warning: ${one}`)] }
  } catch (error) {
    await stopAll(started)
    throw error
  }
}

const stillStarting: ApiResponse = {
  status: 503,
  value: { error: 'the gateway waits for its store; see the log' },
}

async function createGateway(
  options: GatewayOptions & { readonly load: () => Promise<Loaded> },
  first: Configuration,
  started: (() => unknown)[],
): Promise<WorkingGateway> {
  const { load, logLevel: level, logDestination: destination, worker, now = Date.now } = options
  const startedAt = now()
  setV8Flags()
  let hash = (): string | undefined => undefined
  let timeZone = (): string => first.gateway.timeZone
  let sender = (): Sender => first.organisation
  let stopped: Promise<void> | undefined

  const log = createLogger({ level, destination })
  const versions = options.versions ?? installedVersions()
  if (worker === undefined) {
    const outdated = outdatedComponents(versions)
    for (const message of versionWarnings(outdated)) log.warn({}, message)
    for (const message of versionNotes(outdated)) log.info({}, message)
  }
  const metrics = createMetrics()
  const recorder = createRecorder({
    sinks:
      worker?.sinks ?? (await openSinks(first.audit, { log, now, timeZone: () => timeZone(), sender: () => sender() })),
    now,
    configurationHash: () => hash(),
    onLoss: (loss) => log.error(loss, 'audit events are being lost'),
    onState: (sink, state, error) =>
      log[state === 'working' ? 'info' : 'error']({ sink, error }, `an audit sink is ${state}`),
  })
  started.push(() => recorder.close())
  const record = countingRecorder(recorder.record, metrics)
  // Workers record no configuration events; the supervisor does, once.
  const recordConfiguration = worker === undefined ? record : () => {}

  // Open before the store is: a supervisor must see that the process lives, and a load balancer that it is not ready.
  const ready: { management?: ManagementApi; redirects?: RedirectListeners } = {}
  const managementListeners =
    worker === undefined
      ? await openManagementListeners(
          first.gateway,
          {
            metrics,
            health: async () => ready.management?.health() ?? startingHealth(first, startedAt),
            timeZone: () => timeZone(),
            administer: async (...call) => ready.management?.administer(...call) ?? stillStarting,
          },
          log,
          started,
        )
      : undefined

  const { deps, providers, store, acme, setActiveConfig } = await compose(first, { log, metrics, record, now }, started)
  hash = () => deps.activeConfig().configuration.hash
  timeZone = () => deps.activeConfig().configuration.gateway.timeZone
  sender = () => deps.activeConfig().configuration.organisation
  const revalidator = startRevalidator(deps)
  started.push(() => revalidator.stop())

  const watching = worker === undefined ? await watchFiles({ files: first.watched, globs: first.includes }) : undefined
  started.push(() => watching?.stop())
  const reloader = createReloader({
    load,
    current: () => deps.activeConfig().configuration,
    async apply(configuration) {
      const previous = deps.activeConfig()
      const next = buildActiveConfig(configuration, previous, { log, now, postureHeaders: deps.devices.headers })
      for (const [index, listener] of listeners.entries()) {
        const listen = configuration.gateway.listen[index]
        if (listen !== undefined) await listener.reloadCertificates(listen)
      }
      providers.update(configuration.providers)
      setActiveConfig(next)
      deps.grants.setDeclared(configuration.grants, { kind: 'system' })
      metrics.configured([...configuration.apps.keys()])
      revalidator.checkAll()
      acme?.reloaded()
      retireUpstreams(previous, next, log)
    },
    async follow(loaded) {
      const { watched, includes } = loaded.state === 'valid' ? loaded.configuration : loaded
      await watching?.follow(watched, includes)
    },
    needsRestart: requiresRestart,
    record: recordConfiguration,
    log,
    now,
  })
  const running: RuntimeState = {
    version: product.version,
    versions,
    startedAt,
    configuration: reloader.state,
    audit: recorder.status,
    store: () => store,
    providers: (timeout) => reachability(providers, timeout),
    providerFailures: () => lastFailures(providers),
    draining: () => stopped !== undefined,
    redirects: () => ready.redirects?.states ?? [],
    oneWorker: options.oneWorker,
    reload: reloader.reload,
  }
  registerMetricsSources(metrics, deps, providers, recorder.status)
  const management = {
    metrics,
    timeZone: () => timeZone(),
    health: () => healthOf(deps, running),
    administer: handleManagementRequest.bind(undefined, deps, running),
  }

  ready.management = management
  const listeners = await openListeners(deps, first, started, worker)
  const redirects = await openRedirectListeners(deps, first, started, worker)
  ready.redirects = redirects
  const all = [...listeners, ...redirects.open]
  // Not before: an authority would find nobody to answer its challenge.
  acme?.start()
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
    redirectPorts: redirects.open.map(({ port }) => port),
    operationsPort: managementListeners?.operationsPort,
    management,
    sockets: () => new Map(all.map(({ address, socket }) => [address, socket()])),
    reload: () => {
      recorder.reopen()
      return reloader.reload()
    },
    async stop(timeout = 10_000) {
      const drained = Promise.all([deps.connections.drain(timeout), ...all.map((listener) => listener.close(timeout))])
      stopped ??= drained.then(() => stopAll(started))
      await Promise.all([drained, stopped])
    },
  }
}
