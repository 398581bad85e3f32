// Budget for request heads that Node's HTTP/1 server holds until they are complete: beyond it the largest ends.

import type { Socket } from 'node:net'

export interface UnfinishedHeads {
  /** The next head of this connection begins. */
  begin(socket: Socket): void
  /** It is complete. */
  end(socket: Socket): void
  /** Ends the timer. */
  close(): void
}

/** Bytes of all heads together. */
const maxBytes = 64 * 1024 * 1024
/** Milliseconds between checks. */
const interval = 250

/** Heads of up to `small` bytes do not count: they are bounded by the number of connections. */
export function createUnfinishedHeads(small: number, max = maxBytes): UnfinishedHeads {
  /** `bytesRead` of a connection when its head began. */
  const began = new Map<Socket, number>()
  const timer = setInterval(() => {
    const large: { socket: Socket; bytes: number }[] = []
    let sum = 0
    for (const [socket, before] of began) {
      const bytes = socket.bytesRead - before
      if (bytes <= small) continue
      large.push({ socket, bytes })
      sum += bytes
    }
    if (sum <= max) return
    for (const { socket, bytes } of large.toSorted((left, right) => right.bytes - left.bytes)) {
      socket.destroy()
      sum -= bytes
      if (sum <= max) return
    }
  }, interval)
  timer.unref()

  return {
    begin(socket) {
      if (!socket.destroyed) began.set(socket, socket.bytesRead)
    },
    end: (socket) => void began.delete(socket),
    close: () => clearInterval(timer),
  }
}
