// `audit.sinks` and `audit.spool`: whom events are told.

import { z } from 'zod'
import { eventSelectors, defaultSelectors } from '../event-selectors.ts'
import { duration, filePath, name, oneOrMore, size, text } from './values.ts'

export const spool = z
  .strictObject({
    path: filePath
      .optional()
      .describe('Folder; made when it is not there, for the gateway alone.')
      .meta({ 'x-prose': '`spool` beside `audit.file.path`' }),
    count: z
      .int()
      .min(10, 'must be at least 10')
      .max(1_000_000, 'is too large')
      .optional()
      .describe('Messages of one sink that may wait. When it is full, the newest are not told, and `status` says so.')
      .meta({ 'x-default': 10_000 }),
    size: size.optional().describe('Size of the messages of one sink that may wait.').meta({ 'x-default': '64MB' }),
    give_up: duration
      .optional()
      .describe('After this long in vain a message is put aside, into `dead`, and `status` says so.')
      .meta({ 'x-default': '7d' }),
  })
  .describe('Where messages of `sinks` wait until they were taken: on disk, so that a restart loses none.')

export const sink = z
  .strictObject({
    kind: z
      .enum(['mail', 'webhook', 'teams', 'slack'])
      .optional()
      .describe('`teams`: webhook of a workflow, which takes Adaptive Cards. `slack`: incoming webhook.'),
    name: name.optional().describe('In `status`, the log and the spool.').meta({ 'x-prose': 'the kind' }),
    events: oneOrMore(z.enum(eventSelectors))
      .optional()
      .describe(
        'Which events. `finding.high` is that severity and what is worse; `emergency` what was opened without an approval. `authentication` and `device` are for `webhook` alone.',
      )
      .meta({ 'x-default': [...defaultSelectors] }),
    language: z
      .enum(['en', 'de'])
      .optional()
      .describe('Of the messages; not of `webhook`.')
      .meta({ 'x-default': 'en' }),
    url: text
      .optional()
      .describe(
        '`mail`: `smtp://host:port` (port 587 unless given, STARTTLS) or `smtps://host:port` (465, encrypted from the start). Else the `https:` address to post to; that of a chat is a secret reference.',
      )
      .meta({ 'x-examples': ['smtp://mail.example.com', 'env:TEAMS_URL'] }),
    ca: filePath.optional().describe("PEM file: authorities for the peer's certificate, in place of the system's."),
    secret: text
      .optional()
      .describe('`webhook`: key of `X-Einlass-Signature`, at least 32 characters; a secret reference.')
      .meta({ 'x-examples': ['env:WEBHOOK_SECRET'] }),
    user: text.optional().describe('`mail`: name to sign in with.'),
    password: text
      .optional()
      .describe('`mail`: a secret reference.')
      .meta({ 'x-examples': ['env:SMTP_PASSWORD'] }),
    starttls: z
      .enum(['required', 'if_offered'])
      .optional()
      .describe('`mail` with `smtp:`. `if_offered` gives messages to whoever sits in between.')
      .meta({ 'x-prose': 'required; on loopback if_offered' }),
    server_name: text.optional().describe("`mail`: name in the server's certificate, where it is not that of `url`."),
    from: text
      .optional()
      .describe('`mail`: sender.')
      .meta({ 'x-examples': ['Einlass <einlass@example.com>'] }),
    to: oneOrMore(text)
      .optional()
      .describe(
        '`mail`: addresses, which are told everything of `events`; `approvers`, `requester` and `sponsor` are told what concerns them.',
      )
      .meta({ 'x-default': ['approvers', 'requester', 'sponsor'] }),
  })
  .meta({ required: ['kind', 'url'] })
  .describe('Tells people and programs. Nobody waits for it; what cannot be told now waits on disk.')
