// Follows the audit file of the running demo: hands over each event soon after the gateway has written it.

import { open } from 'node:fs/promises'

export interface AuditTail {
  /** The last events, oldest first. */
  recent(): readonly object[]
  /** Called for each new event; returns the function that ends it. */
  listen(heard: (event: object) => void): () => void
  stop(): void
}

const interval = 150
const kept = 300

/** Reads the whole file first, and then what is appended. */
export function followAudit(file: string): AuditTail {
  const listeners = new Set<(event: object) => void>()
  const events: object[] = []
  let position = 0
  let rest: Buffer = Buffer.alloc(0)
  let reading = false

  async function read(): Promise<void> {
    const handle = await open(file).catch(() => undefined)
    if (!handle) return
    try {
      const { size } = await handle.stat()
      if (size <= position) return
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - position), 0, size - position, position)
      position += bytesRead
      const text = Buffer.concat([rest, buffer.subarray(0, bytesRead)])
      // The last line may be only half in the file.
      const end = text.lastIndexOf(0x0a) + 1
      rest = text.subarray(end)
      for (const line of text.toString('utf8', 0, end).split('\n')) if (line !== '') add(JSON.parse(line) as object)
    } finally {
      await handle.close()
    }
  }

  function add(event: object): void {
    events.push(event)
    if (events.length > kept) events.shift()
    for (const listener of listeners) listener(event)
  }

  const timer = setInterval(() => {
    if (reading) return
    reading = true
    void read().finally(() => (reading = false))
  }, interval)

  return {
    recent: () => events,
    listen(heard) {
      listeners.add(heard)
      return () => void listeners.delete(heard)
    },
    stop: () => clearInterval(timer),
  }
}
