// Requests that arrived together take turns, one of each connection, a few milliseconds at a time.

export interface FairQueue {
  /** Runs `begin` soon: not before everything that has arrived was read, and in turn with those of others. */
  enqueue(whose: object, begin: () => void): void
}

/** Milliseconds spent on beginnings before the event loop looks after everything else. */
const sliceMs = 4

/**
 * One HTTP/2 connection can bring a hundred requests in one packet, and take them all back in the next. Whoever waits
 * here can be taken back for nothing (CVE-2023-44487), and nobody else waits behind the whole hundred.
 */
export function createFairQueue(): FairQueue {
  const queues = new Map<object, (() => void)[]>()
  let running = false

  const run = (): void => {
    const until = performance.now() + sliceMs
    // Whoever is put back is met again at the end of the same walk.
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
