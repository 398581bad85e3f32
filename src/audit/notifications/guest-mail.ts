// Mails to guests: the one-time code, and that a passkey was added. Sent at once and from memory alone: a code is never on disk.

import { readFile } from 'node:fs/promises'
import { createTransport } from 'nodemailer'
import { randomUUID } from 'node:crypto'
import type { MailSettings } from '../../config/audit-settings.ts'
import type { Language } from '../../policy/messages/locale.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { Attempt } from './delivery.ts'
import { codeMessage, passkeyMessage, type CodeMail, type PasskeyMail } from './guest-mail-messages.ts'
import { htmlMail, plainMail } from './mail-format.ts'
import type { Message } from './message.ts'
import { senderOf, signed, type Sender } from './sender.ts'
import { automaticMail, smtpFailure, smtpOptions } from './smtp.ts'

export interface GuestMails {
  /** Sends in the background, a moment later. Never throws. `to`: one address, checked. */
  sendCode(to: string, mail: CodeMail, language: Language): void
  sendPasskeyAdded(to: string, mail: PasskeyMail, language: Language): void
  /** Waits for mails under way, up to 5 s. */
  stop(): Promise<void>
}

export interface GuestMailsDependencies {
  /** Of the configuration in force; undefined: none is sent. */
  readonly settings: () => MailSettings | undefined
  readonly log: Logger
  /** IANA name for times in messages. */
  readonly timeZone: string
  /** The organisation, as now configured; absent: none. */
  readonly sender?: () => Sender | undefined
}

/** Milliseconds. Random within it, so that the answer to the browser tells nothing of a mail (`guests.md`, enumeration). */
const delay = { least: 100, spread: 400 }
/** Milliseconds before the second and the third attempt: greylisting servers take the second. */
const retries = [5_000, 30_000]
/** Only people with access cause mails, each a few in a quarter of an hour. */
const maxPending = 500
const shutdownTimeout = 5_000

export function createGuestMails({
  settings,
  log,
  timeZone,
  sender = () => undefined,
}: GuestMailsDependencies): GuestMails {
  const pending = new Set<Promise<void>>()
  const stopping = new AbortController()

  /** `written`: only after the pause, so that not even composing it delays the answer to the browser. */
  function send(to: string, written: () => readonly [subject: string, wording: Message]): void {
    if (pending.size >= maxPending)
      return void log.error({ pending: pending.size }, 'too many mails to guests are under way: one is dropped')
    const work = deliver(to, written).finally(() => pending.delete(work))
    pending.add(work)
  }

  async function deliver(to: string, written: () => readonly [string, Message]): Promise<void> {
    await pause(delay.least + Math.random() * delay.spread, stopping.signal)
    const [subject, wording] = written()
    for (const wait of [...retries, undefined]) {
      const server = settings()
      if (server === undefined) return
      const from = senderOf(server.from, sender())
      const attempt = await sendOnce({ ...server, from }, to, subject, signed(wording, sender()))
      if (attempt.state === 'delivered') return
      const again = !attempt.permanent && wait !== undefined && !stopping.signal.aborted
      log.warn({ why: attempt.why, again }, 'a mail to a guest could not be sent')
      if (!again) return
      await pause(wait, stopping.signal)
    }
  }

  return {
    sendCode: (to, mail, language) => send(to, () => codeMessage(mail, language, timeZone)),
    sendPasskeyAdded: (to, mail, language) => send(to, () => passkeyMessage(mail, language, timeZone)),
    async stop() {
      stopping.abort()
      const late = new Promise<void>((resolve) => setTimeout(resolve, shutdownTimeout).unref())
      await Promise.race([Promise.allSettled(pending), late])
    },
  }
}

async function sendOnce(settings: MailSettings, to: string, subject: string, wording: Message): Promise<Attempt> {
  const domain = settings.from.address.slice(settings.from.address.lastIndexOf('@') + 1)
  try {
    const ca = settings.ca === undefined ? undefined : await readFile(settings.ca, 'utf8')
    const transport = createTransport(smtpOptions(settings, ca))
    // An `error` event without a listener would end the process.
    transport.on('error', () => undefined)
    await transport.sendMail({
      envelope: { from: settings.from.address, to: [to] },
      from: settings.from,
      to: { name: '', address: to },
      subject,
      text: plainMail(wording),
      html: htmlMail(wording),
      messageId: `<${randomUUID()}@${domain}>`,
      headers: { ...automaticMail, 'Content-Language': wording.language },
      disableFileAccess: true,
      disableUrlAccess: true,
    })
    return { state: 'delivered' }
  } catch (error) {
    return smtpFailure(error)
  }
}

/** Milliseconds; ends at once when `signal` aborts. */
function pause(duration: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, duration)
    signal.addEventListener('abort', done)
  })
}
