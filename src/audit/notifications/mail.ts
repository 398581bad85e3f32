// Sends mail over SMTP: one message per recipient, so that recipients do not see each other.

import { createTransport, type SMTPTransportOptions } from 'nodemailer'
import type { MailSettings } from '../../config/audit-settings.ts'
import type { Attempt, Deliver } from './delivery.ts'
import { htmlMail, plainMail } from './mail-format.ts'
import { notificationOf } from './notification.ts'
import { messageOf } from './message.ts'

/** `ca`: PEM; replaces the system's certificate authorities. */
export function createMailTransport(settings: MailSettings, ca: string | undefined, timeZone: string): Deliver {
  const transport = createTransport(transportOptions(settings, ca))
  // An `error` event without a listener would end the process.
  transport.on('error', () => undefined)
  const domain = settings.from.address.slice(settings.from.address.lastIndexOf('@') + 1)

  return async ({ id, to, line }, signal) => {
    const notice = notificationOf(line)
    if (notice === undefined || to === undefined) return { state: 'failed', why: 'unreadable', permanent: true }
    const wording = messageOf(notice, settings.language, timeZone)
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
          // RFC 3834 section 5: suppresses automatic replies.
          'Auto-Submitted': 'auto-generated',
          'X-Auto-Response-Suppress': 'All',
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

/** Connects, STARTTLS, AUTH, and no mail. The cause when it fails, as in the log of deliveries. Never rejects. */
export async function verifyMail(settings: MailSettings, ca: string | undefined): Promise<string | undefined> {
  const transport = createTransport(transportOptions(settings, ca))
  transport.on('error', () => undefined)
  try {
    await transport.verify()
    return undefined
  } catch (error) {
    const failed = smtpFailure(error)
    return failed.state === 'failed' ? failed.why : 'unknown'
  } finally {
    transport.close()
  }
}

/** Milliseconds. */
const connectTimeout = 10_000
const idleTimeout = 30_000

function transportOptions(settings: MailSettings, ca: string | undefined): SMTPTransportOptions {
  const { host, port, user, password } = settings
  return {
    host,
    port,
    secure: settings.tls === 'implicit',
    requireTLS: settings.tls === 'starttls',
    tls: {
      minVersion: 'TLSv1.2',
      // Opportunistic TLS authenticates no server anyway: encryption without verification is better than plain text.
      rejectUnauthorized: settings.tls !== 'if_offered',
      ...(settings.serverName === undefined ? {} : { servername: settings.serverName }),
      ...(ca === undefined ? {} : { ca }),
    },
    ...(user === undefined ? {} : { auth: { user, pass: password ?? '' }, forceAuth: true }),
    connectionTimeout: connectTimeout,
    greetingTimeout: idleTimeout,
    dnsTimeout: connectTimeout,
    socketTimeout: idleTimeout,
    socketCloseTimeout: 1000,
    maxResponseSize: 64 * 1024,
    allowInternalNetworkInterfaces: true,
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

interface SmtpError {
  readonly code?: unknown
  readonly responseCode?: unknown
  readonly command?: unknown
  readonly originalCode?: unknown
}

/**
 * A 5xx to RCPT TO or DATA is permanent (RFC 5321 section 4.2.1). One about authentication, encryption or the sender is a
 * configuration error that an administrator can fix: retried. Only codes are logged, never the server's text, which
 * quotes addresses.
 */
function smtpFailure(error: unknown): Attempt {
  const { code, originalCode, responseCode, command } = (error ?? {}) as SmtpError
  const status = typeof responseCode === 'number' ? responseCode : undefined
  const aboutMessage = command === 'RCPT TO' || command === 'DATA'
  const aboutSender = status === 530 || status === 534 || status === 535 || status === 538
  // An address the server cannot accept, such as a non-ASCII local part without SMTPUTF8.
  const unsendable = code === 'EENVELOPE' && command === 'API'
  const name = [originalCode, code].find((one) => typeof one === 'string' && /^[A-Za-z0-9_]{1,40}$/.test(one))
  return {
    state: 'failed',
    why: status === undefined ? String(name ?? 'unknown') : `SMTP ${status}`,
    permanent: unsendable || (status !== undefined && status >= 500 && status < 600 && aboutMessage && !aboutSender),
  }
}
