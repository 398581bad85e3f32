// Test environment for notification sinks: opened as in the gateway, with peers and folders of their own.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSinks } from '../../../src/audit/open.ts'
import type { Sink } from '../../../src/audit/sink.ts'
import type { ChatSettings, MailSettings, SinkSettings, WebhookSettings } from '../../../src/config/audit-settings.ts'
import { defaultSelectors } from '../../../src/config/event-selectors.ts'
import { createLogger } from '../../../src/telemetry/logger.ts'
import { startHttpReceiver, type HttpReceiver } from '../../support/http-receiver.ts'
import { startSmtpServer, type SmtpServer } from '../../support/smtp-server.ts'
import type { TestCertificate } from '../../support/certificates.ts'

export const secret = 'a secret of at least thirty-two characters'

export interface SinkEnvironment {
  readonly folder: string
  /** Operational log so far. */
  readonly log: () => string
  open(
    settings: SinkSettings,
    more?: { count?: number; bytes?: number; giveUp?: number; folder?: string; upkeep?: number },
  ): Promise<Sink>
  smtp(certificate?: TestCertificate, port?: number): Promise<SmtpServer>
  http(certificate?: TestCertificate, port?: number): Promise<HttpReceiver>
  /** Names of the message files in the spool, dead ones under `dead/`. */
  spooled(): string[]
  clear(): Promise<void>
}

export function createSinkEnvironment(now: () => number = Date.now, timeZone = () => 'UTC'): SinkEnvironment {
  const folder = mkdtempSync(join(tmpdir(), 'einlass-notifications-'))
  const closing: (() => Promise<unknown>)[] = []
  let log = ''
  return {
    folder,
    log: () => log,
    async open(
      settings,
      { count = 1000, bytes = 10_000_000, giveUp = 86_400_000, folder: path = folder, upkeep } = {},
    ) {
      const [sink] = await openSinks(
        { file: undefined, stdout: false, spool: { path, count, bytes, giveUp }, sinks: [settings] },
        {
          log: createLogger({ level: 'debug', destination: { write: (line) => (log += line) } }),
          now,
          timeZone,
          upkeep,
        },
      )
      closing.push(() => sink!.close())
      return sink!
    },
    async smtp(certificate, port) {
      const peer = await startSmtpServer(certificate, port)
      closing.push(() => peer.close())
      return peer
    },
    async http(certificate, port) {
      const peer = await startHttpReceiver(certificate, port)
      closing.push(() => peer.close())
      return peer
    },
    spooled: () =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.json'))
        .map((name) => (name.includes('/dead/') ? `dead/${name.split('/').at(-1)!}` : name.split('/').at(-1)!)),
    async clear() {
      // Sinks first, so that none fails because its peer has closed.
      for (const close of closing.splice(0).toReversed()) await close().catch(() => undefined)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export function mailTo(peer: { readonly port: number }, more: Partial<MailSettings> = {}): MailSettings {
  return {
    kind: 'mail',
    name: 'mail',
    events: defaultSelectors,
    host: '127.0.0.1',
    port: peer.port,
    tls: 'if_offered',
    serverName: undefined,
    ca: undefined,
    user: undefined,
    password: undefined,
    from: { name: 'Einlass', address: 'einlass@example.com' },
    to: ['it@example.com'],
    language: 'en',
    digest: 0,
    ...more,
  }
}

export function webhookTo(peer: { readonly url: string }, more: Partial<WebhookSettings> = {}): WebhookSettings {
  return { kind: 'webhook', name: 'webhook', events: defaultSelectors, url: peer.url, secret, ca: undefined, ...more }
}

export function chatTo(
  kind: ChatSettings['kind'],
  peer: { readonly url: string },
  more: Partial<ChatSettings> = {},
): ChatSettings {
  return { kind, name: kind, events: defaultSelectors, url: peer.url, ca: undefined, language: 'en', ...more }
}
