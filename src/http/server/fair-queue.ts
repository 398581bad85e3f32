// Fair queue: round robin over HTTP/2 connections, so that a rapid reset (CVE-2023-44487) cannot starve others.

export interface FairQueue {
  /** Runs `task` after the data that has already arrived was read, in turn with the tasks of other owners. */
  enqueue(owner: object, task: () => void): void
}

/** Milliseconds of tasks per turn of the event loop. */
const sliceMs = 4

/**
 * One HTTP/2 connection can open a hundred streams in one packet and reset them all in the next. A queued request that
 * was reset costs nothing (CVE-2023-44487), and requests of other connections do not wait behind the hundred.
 */
export function createFairQueue(): FairQueue {
  const queues = new Map<object, (() => void)[]>()
  let running = false

  const run = (): void => {
    const until = performance.now() + sliceMs
    // A re-inserted queue comes last in this iteration.
    for (const [owner, queue] of queues) {
      queues.delete(owner)
      const task = queue.shift()!
      if (queue.length > 0) queues.set(owner, queue)
      task()
      if (performance.now() >= until) break
    }
    running = queues.size > 0
    if (running) setImmediate(run)
  }

  return {
    enqueue(owner, task) {
      const queue = queues.get(owner)
      if (queue === undefined) queues.set(owner, [task])
      else queue.push(task)
      if (running) return
      running = true
      setImmediate(run)
    },
  }
}
