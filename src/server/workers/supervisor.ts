// The supervisor: starts the worker pool and owns what exists once: files, audit, management listeners, reload.

import { createServer } from 'node:net'
import type { AuditEvent } from '../../audit/event.ts'
import type { Configuration, ListenerSettings } from '../../config/configuration.ts'
import { watchFiles } from '../../config/file-watcher.ts'
import { listenError } from '../listen-error.ts'
import { listenAddress } from '../listen.ts'
import { createReloader, requiresRestart } from '../reload.ts'
import { stopAll } from '../lifecycle.ts'
import { installedVersions, outdatedComponents, versionNotes, versionWarnings } from '../management/minimum-versions.ts'
import type { Gateway, GatewayOptions } from '../start-gateway.ts'
import { createLogger } from '../../telemetry/logger.ts'
import { createMetrics } from '../../telemetry/metrics.ts'
import { openSharedAudit } from './audit.ts'
import { createManagementListeners, type PreparedChange } from './management.ts'
import { unshareableReason } from './worker-count.ts'
import { createAdminFanOut } from './admin-fan-out.ts'
import { createPool, type Pool } from './pool.ts'
import { takeSnapshot, type SnapshotResult } from './config-snapshot.ts'

export interface SupervisedGateway extends Gateway {
  readonly workers: number
  /** Resolves when the gateway cannot continue; the caller must stop it and report the error. */
  readonly fatalError: Promise<Error>
}

/** Keys the supervisor applies itself; a change of any other key that requires a restart starts new workers. */
const supervisorSettings: ReadonlySet<string> = new Set(['gateway.operations', 'gateway.admin_socket', 'audit'])

/**
 * `first`: a valid configuration that more than one worker may serve. Rejects when a component cannot start; nothing is left
 * running then.
 */
export async function supervise(
  options: Pick<GatewayOptions, 'file' | 'env' | 'logLevel' | 'logDestination'>,
  first: SnapshotResult & { readonly loaded: { readonly state: 'valid' } },
  workers: number,
): Promise<SupervisedGateway> {
  const started: (() => unknown)[] = []
  try {
    return await createSupervisor(options, first, workers, started)
  } catch (error) {
    await stopAll(started)
    throw error
  }
}

