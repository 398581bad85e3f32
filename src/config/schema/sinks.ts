// Schema of `audit.sinks` (notification sinks) and `audit.spool` (their on-disk queue).

import { z } from 'zod'
import { eventSelectors, defaultSelectors } from '../event-selectors.ts'
import { duration, filePath, name, oneOrMore, size, text } from './values.ts'

export const spool = z
  .strictObject({
    path: filePath
      .optional()
      .describe('Folder; created if missing, accessible to the gateway only.')
      .meta({ 'x-prose': '`spool` beside `audit.file.path`' }),
    count: z
      .int()
      .min(10, 'must be at least 10')
      .max(1_000_000, 'is too large')
      .optional()
      .describe(
        'Maximum number of queued messages per sink. When it is full, new messages are dropped, which `status` reports.',
      )
      .meta({ 'x-default': 10_000 }),
    size: size.optional().describe('Maximum size of the queued messages per sink.').meta({ 'x-default': '64MB' }),
    give_up: duration
      .optional()
      .describe('Time after which an undeliverable message is moved to the folder `dead`, which `status` reports.')
      .meta({ 'x-default': '7d' }),
  })
  .describe('On-disk queue of undelivered messages of `sinks`, so that a restart loses none.')

export const sink = z
  .strictObject({
    kind: z
      .enum(['mail', 'webhook', 'teams', 'slack'])
      .optional()
      .describe('`teams`: webhook of a workflow, which takes Adaptive Cards. `slack`: incoming webhook.'),
    name: name.optional().describe('Name in `status`, the log and the spool.').meta({ 'x-prose': 'the kind' }),
    events: oneOrMore(z.enum(eventSelectors))
      .optional()
      .describe(
        'Events to deliver. `finding.high`: that severity and above; `emergency`: access opened without approval. `authentication` and `device`: only for `webhook`.',
      )
      .meta({ 'x-default': [...defaultSelectors] }),
    language: z
      .enum(['en', 'de'])
      .optional()
      .describe('Language of the messages; not with `webhook`.')
      .meta({ 'x-default': 'en' }),
    url: text
      .optional()
      .describe(
        '`mail`: `smtp://host:port` (port 587 unless given, STARTTLS) or `smtps://host:port` (465, implicit TLS). Otherwise the `https:` URL to post to; for a chat a secret reference.',
      )
      .meta({ 'x-examples': ['smtp://mail.example.com', 'env:TEAMS_URL'] }),
    ca: filePath.optional().describe("PEM file: trusted certificate authorities, in place of the system's."),
    secret: text
      .optional()
      .describe('`webhook`: key of `X-Einlass-Signature`, at least 32 characters; a secret reference.')
      .meta({ 'x-examples': ['env:WEBHOOK_SECRET'] }),
    user: text.optional().describe('`mail`: user name for SMTP authentication.'),
    password: text
      .optional()
      .describe('`mail`: its password; a secret reference.')
      .meta({ 'x-examples': ['env:SMTP_PASSWORD'] }),
    starttls: z
      .enum(['required', 'if_offered'])
      .optional()
      .describe('`mail` with `smtp:`. `if_offered` does not protect against an active attacker on the network.')
      .meta({ 'x-prose': 'required; on loopback if_offered' }),
    server_name: text
      .optional()
      .describe("`mail`: name that the server's certificate must contain, if it differs from the host of `url`."),
    from: text
      .optional()
      .describe('`mail`: sender address.')
      .meta({ 'x-examples': ['Einlass <einlass@example.com>'] }),
    to: oneOrMore(text)
      .optional()
      .describe(
        '`mail`: recipients. Addresses receive all `events`; `approvers`, `requester` and `sponsor` those that concern them.',
      )
      .meta({ 'x-default': ['approvers', 'requester', 'sponsor'] }),
    digest: duration
      .optional()
      .describe(
        '`mail`: what a recipient is told within this time of the last mail comes as one mail. Alarms never wait. `0s`: each message is a mail.',
      )
      .meta({ 'x-default': '1m' }),
  })
  .meta({ required: ['kind', 'url'] })
  .describe('Notification sink. Delivery is asynchronous; undelivered messages are queued on disk.')
