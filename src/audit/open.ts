// Opens the configured audit sinks: file, stdout, mail, webhook, Slack, Teams.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AuditSettings, SinkSettings, SpoolSettings } from '../config/audit-settings.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Sink } from './sink.ts'
import type { DigestSettings } from './notifications/digests.ts'
import type { Deliver } from './notifications/delivery.ts'
import { openFileSink } from './sinks/file.ts'
import { createMailTransport } from './notifications/mail.ts'
import { notificationOf, type Notification } from './notifications/notification.ts'
import { createPoster, type HttpPoster } from './notifications/http-post.ts'
import { recipientsOf } from './notifications/recipients.ts'
import { slackMessage } from './notifications/slack.ts'
import { createStdoutSink } from './sinks/stdout.ts'
import { teamsMessage } from './notifications/teams.ts'
import { createNotificationSink } from './notifications/sink.ts'
import { createWebhook } from './notifications/webhook.ts'
import { isUrgent, messageOf, type Message } from './notifications/message.ts'
import type { Sender } from './notifications/sender.ts'
import { never } from '../policy/never.ts'

export interface SinkDependencies {
  readonly log: Logger
  readonly now: () => number
  /** IANA name for times in messages, as now configured. */
  readonly timeZone: () => string
  /** The organisation in mails, as now configured; absent: none. */
  readonly sender?: (() => Sender | undefined) | undefined
  /** As `DeliveryDependencies.upkeep`. */
  readonly upkeep?: number
}

/** Rejects when the audit file or the spool cannot be opened: without audit the gateway does not start (fail closed). */
export async function openSinks(settings: AuditSettings, deps: SinkDependencies): Promise<Sink[]> {
  const sinks: Sink[] = []
  try {
    if (settings.stdout) sinks.push(createStdoutSink())
    if (settings.file !== undefined) {
      const { path } = settings.file
      sinks.push(await openFileSink(settings.file).catch(unavailable(`audit.file.path: ${path} cannot be opened`)))
    }
    const { spool } = settings
    if (spool === undefined) return sinks
    for (const one of settings.sinks) {
      const why = `audit.spool: ${join(spool.path, one.name)} cannot be written`
      sinks.push(await openNotificationSink(one, spool, deps).catch(unavailable(why)))
    }
    return sinks
  } catch (error) {
    await Promise.all(sinks.map((sink) => sink.close()))
    throw error
  }
}

async function openNotificationSink(
  settings: SinkSettings,
  spool: SpoolSettings,
  deps: SinkDependencies,
): Promise<Sink> {
  const { name, events } = settings
  const ca = settings.ca === undefined ? undefined : await readFile(settings.ca, 'utf8')
  return createNotificationSink({
    name,
    events,
    ...notificationChannel(settings, ca, deps),
    folder: join(spool.path, name),
    limits: { count: spool.count, bytes: spool.bytes },
    maxAge: spool.giveUp,
    now: deps.now,
    log: deps.log,
    upkeep: deps.upkeep,
  })
}

interface NotificationChannel {
  readonly recipients: (notice: Notification) => readonly (string | undefined)[]
  readonly deliver: Deliver
  readonly digest?: DigestSettings | undefined
  readonly release?: () => Promise<void>
}

function notificationChannel(
  settings: SinkSettings,
  ca: string | undefined,
  { now, timeZone, sender }: SinkDependencies,
): NotificationChannel {
  if (settings.kind === 'mail') {
    const { to, events } = settings
    return {
      recipients: (notice) => recipientsOf(to, notice, events),
      deliver: createMailTransport(settings, ca, timeZone, sender),
      digest: settings.digest === 0 ? undefined : { every: settings.digest, urgent: isUrgentLine },
    }
  }
  const poster = createPoster(settings.url, ca, now)
  const recipients = () => [undefined]
  const release = poster.close
  switch (settings.kind) {
    case 'webhook':
      return { recipients, release, deliver: createWebhook(poster, settings.secret, now) }
    case 'teams':
      return { recipients, release, deliver: posting(poster, teamsMessage) }
    case 'slack':
      return { recipients, release, deliver: posting(poster, slackMessage) }
    default:
      return never(settings)
  }

  function posting(to: HttpPoster, written: (wording: Message) => string): Deliver {
    const language = 'language' in settings ? settings.language : 'en'
    return async ([{ line }], signal) => {
      const notice = notificationOf(line)
      if (notice === undefined) return { state: 'failed', why: 'unreadable', permanent: true }
      return to.post(written(messageOf(notice, language, timeZone())), {}, signal)
    }
  }
}

/** An alarm waits for no other message. */
function isUrgentLine({ line }: { readonly line: string }): boolean {
  const notice = notificationOf(line)
  return notice === undefined || isUrgent(notice)
}

function unavailable(what: string): (cause: NodeJS.ErrnoException) => never {
  return (cause) => {
    throw Object.assign(new Error(`${what} (${cause.code ?? 'unknown'})`, { cause }), { code: 'audit_unavailable' })
  }
}
