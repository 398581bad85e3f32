// Worker pool: starts workers, health-checks them, replaces those that die or hang, and applies a configuration one by one.

import { setTimeout as pause } from 'node:timers/promises'
import { backoff } from '../../async/backoff.ts'
import type { ListeningSocket } from '../../http/server/listener.ts'
import type { Logger, LogLevel } from '../../telemetry/logger.ts'
import type { Snapshot } from './messages.ts'
import { startWorker, type WorkerProcess } from './worker-process.ts'

export interface Worker extends WorkerProcess {
  /** Epoch milliseconds. */
  readonly startedAt: number
}

export interface Pool {
  /** Workers that accept connections. */
  serving(): readonly Worker[]
  /** Also workers that are starting or draining. */
  all(): readonly Worker[]
  /** Workers started to replace one that died, since the pool was created. */
  restarts(): number
  readonly ports: readonly number[]
  /**
   * Rejects, with nothing changed, when the first worker cannot apply it. A later one that fails is replaced.
   * `anew`: start new workers (rolling restart), each of which listens before the old one stops; else reload in place.
   */
  change(snapshot: Snapshot, anew: boolean): Promise<void>
  /** Graceful shutdown: resolves when all have exited. `timeout` in milliseconds; a second call may shorten it. */
  stop(timeout: number): Promise<void>
}

export interface PoolOptions {
  readonly snapshot: Snapshot
  readonly logLevel: LogLevel
  readonly log: Logger
  readonly now: () => number
  /** Called for each worker before its first message. */
  readonly onStart: (worker: Worker) => void
  /** A worker ended without being stopped. */
  readonly onExit: (worker: Worker, how: string) => void
  /** Crash loop: workers die right after their start, so no more are started. */
  readonly onFatal: (error: Error) => void
}

/** Milliseconds a worker has to live to count as stable. */
const stableAfter = 10_000
/** Consecutive early exits before the pool gives up. */
const maxEarlyExits = 5
/** Milliseconds before the next start, from the second early exit on. */
const restartBackoff = { min: 100, max: 1_500 }
/** Milliseconds to drain a replaced worker, and to write the audit after it. */
const replacementTimeout = 10_000
const shutdownTimeout = 7_000
/** Milliseconds between health checks, and for the responses to them. */
const healthCheckInterval = 5_000
const healthCheckTimeout = 8_000
const secondHealthCheckTimeout = 2_000
/** Milliseconds from the start of a worker until it is open; up to a minute of it is waiting for the store. */
const startTimeout = 90_000

