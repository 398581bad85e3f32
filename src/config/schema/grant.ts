// Schema of `grants`: time-bound access of one user to one app.

import { z } from 'zod'
import { person } from './person.ts'
import { name, text } from './values.ts'

export const grantRequired = ['who', 'app']

export const grant = z
  .strictObject({
    who: person('Verified e-mail address at that provider.')
      .optional()
      .describe('The user. With a single provider an e-mail address is enough.')
      .meta({ 'x-examples': ['kim@example.com', { provider: 'partners', email: 'kim@partner.example' }] }),
    app: name.optional().describe('Name under `apps`.'),
    level: z
      .enum(['read', 'full'])
      .optional()
      .describe('`read` allows GET, HEAD and OPTIONS.')
      .meta({ 'x-default': 'read' }),
    from: text.optional().describe('ISO 8601. A date alone means the start of that day.').meta({ 'x-prose': 'always' }),
    until: text
      .optional()
      .describe('ISO 8601. A date alone includes that day. Required for external users: at most 90 days.')
      .meta({ 'x-prose': 'no end', 'x-examples': ['2026-12-15T18:00', '2026-12-15'] }),
    time_zone: text
      .optional()
      .describe('Time zone of `from` and `until` if they have no offset.')
      .meta({ 'x-prose': 'that of `schedule`, else UTC', 'x-examples': ['Europe/Berlin'] }),
    schedule: name.optional().describe('Name under `schedules`: the grant is valid only within it.'),
    sponsor: text.optional().describe('Person responsible for the grant. Required for external users.'),
    reason: text.optional().describe('Reason; part of the audit events.'),
    contract: text.optional().describe('Contract number.'),
    language: z
      .enum(['en', 'de'])
      .optional()
      .describe('Language of mails to this person.')
      .meta({ 'x-prose': 'that of the mail sink' }),
  })
  .meta({ required: grantRequired })
  .describe('Time-bound access of one user to one app.')

export type GrantInput = z.output<typeof grant>
