// Tries out where notifications go, for `einlass check --online`: nothing is sent.

import type { MailSettings, SinkSettings } from '../../config/audit-settings.ts'
import { createBoundedHttp } from '../../net/bounded-http.ts'
import { verifyMail } from './mail.ts'

export type ProbedSink =
  | { readonly ok: true; readonly detail: string; readonly date?: string | undefined }
  | { readonly ok: false; readonly detail: string; readonly mend: string }

/** `ca`: PEM. Rejects for what has no cause of its own; the error has a code. */
export function probeSink(settings: SinkSettings, ca: string | undefined): Promise<ProbedSink> {
  return settings.kind === 'mail' ? probeMail(settings, ca) : probeUrl(settings.url, ca)
}

async function probeMail(settings: MailSettings, ca: string | undefined): Promise<ProbedSink> {
  const why = await verifyMail(settings, ca)
  if (why !== undefined) return { ok: false, detail: why, mend: mailMend(why) }
  const parts = ['connects', ...(settings.tls === 'if_offered' ? [] : ['TLS'])]
  return { ok: true, detail: [...parts, ...(settings.user === undefined ? [] : ['signs in'])].join(', ') }
}

function mailMend(why: string): string {
  if (/^SMTP 5(?:30|34|35|38)$|EAUTH/.test(why)) return 'check user and password of the sink'
  if (/ECONNREFUSED/.test(why)) return 'nothing listens there: check host and port in url'
  if (/ENOTFOUND|EAI_AGAIN|EDNS/.test(why)) return 'the name in url cannot be resolved: check its spelling and DNS'
  if (/CERT|SELF_SIGNED|UNABLE_TO/.test(why))
    return 'the certificate is not accepted: set ca, or server_name, of the sink'
  if (/ETLS|ESOCKET|EPROTO|SSL/.test(why))
    return 'the encryption failed: STARTTLS may be missing; try smtps: in url, or check the certificate'
  return 'check host and port in url, and firewalls'
}

/** HEAD: no receiver takes it for a notification. Any answer shows that the address leads to a server. */
async function probeUrl(url: string, ca: string | undefined): Promise<ProbedSink> {
  const http = createBoundedHttp({
    timeout: 10_000,
    connectTimeout: 5_000,
    keepAliveTimeout: 1_000,
    maxBytes: 64 * 1024,
    maxConnections: 1,
    ca,
  })
  try {
    const { status, headers } = await http.send(url, { method: 'HEAD', headers: { 'user-agent': 'einlass-check' } })
    const { date } = headers
    return {
      ok: true,
      detail: `answers with status ${status} to HEAD`,
      date: typeof date === 'string' ? date : undefined,
    }
  } catch (error) {
    const { code, message } = error as { readonly code?: unknown; readonly message: string }
    const why = typeof code === 'string' ? code : message
    return { ok: false, detail: why, mend: urlMend(why) }
  } finally {
    await http.close()
  }
}

function urlMend(why: string): string {
  if (why === 'ECONNREFUSED') return 'nothing listens there: check url of the sink'
  if (why === 'ENOTFOUND' || why === 'EAI_AGAIN')
    return 'the name in url cannot be resolved: check its spelling and DNS'
  if (/CERT|SELF_SIGNED|UNABLE_TO/.test(why)) return 'the certificate is not accepted: set ca of the sink'
  return 'check url of the sink, and the network to it'
}
