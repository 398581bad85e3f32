// Line buffer: encodes the audit lines of a batch into one Buffer and flushes them together.

import type { EventRange } from './event-queue.ts'

export interface LineBuffer {
  /** `line` without a line end. */
  add(line: string, range: EventRange): void
  /** Flushes lines added since the last flush; does nothing without any. */
  end(): void
}

/** `expected`: estimated bytes of the batch; a larger batch is flushed in several pieces. */
export function createLineBuffer(expected: number, flush: (lines: Buffer, range: EventRange) => void): LineBuffer {
  let capacity = Buffer.allocUnsafeSlow(0)
  let from = 0
  let used = 0
  let first: EventRange | undefined
  let last: EventRange | undefined
  let earliest = Infinity
  let latest = -Infinity
  let count = 0

  const end = (): void => {
    if (first === undefined || last === undefined) return
    const lines = capacity.subarray(from, used)
    // A queue counts the length of lines: copy if the buffer is much larger, so that it does not retain unaccounted memory.
    flush(lines.length * 2 < capacity.length ? Buffer.from(lines) : lines, {
      count,
      from: earliest,
      until: latest,
      first: first.first,
      last: last.last,
    })
    from = used
    first = undefined
    count = 0
    earliest = Infinity
    latest = -Infinity
  }

  return {
    add(line, range) {
      // UTF-8 needs at most three bytes per UTF-16 code unit.
      const maxBytes = line.length * 3 + 1
      if (capacity.length - used < maxBytes) {
        end()
        capacity = Buffer.allocUnsafeSlow(Math.max(expected + reserve, maxBytes))
        from = used = 0
      }
      used += capacity.write(line, used, 'utf8')
      capacity[used++] = newline
      first ??= range
      last = range
      count += range.count
      earliest = Math.min(earliest, range.from)
      latest = Math.max(latest, range.until)
    },
    end,
  }
}

const newline = 10
/** Bytes in addition, for the worst-case size of the last line. */
const reserve = 8 * 1024
