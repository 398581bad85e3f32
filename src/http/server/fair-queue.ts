// Requests that arrived together take turns, one of each connection, a few milliseconds at a time.

export interface Turns {
  /** Runs `begin` soon: not before everything that has arrived was read, and in turn with those of others. */
  wait(whose: object, begin: () => void): void
}

/** Milliseconds spent on beginnings before the event loop looks after everything else. */
const slice = 4

/**
 * One HTTP/2 connection can bring a hundred requests in one packet, and take them all back in the next. Whoever waits
 * here can be taken back for nothing (CVE-2023-44487), and nobody else waits behind the whole hundred.
 */
export function createTurns(): Turns {
  const waiting = new Map<object, (() => void)[]>()
  let running = false

  const run = (): void => {
    const until = performance.now() + slice
    // Whoever is put back is met again at the end of the same walk.
    for (const [whose, queue] of waiting) {
      waiting.delete(whose)
      const begin = queue.shift()!
      if (queue.length > 0) waiting.set(whose, queue)
      begin()
      if (performance.now() >= until) break
    }
    running = waiting.size > 0
    if (running) setImmediate(run)
  }

  return {
    wait(whose, begin) {
      const queue = waiting.get(whose)
      if (queue === undefined) waiting.set(whose, [begin])
      else queue.push(begin)
      if (running) return
      running = true
      setImmediate(run)
    },
  }
}
