// Lines of one slice, encoded one after the other into one piece of memory, and handed over together.

import type { EventRange } from './event-queue.ts'

export interface LineBuffer {
  /** `line` without its line end. */
  add(line: string, range: EventRange): void
  /** Hands over what was added since; nothing when nothing was. */
  end(): void
}

/** `expected`: about how many bytes are coming. What does not fit is handed over in more than one piece. */
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
    // What waits for a sink that is away is counted by its length: it must not hold much more than that.
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
      // UTF-8 has at most three bytes for a UTF-16 unit.
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
/** Bytes: as much as the last line may need, most of which it will not. */
const reserve = 8 * 1024
