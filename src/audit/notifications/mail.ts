// Sends mail over SMTP: each to one recipient, so that recipients do not see each other; several messages as a digest.

import { createTransport } from 'nodemailer'
import type { MailSettings } from '../../config/audit-settings.ts'
import type { Deliver } from './delivery.ts'
import type { Message } from './spool.ts'
import { digestMail, type MailContent } from './digest-mail.ts'
import { htmlMail, plainMail } from './mail-format.ts'
import { notificationOf } from './notification.ts'
import { messageOf, type Message as Wording } from './message.ts'
import { senderOf, signed, type Sender } from './sender.ts'
import { automaticMail, smtpFailure, smtpOptions } from './smtp.ts'

/** `ca`: PEM; replaces the system's certificate authorities. `timeZone`: IANA name. */
export function createMailTransport(
  settings: MailSettings,
  ca: string | undefined,
  timeZone: () => string,
  sender: () => Sender | undefined = () => undefined,
): Deliver {
  const transport = createTransport(smtpOptions(settings, ca))
  // An `error` event without a listener would end the process.
  transport.on('error', () => undefined)
  const domain = settings.from.address.slice(settings.from.address.lastIndexOf('@') + 1)

  /** Undefined for lines that cannot be read: those of a digest are then tried one by one. */
  function contentOf(messages: readonly [Message, ...Message[]]): MailContent | undefined {
    const notices = messages.flatMap(({ line }) => notificationOf(line) ?? [])
    const [notice] = notices
    if (notice === undefined || notices.length < messages.length) return undefined
    const wordings = notices.map((one) => signed(messageOf(one, settings.language, timeZone()), sender()))
    const [wording] = wordings as [Wording]
    if (notices.length > 1) return digestMail(notices, wordings, settings.language)
    const thread = notice.thread?.replaceAll(/[^A-Za-z0-9-]/g, '')
    return {
      subject: wording.title,
      text: plainMail(wording),
      html: htmlMail(wording),
      ...(thread === undefined || thread === '' ? {} : { references: `<einlass-${thread}@${domain}>` }),
      ...(wording.urgent ? { priority: 'high' as const } : {}),
      headers: { 'X-Einlass-Event': notice.uid },
    }
  }

  return async (messages, signal) => {
    const [{ id, to }] = messages
    const content = contentOf(messages)
    if (content === undefined || to === undefined) return { state: 'failed', why: 'unreadable', permanent: true }
    try {
      await transport.sendMail({
        envelope: { from: settings.from.address, to: [to] },
        from: senderOf(settings.from, sender()),
        to: { name: '', address: to },
        ...content,
        // The same at each attempt, so that mail clients recognize duplicates (RFC 5322 section 3.6.4).
        messageId: `<${id}@${domain}>`,
        headers: {
          ...content.headers,
          ...automaticMail,
          'Content-Language': settings.language,
        },
        disableFileAccess: true,
        disableUrlAccess: true,
        signal,
      })
      return { state: 'delivered' }
    } catch (error) {
      return smtpFailure(error)
    }
  }
}
