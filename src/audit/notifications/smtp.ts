// SMTP client of all mails (RFC 5321): connection and TLS settings, and what a failure means.

import type { SMTPTransportOptions } from 'nodemailer'
import type { MailSettings } from '../../config/audit-settings.ts'
import type { Attempt } from './delivery.ts'

/** RFC 3834 section 5: suppresses automatic replies. */
export const automaticMail = { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' } as const

/** Milliseconds. */
const connectTimeout = 10_000
const idleTimeout = 30_000

/** `ca`: PEM; replaces the system's certificate authorities. */
export function smtpOptions(settings: MailSettings, ca: string | undefined): SMTPTransportOptions {
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
export function smtpFailure(error: unknown): Attempt {
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
