// Chooses the sinks the configuration names.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AuditSettings, SinkSettings, SpoolSettings } from '../config/audit-settings.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Sink } from './sink.ts'
import type { Deliver } from './notifications/delivery.ts'
import { openFileSink } from './sinks/file.ts'
import { createMail } from './notifications/mail.ts'
import { noticeOf, type Notice } from './notifications/notification.ts'
import { createPoster, type Poster } from './notifications/http-post.ts'
import { recipientsOf } from './notifications/recipients.ts'
import { slackMessage } from './notifications/slack.ts'
import { createStdoutSink } from './sinks/stdout.ts'
import { teamsMessage } from './notifications/teams.ts'
import { openTellingSink } from './notifications/sink.ts'
import { createWebhook } from './notifications/webhook.ts'
import { wordingOf, type Wording } from './notifications/message.ts'
import { never } from '../policy/never.ts'

export interface SinkParts {
  readonly log: Logger
  readonly now: () => number
  /** IANA name; times in messages are told with it. */
  readonly timeZone: string
}

/** Rejects when the audit file or the spool cannot be opened: a gateway that cannot record does not start. */
export async function openSinks(settings: AuditSettings, parts: SinkParts): Promise<Sink[]> {
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
      sinks.push(await openPeer(one, spool, parts).catch(unavailable(why)))
    }
    return sinks
  } catch (error) {
    await Promise.all(sinks.map((sink) => sink.close()))
    throw error
  }
}

async function openPeer(settings: SinkSettings, spool: SpoolSettings, parts: SinkParts): Promise<Sink> {
  const { name, events } = settings
  const ca = settings.ca === undefined ? undefined : await readFile(settings.ca, 'utf8')
  return openTellingSink({
    name,
    events,
    ...peerOf(settings, ca, parts),
    folder: join(spool.path, name),
    limits: { count: spool.count, bytes: spool.bytes },
    giveUp: spool.giveUp,
    now: parts.now,
    log: parts.log,
  })
}

interface Peer {
  readonly recipients: (notice: Notice) => readonly (string | undefined)[]
  readonly deliver: Deliver
  readonly release?: () => Promise<void>
}

function peerOf(settings: SinkSettings, ca: string | undefined, { now, timeZone }: SinkParts): Peer {
  if (settings.kind === 'mail') {
    const { to, events } = settings
    return { recipients: (notice) => recipientsOf(to, notice, events), deliver: createMail(settings, ca, timeZone) }
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

  function posting(to: Poster, written: (wording: Wording) => string): Deliver {
    const language = 'language' in settings ? settings.language : 'en'
    return async ({ line }, signal) => {
      const notice = noticeOf(line)
      if (notice === undefined) return { state: 'failed', why: 'unreadable', hopeless: true }
      return to.post(written(wordingOf(notice, language, timeZone)), {}, signal)
    }
  }
}

function unavailable(what: string): (cause: NodeJS.ErrnoException) => never {
  return (cause) => {
    throw Object.assign(new Error(`${what} (${cause.code ?? 'unknown'})`, { cause }), { code: 'audit_unavailable' })
  }
}
