// What a sink still has to deliver, on disk: bounded, in order, each message with its own next attempt.
//
// Decisions taken here:
// - When it is full the newest is refused, not the oldest thrown away: who was promised a message gets it, and nobody
//   can push it out by making noise. The audit file has what was refused; log, status and metrics say that there was.
// - How often a message was tried is kept in memory only: after a restart everything is tried soon, which is what
//   whoever restarts because of a repaired mail server wants.

import { backoff } from '../../async/backoff.ts'
import { openSpoolFolder } from './spool-folder.ts'

/** One thing to tell one recipient. */
export interface Message {
  /** Unique and the same at each attempt: event and recipient. Letters, digits and `-`. */
  readonly id: string
  /** Epoch milliseconds at which it was kept. */
  readonly at: number
  /** Whom; undefined where the sink itself has but one peer. */
  readonly to: string | undefined
  /** The audit event, one line of JSON. */
  readonly line: string
  /** It was given up once, and put back by hand. */
  readonly died?: { readonly at: number; readonly why: string }
}

export interface Spool {
  add(message: Message): Promise<'kept' | 'known' | 'full'>
  /** The one to try first; undefined while none is due. */
  due(now: number): string | undefined
  /** When the next one is due; undefined when none waits. */
  nextDue(): number | undefined
  /** Undefined, and forgotten, when it is gone from the disk or cannot be understood. */
  read(id: string): Promise<Message | undefined>
  /** Not now: later, after a pause that doubles with each attempt. */
  postpone(id: string, now: number): void
  /** Delivered. */
  done(id: string): Promise<void>
  /** Given up. */
  bury(message: Message, why: string, now: number): Promise<void>
  /** How often this process tried it in vain. */
  attempts(id: string): number
  /** Takes over what others left behind and what was put back by hand. */
  claim(now: number): Promise<void>
  touch(): Promise<void>
  status(): SpoolStatus
  leave(): Promise<void>
}

export interface SpoolStatus {
  readonly waiting: number
  readonly waitingBytes: number
  readonly oldest: number | undefined
  readonly dead: number
}

export interface SpoolLimits {
  readonly count: number
  readonly bytes: number
}

export async function openSpool(path: string, limits: SpoolLimits, now: () => number): Promise<Spool> {
  const folder = await openSpoolFolder(path, now)
  /** In the order of the first attempt. */
  const waiting = new Map<string, Waiting>()
  /** Delivered, but the file would not go: not to be delivered again. */
  const leftovers = new Set<string>()
  let bytes = 0
  let dead = 0

  function enter(id: string, size: number, at: number): void {
    if (waiting.has(id)) return
    waiting.set(id, { bytes: size, at, due: 0, attempts: 0 })
    bytes += size
  }

  function forget(id: string): void {
    bytes -= waiting.get(id)?.bytes ?? 0
    waiting.delete(id)
  }

  async function claim(): Promise<void> {
    for (const { name, bytes: size, modified } of await folder.claim()) {
      enter(name.slice(0, -extension.length), size, modified)
    }
    for (const id of leftovers)
      await folder.remove(id + extension).then(
        () => leftovers.delete(id),
        () => {},
      )
    dead = await folder.countDead()
  }

  await claim()

  return {
    async add(message) {
      if (waiting.has(message.id)) return 'known'
      const content = JSON.stringify(message)
      const size = Buffer.byteLength(content)
      if (waiting.size >= limits.count || bytes + size > limits.bytes) return 'full'
      await folder.write(message.id + extension, content)
      enter(message.id, size, message.at)
      return 'kept'
    },
    due(at) {
      let first: string | undefined
      let earliest = Number.POSITIVE_INFINITY
      for (const [id, { due }] of waiting) {
        if (due > at || due >= earliest) continue
        first = id
        earliest = due
        if (due === 0) break
      }
      return first
    },
    nextDue() {
      let next: number | undefined
      for (const { due } of waiting.values()) if (next === undefined || due < next) next = due
      return next
    },
    async read(id) {
      const content = await folder.read(id + extension)
      const message = content === undefined ? undefined : messageFrom(content, id)
      if (message !== undefined) return message
      forget(id)
      if (content !== undefined) {
        await folder.moveToDead(id + extension, content, maxDead)
        dead = await folder.countDead()
      }
      return undefined
    },
    postpone(id, at) {
      const item = waiting.get(id)
      if (item === undefined) return
      item.due = at + backoff(retryBackoff, item.attempts++)
    },
    async done(id) {
      // The file first: whoever looks into the folder meanwhile does not take it for a new message.
      await folder.remove(id + extension).catch(() => leftovers.add(id))
      forget(id)
    },
    async bury(message, why, at) {
      const content = JSON.stringify({ ...message, died: { at, why } } satisfies Message)
      await folder.moveToDead(message.id + extension, content, maxDead)
      forget(message.id)
      dead = await folder.countDead()
    },
    attempts: (id) => waiting.get(id)?.attempts ?? 0,
    claim,
    touch: folder.touch,
    status() {
      let oldest: number | undefined
      for (const { at } of waiting.values()) if (oldest === undefined || at < oldest) oldest = at
      return { waiting: waiting.size, waitingBytes: bytes, oldest, dead }
    },
    leave: folder.leave,
  }
}

interface Waiting {
  readonly bytes: number
  readonly at: number
  /** Epoch milliseconds of the next attempt; 0 until the first. */
  due: number
  attempts: number
}

const extension = '.json'
/** Given up messages that are kept for whoever looks. */
const maxDead = 1000
const retryBackoff = { min: 2000, max: 300_000 }

/** What lies in the folder is ours, but disks fail and people edit: a message is believed only if it looks like one. */
function messageFrom(content: string, id: string): Message | undefined {
  try {
    const { at, to, line, died } = JSON.parse(content) as Partial<Message>
    if (typeof at !== 'number' || typeof line !== 'string') return undefined
    if (to !== undefined && typeof to !== 'string') return undefined
    return { id, at, to, line, ...(died === undefined ? {} : { died }) }
  } catch {
    return undefined
  }
}
