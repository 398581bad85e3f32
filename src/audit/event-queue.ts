// What waits to be written: in order, bounded, and with a mark wherever something had to be left out.
//
// Decisions taken here:
// - Memory only. An event is acknowledged by nobody before it reached the sinks, and the path does not wait for that;
//   a process killed by force loses what it recorded in the last 20 ms. A disk-backed queue would make the path wait.
// - When full, the newest is refused, not the oldest thrown away: what led up to a flood is worth more than the flood,
//   and nobody can push an earlier event out by making noise.
// - A refusal leaves a gap mark at that very place. Marks cost nothing to keep, join while they are next to each other,
//   and become one finding each, so that a reader sees where, when and how much is missing.

/** A stretch of events, whether still there or lost. */
export interface EventRange {
  readonly count: number
  /** Epoch milliseconds of the first and the last. */
  readonly from: number
  readonly until: number
  /** Sequence numbers of the first and the last. */
  readonly first: number
  readonly last: number
}

export type Item<T> =
  | { readonly kind: 'entry'; readonly value: T; readonly bytes: number; readonly stretch: EventRange }
  | { readonly kind: 'gap'; readonly stretch: EventRange }

export type Gap = 'gap_opened' | 'gap_grew'

export interface EventQueue<T> {
  /** When there is no room a gap stands for it: a new one, or a longer one. */
  push(value: T, bytes: number, range: EventRange): 'kept' | Gap
  /** Notes a loss that happened elsewhere, at its place. */
  lose(range: EventRange): Gap
  /** The oldest. A gap that was looked at grows no more: the next loss begins a new one. */
  peek(): Item<T> | undefined
  /** Takes the oldest away. */
  shift(): void
  /** Events and bytes waiting, gaps not counted. */
  readonly count: number
  readonly bytes: number
}

export function createEventQueue<T>(limits: { readonly count: number; readonly bytes: number }): EventQueue<T> {
  let items: (Item<T> & { open?: boolean })[] = []
  let head = 0
  let count = 0
  let bytes = 0

  function lose(range: EventRange): Gap {
    const index = items.length - 1
    const tail = index >= head ? items[index] : undefined
    if (tail?.kind === 'gap' && tail.open === true) {
      items[index] = { kind: 'gap', stretch: mergeRanges(tail.stretch, range), open: true }
      return 'gap_grew'
    }
    items.push({ kind: 'gap', stretch: range, open: true })
    return 'gap_opened'
  }

  return {
    push(value, size, range) {
      if (count + range.count > limits.count || (bytes + size > limits.bytes && count > 0)) {
        return lose(range)
      }
      items.push({ kind: 'entry', value, bytes: size, stretch: range })
      count += range.count
      bytes += size
      return 'kept'
    },
    lose,
    peek() {
      const item = items[head]
      if (item?.kind === 'gap') item.open = false
      return item
    },
    shift() {
      const item = items[head]
      if (item === undefined) return
      head++
      if (item.kind === 'entry') {
        count -= item.stretch.count
        bytes -= item.bytes
      }
      if (head === items.length) {
        items = []
        head = 0
      } else if (head > 1024 && head * 2 > items.length) {
        items = items.slice(head)
        head = 0
      }
    },
    get count() {
      return count
    },
    get bytes() {
      return bytes
    },
  }
}

function mergeRanges(earlier: EventRange, later: EventRange): EventRange {
  return {
    count: earlier.count + later.count,
    from: Math.min(earlier.from, later.from),
    until: Math.max(earlier.until, later.until),
    first: Math.min(earlier.first, later.first),
    last: Math.max(earlier.last, later.last),
  }
}
