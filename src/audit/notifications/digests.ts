// Combines messages to one recipient: after one was sent, those of the next minute wait in the spool and go out together.

import type { Message, Spool } from './spool.ts'

export interface DigestSettings {
  /** Milliseconds between two mails to one recipient. */
  readonly every: number
  /** Whether a message waits for no other. */
  readonly urgent: (message: Message) => boolean
}

export interface Digests {
  /** The messages to send with this one now; undefined if it has to wait. */
  gather(message: Message, now: number): Promise<readonly Message[] | undefined>
  /** After they were sent to their recipient. */
  sent(messages: readonly Message[], now: number): void
  /** After they were rejected together: each is tried alone, so that one that cannot be sent takes no other with it. */
  separate(messages: readonly Message[]): void
  /** After it was given up. */
  forget(id: string): void
}

/** Messages in one mail; the rest follows after another interval. */
const maxTogether = 250

/** Nothing here needs to survive a restart: messages that wait are in the spool, and the first one to be due is sent. */
export function createDigests(
  spool: Pick<Spool, 'hold' | 'idsTo' | 'read'>,
  { every, urgent }: DigestSettings,
): Digests {
  /** Epoch milliseconds of the last mail, by recipient; entries older than the interval are removed. */
  const last = new Map<string, number>()
  const alone = new Set<string>()

  return {
    async gather(message, now) {
      const to = keyOf(message)
      if (to === undefined || alone.has(message.id) || urgent(message)) return [message]
      const since = now - (last.get(to) ?? -Infinity)
      // A clock that was set back must not hold a message for longer than the interval.
      if (since >= 0 && since < every) {
        spool.hold(message.id, now + every - since)
        return undefined
      }
      const together = [message]
      for (const id of spool.idsTo(to)) {
        if (together.length === maxTogether) break
        if (id === message.id || alone.has(id)) continue
        const other = await spool.read(id)
        if (other !== undefined && !urgent(other)) together.push(other)
      }
      return together.toSorted((one, other) => one.at - other.at)
    },
    sent(messages, now) {
      for (const { id } of messages) alone.delete(id)
      const [first] = messages
      const to = first && keyOf(first)
      if (to === undefined || urgent(first!)) return
      for (const [recipient, at] of last) if (Math.abs(now - at) >= every) last.delete(recipient)
      last.set(to, now)
    },
    separate(messages) {
      for (const { id } of messages) alone.add(id)
    },
    forget: (id) => void alone.delete(id),
  }
}

/** Mailboxes are compared as `recipients.ts` does. */
function keyOf({ to }: Message): string | undefined {
  return to?.toLowerCase()
}