async function createSupervisor(
  {
    file,
    env,
    logLevel,
    logDestination: destination,
  }: Pick<GatewayOptions, 'file' | 'env' | 'logLevel' | 'logDestination'>,
  first: SnapshotResult & { readonly loaded: { readonly state: 'valid' } },
  workers: number,
  started: (() => unknown)[],
): Promise<SupervisedGateway> {
  const now = Date.now
  const startedAt = now()
  let current: Configuration = first.loaded.configuration
  let latest: SnapshotResult = first
  let stopping = false
  const opened: { pool?: Pool } = {}
  const fatalError = Promise.withResolvers<Error>()

  const log = createLogger({ level: logLevel, destination })
  const outdated = outdatedComponents(installedVersions())
  for (const message of versionWarnings(outdated)) log.warn({}, message)
  for (const message of versionNotes(outdated)) log.info({}, message)
  for (const address of exclusivePorts(current)) await checkPortIsFree(address)
  const audit = await openSharedAudit(current.audit, {
    log,
    now,
    configurationHash: () => current.hash,
    timeZone: () => current.gateway.timeZone,
    sender: () => current.organisation,
  })
  started.push(() => audit.close())
  const { record } = audit.recorder
  /** Resolve when the last audit line of each worker has been read. */
  const followedWorkers = new Set<Promise<void>>()
  started.push(() => Promise.all(followedWorkers))

  const watching = await watchFiles({ files: current.watched, globs: current.includes })
  started.push(() => watching.stop())

  const reloader = createReloader({
    async load() {
      latest = await takeSnapshot(file, env)
      return latest.loaded
    },
    current: () => current,
    apply,
    follow(loaded) {
      const { watched, includes } = loaded.state === 'valid' ? loaded.configuration : loaded
      return watching.follow(watched, includes)
    },
    needsRestart: (before, after) => requiresRestart(before, after).filter((key) => key === 'gateway.workers'),
    record,
    log,
    now,
  })
  const management = createAdminFanOut({
    pool: () => opened.pool ?? noWorkers,
    lines: audit.lines,
    metrics: createMetrics(),
    current: () => current,
    state: reloader.state,
    startedAt,
    workers,
    stopping: () => stopping,
    reload: reloader.reload,
  })

  // Open before the workers are: they wait for the store, and a supervisor must see that the process lives.
  const managementListeners = createManagementListeners(management, log)
  started.push(() => managementListeners.close())
  await (await managementListeners.prepare(current.gateway)).commit()

  const pool: Pool = await createPool({
    snapshot: { ...first.snapshot, workers },
    logLevel,
    log,
    now,
    onStart(worker) {
      const attached = audit.lines.attach(worker.lines)
      followedWorkers.add(attached)
      void attached.then(() => followedWorkers.delete(attached))
      void worker.gone.then(() => management.ended(worker))
    },
    onExit(worker, how) {
      log.error({ worker: worker.pid, how }, 'a worker died; starting another')
      record(workerExitEvent(worker.pid, how, now()))
    },
    onFatal(error) {
      log.error({ err: error }, 'the worker pool gave up')
      fatalError.resolve(error)
    },
  })
  opened.pool = pool
  started.push(() => pool.stop(0))
  watching.onChange(() => void reloader.reload())
  record({
    kind: 'configuration',
    at: now(),
    actor: { kind: 'system' },
    outcome: 'applied',
    hash: current.hash,
    previous: undefined,
    detail: `started with ${workers} workers`,
  })
  const { origin } = current.gateway
  const { ports } = pool
  log.info({ origin, hash: current.hash, ports, workers: pool.serving().map(({ pid }) => pid) }, 'the gateway is open')

  /** All steps that may fail come before the first change; the first worker decides for all. */
  async function apply(next: Configuration): Promise<void> {
    const obstacle = unshareableReason(next)
    if (obstacle !== undefined) throw new Error(`${obstacle}; ${workers} workers run: stop Einlass and start it again`)
    if (opened.pool === undefined)
      throw new Error('the workers are still starting: reload again when the gateway is open')
    const known = new Set(exclusivePorts(current).map(listenAddress))
    for (const address of exclusivePorts(next)) if (!known.has(listenAddress(address))) await checkPortIsFree(address)
    const changed = requiresRestart(current, next).filter((key) => key !== 'gateway.workers')
    const prepared: PreparedChange[] = []
    try {
      if (changed.includes('audit')) prepared.push(await audit.prepare(next.audit))
      prepared.push(await managementListeners.prepare(next.gateway))
      await pool.change(
        { ...latest.snapshot, workers },
        changed.some((key) => !supervisorSettings.has(key)),
      )
    } catch (error) {
      for (const change of prepared) await change.rollback()
      throw error
    }
    for (const change of prepared) await change.commit()
    current = next
  }

  return {
    origin,
    ports,
    operationsPort: managementListeners.operationsPort(),
    workers,
    fatalError: fatalError.promise,
    reload: () => {
      audit.lines.reopen()
      return reloader.reload()
    },
    async stop(timeout = 10_000) {
      stopping = true
      await pool.stop(timeout)
      await stopAll(started)
    },
  }
}

const noWorkers: Pick<Pool, 'serving' | 'all' | 'restarts'> = { serving: () => [], all: () => [], restarts: () => 0 }

interface ExclusivePort extends Pick<ListenerSettings, 'host' | 'port'> {
  readonly key: 'gateway.listen' | 'gateway.http'
}

/** Without a redirect listener of the default the gateway opens all the same. */
function exclusivePorts({ gateway: { listen, httpRedirect } }: Configuration): ExclusivePort[] {
  const redirects = httpRedirect.required ? httpRedirect.listen : []
  return [
    ...listen.map(({ host, port }) => ({ host, port, key: 'gateway.listen' as const })),
    ...redirects.map(({ host, port }) => ({ host, port, key: 'gateway.http' as const })),
  ]
}

/** SO_REUSEPORT lets two gateways bind the same port unnoticed; an exclusive bind detects that. */
function checkPortIsFree(address: ExclusivePort): Promise<void> {
  const { host, port, key } = address
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', (cause) => reject(listenError(key, address, cause)))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve()))
  })
}

function workerExitEvent(pid: number, how: string, at: number): AuditEvent {
  return {
    kind: 'finding',
    at,
    actor: { kind: 'system' },
    origin: undefined,
    title: 'A worker ended unexpectedly',
    detail: `process ${pid}: ${how}; what was open there broke off, and is not in the audit if it was killed`,
    severity: 'medium',
  }
}
