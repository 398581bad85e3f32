// Lines of one slice, encoded one after the other into one piece of memory, and handed over together.

import type { Stretch } from './event-queue.ts'

export interface Sheet {
  /** `line` without its line end. */
  add(line: string, stretch: Stretch): void
  /** Hands over what was added since; nothing when nothing was. */
  end(): void
}

/** `expected`: about how many bytes are coming. What does not fit is handed over in more than one piece. */
export function createSheet(expected: number, handOver: (lines: Buffer, stretch: Stretch) => void): Sheet {
  let room = Buffer.allocUnsafeSlow(0)
  let from = 0
  let used = 0
  let first: Stretch | undefined
  let last: Stretch | undefined
  let earliest = Infinity
  let latest = -Infinity
  let count = 0

  const end = (): void => {
    if (first === undefined || last === undefined) return
    const lines = room.subarray(from, used)
    // What waits for a sink that is away is counted by its length: it must not hold much more than that.
    handOver(lines.length * 2 < room.length ? Buffer.from(lines) : lines, {
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
    add(line, stretch) {
      // UTF-8 has at most three bytes for a UTF-16 unit.
      const most = line.length * 3 + 1
      if (room.length - used < most) {
        end()
        room = Buffer.allocUnsafeSlow(Math.max(expected + reserve, most))
        from = used = 0
      }
      used += room.write(line, used, 'utf8')
      room[used++] = newline
      first ??= stretch
      last = stretch
      count += stretch.count
      earliest = Math.min(earliest, stretch.from)
      latest = Math.max(latest, stretch.until)
    },
    end,
  }
}

const newline = 10
/** Bytes: as much as the last line may need, most of which it will not. */
const reserve = 8 * 1024
