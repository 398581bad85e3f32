// Bounded in-memory queue of audit events, in order, with a gap marker wherever events were dropped.
//
// Design decisions:
// - Memory only. Requests do not wait for the sinks, and no event is acknowledged before it reaches them; a process killed
//   by SIGKILL loses the events of the last 20 ms. A disk-backed queue would add its latency to every request.
// - When full, the newest event is dropped, not the oldest: what led up to a flood is worth more than the flood, and an
//   attacker cannot displace earlier events by generating new ones.
// - A dropped event leaves a gap marker in its place. Adjacent markers merge, and each becomes one finding, so that a
//   reader sees where, when and how much is missing.

/** A range of consecutive events, kept or lost. */
export interface EventRange {
  readonly count: number
  /** Epoch milliseconds of the first and the last event. */
  readonly from: number
  readonly until: number
  /** Sequence numbers of the first and the last event. */
  readonly first: number
  readonly last: number
}

export type Item<T> =
  | { readonly kind: 'entry'; readonly value: T; readonly bytes: number; readonly range: EventRange }
  | { readonly kind: 'gap'; readonly range: EventRange }

export type Gap = 'gap_opened' | 'gap_grew'

export interface EventQueue<T> {
  /** When the queue is full, a new or extended gap replaces the event. */
  push(value: T, bytes: number, range: EventRange): 'kept' | Gap
  /** Adds a gap for events lost elsewhere. */
  lose(range: EventRange): Gap
  /** The oldest item. A gap that has been peeked at is closed: the next loss begins a new one. */
  peek(): Item<T> | undefined
  /** Removes the oldest item. */
  shift(): void
  /** Events and bytes queued, without gaps. */
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
      items[index] = { kind: 'gap', range: mergeRanges(tail.range, range), open: true }
      return 'gap_grew'
    }
    items.push({ kind: 'gap', range, open: true })
    return 'gap_opened'
  }

  return {
    push(value, size, range) {
      if (count + range.count > limits.count || (bytes + size > limits.bytes && count > 0)) {
        return lose(range)
      }
      items.push({ kind: 'entry', value, bytes: size, range })
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
        count -= item.range.count
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
