// Where the audit goes and whom it is told, as the rest of the house sees it.

import type { EventSelector } from './event-selectors.ts'

export interface AuditSettings {
  readonly file: { readonly path: string; readonly rotate: number; readonly keep: number } | undefined
  readonly stdout: boolean
  /** Where messages wait until somebody took them, and how many of one sink. Undefined without `sinks`. */
  readonly spool: SpoolSettings | undefined
  /** Those that tell people and programs. */
  readonly sinks: readonly SinkSettings[]
}

export interface SpoolSettings {
  /** Folder; each sink has its own in it. */
  readonly path: string
  readonly count: number
  readonly bytes: number
  /** Milliseconds after which a message is given up. */
  readonly giveUp: number
}

export type SinkSettings = MailSettings | WebhookSettings | ChatSettings

export interface MailSettings {
  readonly kind: 'mail'
  readonly name: string
  readonly events: readonly EventSelector[]
  readonly host: string
  readonly port: number
  /** `if_offered` is for loopback, or was asked for. */
  readonly tls: 'implicit' | 'starttls' | 'if_offered'
  /** The name in the server's certificate, where it is not `host`. */
  readonly serverName: string | undefined
  readonly ca: string | undefined
  readonly user: string | undefined
  readonly password: string | undefined
  readonly from: { readonly name: string; readonly address: string }
  /** Addresses, and the words `approvers`, `requester`, `sponsor`. */
  readonly to: readonly string[]
  readonly language: 'en' | 'de'
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
  /** Whoever knows it can write there: a secret. */
  readonly url: string
  readonly ca: string | undefined
  readonly language: 'en' | 'de'
}
