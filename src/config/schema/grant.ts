// Everything under `grants`: one person, one app, a time.

import { z } from 'zod'
import { person } from './person.ts'
import { name, text } from './values.ts'

export const grantRequired = ['who', 'app']

export const grant = z
  .strictObject({
    who: person('Verified e-mail address at that provider.')
      .optional()
      .describe('The person. An e-mail address alone is enough while there is only one provider.')
      .meta({ 'x-examples': ['kim@example.com', { provider: 'partners', email: 'kim@partner.example' }] }),
    app: name.optional().describe('Name under `apps`.'),
    level: z
      .enum(['read', 'full'])
      .optional()
      .describe('`read` allows GET, HEAD and OPTIONS.')
      .meta({ 'x-default': 'read' }),
    from: text.optional().describe('ISO 8601. A date alone means its beginning.').meta({ 'x-prose': 'always' }),
    until: text
      .optional()
      .describe(
        'ISO 8601. A date alone includes that day. Required for people of another organisation: 90 days at most.',
      )
      .meta({ 'x-prose': 'for ever', 'x-examples': ['2026-12-15T18:00', '2026-12-15'] }),
    time_zone: text
      .optional()
      .describe('Zone of `from` and `until` where they have no offset.')
      .meta({ 'x-prose': 'that of `schedule`, else UTC', 'x-examples': ['Europe/Berlin'] }),
    schedule: name.optional().describe('Name under `schedules`: counts only within it.'),
    sponsor: text.optional().describe('Who answers for it. Required for people of another organisation.'),
    reason: text.optional().describe('Why; part of the audit.'),
    contract: text.optional().describe('Number of the contract it is given under.'),
  })
  .meta({ required: grantRequired })
  .describe('Access of one person to one app for a time.')

export type GrantInput = z.output<typeof grant>
