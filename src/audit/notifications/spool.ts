// Spool: bounded on-disk queue of undelivered messages of a sink, each with its own retry time.
//
// Design decisions:
// - When full, the newest message is dropped, not the oldest: an accepted message is delivered, and an attacker cannot
//   displace it by generating events. The audit file still has the event; log, status and metrics count the drop.
// - Attempt counts are in memory only: after a restart every message is retried soon, as wanted after a restart because
//   of a repaired mail server.

import { backoff } from '../../async/backoff.ts'
import { openSpoolFolder } from './spool-folder.ts'

/** One notification for one recipient. */
export interface Message {
  /** Unique per event and recipient, the same at each attempt. Letters, digits and `-`. */
  readonly id: string
  /** Epoch milliseconds of its acceptance. */
  readonly at: number
  /** Recipient; undefined for a sink with a single peer. */
  readonly to: string | undefined
  /** The audit event, one line of JSON. */
  readonly line: string
  /** Set when it was given up before and moved back manually. */
  readonly died?: { readonly at: number; readonly why: string }
}

export interface Spool {
  add(message: Message): Promise<'kept' | 'known' | 'full'>
  /** Id of the first message that is due; undefined if none is. */
  due(now: number): string | undefined
  /** Epoch milliseconds at which the next message is due; undefined without messages. */
  nextDue(): number | undefined
  /** Undefined when the file is gone or invalid; the message is then dropped from the queue. */
  read(id: string): Promise<Message | undefined>
  /** Schedules the next attempt with exponential back-off. */
  postpone(id: string, now: number): void
  /** Ids of waiting messages to this recipient, whatever its case, as far as they are known: adopted ones once they were read. */
  idsTo(recipient: string): readonly string[]
  /** Schedules it for that moment (epoch milliseconds), which counts as no attempt. */
  hold(id: string, until: number): void
  /** Removes a delivered message. */
  done(id: string): Promise<void>
  /** Moves a message that was given up to the dead letters. */
  moveToDeadLetters(message: Message, why: string, now: number): Promise<void>
  /** Failed attempts in this process. */
  attempts(id: string): number
  /** Adopts messages of dead owners and those moved back manually. */
  claim(now: number): Promise<void>
  touch(): Promise<void>
  status(): SpoolStatus
  release(): Promise<void>
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
  /** In order of acceptance. */
  const waiting = new Map<string, Waiting>()
  /** Delivered messages whose file could not be deleted: not delivered again. */
  const leftovers = new Set<string>()
  let bytes = 0
  let dead = 0

  function enqueue(id: string, size: number, at: number, to: string | undefined): void {
    if (waiting.has(id)) return
    waiting.set(id, { bytes: size, at, to: to?.toLowerCase(), due: 0, attempts: 0 })
    bytes += size
  }

  function dequeue(id: string): void {
    bytes -= waiting.get(id)?.bytes ?? 0
    waiting.delete(id)
  }

  async function claim(): Promise<void> {
    for (const { name, bytes: size, modified } of await folder.claim()) {
      enqueue(name.slice(0, -extension.length), size, modified, undefined)
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
      enqueue(message.id, size, message.at, message.to)
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
      if (message !== undefined) {
        const item = waiting.get(id)
        if (item !== undefined) item.to = message.to?.toLowerCase()
        return message
      }
      dequeue(id)
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
    idsTo(recipient) {
      const to = recipient.toLowerCase()
      return [...waiting].flatMap(([id, item]) => (item.to === to ? [id] : []))
    },
    hold(id, until) {
      const item = waiting.get(id)
      if (item !== undefined) item.due = until
    },
    async done(id) {
      // Delete the file first, so that a concurrent `claim` does not take it for a new message.
      await folder.remove(id + extension).catch(() => leftovers.add(id))
      dequeue(id)
    },
    async moveToDeadLetters(message, why, at) {
      const content = JSON.stringify({ ...message, died: { at, why } } satisfies Message)
      await folder.moveToDead(message.id + extension, content, maxDead)
      dequeue(message.id)
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
    release: folder.release,
  }
}

interface Waiting {
  readonly bytes: number
  readonly at: number
  /** Lower case. */
  to: string | undefined
  /** Epoch milliseconds of the next attempt; 0 until the first. */
  due: number
  attempts: number
}

const extension = '.json'
/** Dead letters kept for inspection. */
const maxDead = 1000
const retryBackoff = { min: 2000, max: 300_000 }

/** Validates a file: disks fail, and files may have been edited. */
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
