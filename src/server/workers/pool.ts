// Keeps the workers running: starts them, replaces one that died or hangs, changes their configuration one by one.

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
  /** Those that serve. */
  serving(): readonly Worker[]
  /** Also those that start or finish. */
  all(): readonly Worker[]
  /** Workers started in place of one that died, since the beginning. */
  restarts(): number
  readonly ports: readonly number[]
  /**
   * Rejects, with nothing changed, when the first worker cannot take it. One that fails after that is replaced.
   * `anew`: by starting new workers, each of which listens before the old one stops; else in the running ones.
   */
  change(snapshot: Snapshot, anew: boolean): Promise<void>
  /** Resolves when all are gone. Called again, it lowers the patience. Milliseconds. */
  stop(timeout: number): Promise<void>
}

export interface PoolOptions {
  readonly snapshot: Snapshot
  readonly logLevel: LogLevel
  readonly log: Logger
  readonly now: () => number
  /** Called for each worker, before it says anything. */
  readonly onStart: (worker: Worker) => void
  /** One ended that was not told to. */
  readonly onExit: (worker: Worker, how: string) => void
  /** They die faster than they can be of use: starting more of them helps nobody. */
  readonly onFatal: (error: Error) => void
}

/** Milliseconds a worker has to live to count as one that works. */
const stableAfter = 10_000
/** Workers that die young, one after the other. */
const maxEarlyExits = 5
/** Before another is started, from the second early death on. */
const restartBackoff = { min: 100, max: 1_500 }
/** Milliseconds: an open request of a worker that is replaced, and what it takes to write the audit after it. */
const replacementTimeout = 10_000
const shutdownTimeout = 7_000
/** Milliseconds between looks at whether they live, and for the answer. */
const healthCheckInterval = 5_000
const healthCheckTimeout = 8_000
const secondHealthCheckTimeout = 2_000
/** Milliseconds from the beginning of a worker until it is open; it may wait a minute of it for the store. */
const startTimeout = 90_000

/** Resolves when all are open; rejects with why the first was not, and none is left running then. */
export async function createPool(options: PoolOptions): Promise<Pool> {
  const { logLevel, log, now } = options
  let { snapshot } = options
  const all = new Set<Worker>()
  /** By place; a place is empty while nobody serves there. */
  const places: (Worker | undefined)[] = Array.from({ length: snapshot.workers }, () => undefined)
  let earlyExits = 0
  let restarts = 0
  let stopping = false
  let changing: Promise<unknown> = Promise.resolve()

  function begin(from: Snapshot, sockets?: ReadonlyMap<string, ListeningSocket>): Worker {
    if (stopping) throw new Error('everything is being stopped')
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

  /** From when it is open: whoever is in a place and ends without having been replaced there has died. */
  function waitUntilReady(worker: Worker, place: number): void {
    places[place] = worker
    const ready = setTimeout(() => (earlyExits = 0), stableAfter).unref()
    void Promise.race([worker.gone, worker.leaving.then(() => 'something unforeseen')]).then((how) => {
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
      if (earlyExits > maxEarlyExits) return options.onFatal(new Error('the workers die as soon as they are started'))
      if (earlyExits > 1) await pause(backoff(restartBackoff, earlyExits - 2))
      if (stopping || places[place] !== undefined) return
      const from = snapshot
      const worker = begin(from)
      try {
        await worker.isOpen
        if (stopping || places[place] !== undefined) return worker.stop(0)
        if (from !== snapshot) {
          // It knows only the configuration of before.
          worker.stop(0)
          continue
        }
        restarts++
        log.info({ worker: worker.pid }, 'a worker takes the place of one that died')
        return waitUntilReady(worker, place)
      } catch (error) {
        log.error({ err: error, worker: worker.pid }, 'a worker could not start')
        // While the store is away none can; that says nothing about the workers.
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

  /** The new one listens on the sockets of the old one before that stops: no connection is refused or lost between them. */
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
    if (old !== undefined) afterwards(old, replacementTimeout + shutdownTimeout)
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
        log.error(
          { err: error, worker: worker?.pid },
          'a worker could not take the new configuration; another one will',
        )
        worker?.kill()
      }
      // From here on whoever is started instead of a dead one gets the new one.
      if (ready) snapshot = next
    }
    snapshot = next
  }

  function afterwards(worker: Worker, limit: number): void {
    const late = setTimeout(() => worker.kill(), limit)
    void worker.gone.then(() => clearTimeout(late))
  }

  const looking = setInterval(() => {
    for (const worker of serving()) {
      const alive = (timeout: number): Promise<unknown> => worker.query({ about: 'life' }, timeout)
      // Asked twice: after this process itself was stopped for a while, the answer is there and not yet read.
      alive(healthCheckTimeout)
        .catch(() => alive(secondHealthCheckTimeout))
        .catch(() => {
          if (!all.has(worker) || worker.state() !== 'serving') return
          log.error({ worker: worker.pid }, 'a worker does not answer any more')
          worker.kill()
        })
    }
  }, healthCheckInterval)
  looking.unref()

  const serving = (): Worker[] => places.filter((worker) => worker !== undefined)
  const ports = await startAll().catch((error: unknown) => {
    clearInterval(looking)
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
      clearInterval(looking)
      for (const worker of all) {
        if (worker.state() === 'starting') worker.kill()
        else worker.stop(timeout)
        afterwards(worker, timeout + shutdownTimeout)
      }
      while (all.size > 0) await Promise.all([...all].map((worker) => worker.gone))
    },
  }
}

async function snapshotProblems(worker: Worker, snapshot: Snapshot): Promise<void> {
  const problems = await worker.query({ about: 'reload', snapshot }, 30_000)
  if (problems.length > 0) throw new Error(problems.join('\n'))
}
