// Audit settings after loading: file, standard output, spool, and the sinks that deliver events (mail, webhook, chat).

import type { EventSelector } from './event-selectors.ts'

export interface AuditSettings {
  readonly file: { readonly path: string; readonly rotate: number; readonly keep: number } | undefined
  readonly stdout: boolean
  /** On-disk queue of undelivered messages, with its limits per sink. Undefined without `sinks`. */
  readonly spool: SpoolSettings | undefined
  /** Notification sinks. */
  readonly sinks: readonly SinkSettings[]
}

export interface SpoolSettings {
  /** Folder, absolute; one subfolder per sink. */
  readonly path: string
  readonly count: number
  readonly bytes: number
  /** Milliseconds of failed delivery after which a message moves to the dead letters. */
  readonly giveUp: number
}

export type SinkSettings = MailSettings | WebhookSettings | ChatSettings

export interface MailSettings {
  readonly kind: 'mail'
  readonly name: string
  readonly events: readonly EventSelector[]
  readonly host: string
  readonly port: number
  /** `if_offered` (opportunistic TLS) is the default on loopback only. */
  readonly tls: 'implicit' | 'starttls' | 'if_offered'
  /** Name the server's certificate must contain, if it is not `host`. */
  readonly serverName: string | undefined
  readonly ca: string | undefined
  readonly user: string | undefined
  readonly password: string | undefined
  readonly from: { readonly name: string; readonly address: string }
  /** Addresses, and the placeholders `approvers`, `requester`, `sponsor`. */
  readonly to: readonly string[]
  readonly language: 'en' | 'de'
  /** Milliseconds between two mails to one recipient; 0: each message is a mail. */
  readonly digest: number
}

export interface WebhookSettings {
  readonly kind: 'webhook'
  readonly name: string
  readonly events: readonly EventSelector[]
  readonly url: string
  readonly secret: string
  readonly ca: string | undefined
}

export interface ChatSettings {
  readonly kind: 'teams' | 'slack'
  readonly name: string
  readonly events: readonly EventSelector[]
  /** A secret: knowing the URL is enough to post. */
  readonly url: string
  readonly ca: string | undefined
  readonly language: 'en' | 'de'
}
