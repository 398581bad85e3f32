// Tracks frame boundaries of one direction of a WebSocket without buffering (RFC 6455 5.2).

export interface FrameTracker {
  advance(chunk: Buffer): void
  /** True when a Close frame may be inserted: control frames may come between the fragments of a message (5.4). */
  atBoundary(): boolean
}

export function createFrameTracker(): FrameTracker {
  /** Bytes of the payload still to come, and of the header seen so far. */
  let payload = 0
  const header = Buffer.alloc(14)
  let have = 0

  return {
    advance(chunk) {
      let at = 0
      while (at < chunk.length) {
        if (payload > 0) {
          const skipped = Math.min(payload, chunk.length - at)
          payload -= skipped
          at += skipped
          continue
        }
        header[have++] = chunk[at++]!
        if (have < 2 || have < headerLength(header)) continue
        payload = payloadLength(header)
        have = 0
      }
    },
    atBoundary: () => payload === 0 && have === 0,
  }
}

function headerLength(header: Buffer): number {
  const short = header[1]! & 0x7f
  const masked = (header[1]! & 0x80) === 0 ? 0 : 4
  return 2 + masked + (short === 126 ? 2 : short === 127 ? 8 : 0)
}

function payloadLength(header: Buffer): number {
  const short = header[1]! & 0x7f
  if (short === 126) return header.readUInt16BE(2)
  // Beyond 2^53 bytes the number is inexact; the end of such a frame is never reached in practice.
  return short === 127 ? Number(header.readBigUInt64BE(2)) : short
}
