// Sends mail over SMTP: one message per recipient, so that recipients do not see each other.

import { createTransport } from 'nodemailer'
import type { MailSettings } from '../../config/audit-settings.ts'
import type { Deliver } from './delivery.ts'
import { htmlMail, plainMail } from './mail-format.ts'
import { notificationOf } from './notification.ts'
import { messageOf } from './message.ts'
import { automaticMail, smtpFailure, smtpOptions } from './smtp.ts'

/** `ca`: PEM; replaces the system's certificate authorities. `timeZone`: IANA name. */
export function createMailTransport(settings: MailSettings, ca: string | undefined, timeZone: () => string): Deliver {
  const transport = createTransport(smtpOptions(settings, ca))
  // An `error` event without a listener would end the process.
  transport.on('error', () => undefined)
  const domain = settings.from.address.slice(settings.from.address.lastIndexOf('@') + 1)

  return async ({ id, to, line }, signal) => {
    const notice = notificationOf(line)
    if (notice === undefined || to === undefined) return { state: 'failed', why: 'unreadable', permanent: true }
    const wording = messageOf(notice, settings.language, timeZone())
    const thread = notice.thread?.replaceAll(/[^A-Za-z0-9-]/g, '')
    try {
      await transport.sendMail({
        envelope: { from: settings.from.address, to: [to] },
        from: settings.from,
        to: { name: '', address: to },
        subject: wording.title,
        text: plainMail(wording),
        html: htmlMail(wording),
        // The same at each attempt, so that mail clients recognize duplicates (RFC 5322 section 3.6.4).
        messageId: `<${id}@${domain}>`,
        ...(thread === undefined || thread === '' ? {} : { references: `<einlass-${thread}@${domain}>` }),
        ...(wording.urgent ? { priority: 'high' as const } : {}),
        headers: {
          ...automaticMail,
          'X-Einlass-Event': notice.uid,
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