/** Resolves when all are open; rejects with the error of the first that failed, and none is left running then. */
export async function createPool(options: PoolOptions): Promise<Pool> {
  const { logLevel, log, now } = options
  let { snapshot } = options
  const all = new Set<Worker>()
  /** By slot; undefined while no worker serves in it. */
  const places: (Worker | undefined)[] = Array.from({ length: snapshot.workers }, () => undefined)
  let earlyExits = 0
  let restarts = 0
  let stopping = false
  let changing: Promise<unknown> = Promise.resolve()

  function begin(from: Snapshot, sockets?: ReadonlyMap<string, ListeningSocket>): Worker {
    if (stopping) throw new Error('the pool is stopping')
    const worker: Worker = { ...startWorker({ snapshot: from, logLevel, sockets }), startedAt: now() }
    all.add(worker)
    options.onStart(worker)
    const late = setTimeout(() => worker.kill(), startTimeout)
    worker.isOpen.then(
      () => clearTimeout(late),
      () => clearTimeout(late),
    )
    void worker.gone.then(() => all.delete(worker))
    return worker
  }

  /** Registers an open worker in its slot; if it ends while still registered there, it died and the slot is refilled. */
  function waitUntilReady(worker: Worker, place: number): void {
    places[place] = worker
    const ready = setTimeout(() => (earlyExits = 0), stableAfter).unref()
    void Promise.race([worker.gone, worker.leaving.then(() => 'it stopped on its own')]).then((how) => {
      clearTimeout(ready)
      if (places[place] !== worker) return
      places[place] = undefined
      if (stopping) return
      options.onExit(worker, how)
      if (now() - worker.startedAt < stableAfter) earlyExits++
      void refill(place)
    })
  }

  async function refill(place: number): Promise<void> {
    for (;;) {
      if (earlyExits > maxEarlyExits) return options.onFatal(new Error('the workers die right after their start'))
      if (earlyExits > 1) await pause(backoff(restartBackoff, earlyExits - 2))
      if (stopping || places[place] !== undefined) return
      const from = snapshot
      const worker = begin(from)
      try {
        await worker.isOpen
        if (stopping || places[place] !== undefined) return worker.stop(0)
        if (from !== snapshot) {
          // It was started with an outdated configuration.
          worker.stop(0)
          continue
        }
        restarts++
        log.info({ worker: worker.pid }, 'started a worker to replace one that died')
        return waitUntilReady(worker, place)
      } catch (error) {
        log.error({ err: error, worker: worker.pid }, 'a worker could not start')
        // An unreachable store is no fault of the worker.
        if ((error as { code?: unknown }).code !== 'store_unreachable') earlyExits++
      }
    }
  }

  async function startAll(): Promise<readonly number[]> {
    const first = places.map(() => begin(snapshot))
    try {
      const ports = await Promise.all(first.map((worker) => worker.isOpen))
      first.forEach(waitUntilReady)
      return ports[0]!
    } catch (error) {
      for (const worker of first) worker.kill()
      await Promise.all(first.map((worker) => worker.gone))
      throw error
    }
  }

  /** The new worker listens on the sockets of the old one before that stops, so no connection is refused or lost. */
  async function replace(place: number, next: Snapshot): Promise<void> {
    const old = places[place]
    const sockets = await old?.sockets().catch(() => undefined)
    try {
      const worker = begin(next, sockets)
      await worker.isOpen
      waitUntilReady(worker, place)
    } finally {
      for (const socket of sockets?.values() ?? []) socket.close()
    }
    old?.stop(replacementTimeout)
    if (old !== undefined) killAfter(old, replacementTimeout + shutdownTimeout)
  }

  async function changeAll(next: Snapshot, anew: boolean): Promise<void> {
    let ready = false
    for (const [place, worker] of places.entries()) {
      try {
        if (anew) await replace(place, next)
        else if (worker !== undefined) await snapshotProblems(worker, next)
        if (anew || worker !== undefined) ready = true
      } catch (error) {
        if (!ready) throw error
        log.error({ err: error, worker: worker?.pid }, 'a worker could not apply the new configuration; it is replaced')
        worker?.kill()
      }
      // From here on a replacement for a dead worker starts with the new configuration.
      if (ready) snapshot = next
    }
    snapshot = next
  }

  function killAfter(worker: Worker, limit: number): void {
    const late = setTimeout(() => worker.kill(), limit)
    void worker.gone.then(() => clearTimeout(late))
  }

  const healthChecks = setInterval(() => {
    for (const worker of serving()) {
      const alive = (timeout: number): Promise<unknown> => worker.query({ about: 'life' }, timeout)
      // A second query: if this process itself was suspended, the response to the first is there but not yet read.
      alive(healthCheckTimeout)
        .catch(() => alive(secondHealthCheckTimeout))
        .catch(() => {
          if (!all.has(worker) || worker.state() !== 'serving') return
          log.error({ worker: worker.pid }, 'a worker failed its health check')
          worker.kill()
        })
    }
  }, healthCheckInterval)
  healthChecks.unref()

  const serving = (): Worker[] => places.filter((worker) => worker !== undefined)
  const ports = await startAll().catch((error: unknown) => {
    clearInterval(healthChecks)
    throw error
  })

  return {
    serving,
    all: () => [...all],
    restarts: () => restarts,
    ports,
    change(wanted, anew) {
      const changed = changing.then(() => changeAll(wanted, anew))
      changing = changed.catch(() => {})
      return changed
    },
    async stop(timeout) {
      stopping = true
      clearInterval(healthChecks)
      for (const worker of all) {
        if (worker.state() === 'starting') worker.kill()
        else worker.stop(timeout)
        killAfter(worker, timeout + shutdownTimeout)
      }
      while (all.size > 0) await Promise.all([...all].map((worker) => worker.gone))
    },
  }
}

async function snapshotProblems(worker: Worker, snapshot: Snapshot): Promise<void> {
  const problems = await worker.query({ about: 'reload', snapshot }, 30_000)
  if (problems.length > 0) throw new Error(problems.join('\n'))
}
