// `requests` and `emergency` of an app: who may ask for access, who agrees, and within which bounds.

import { z } from 'zod'
import { duration, name, oneOrMore, text } from './values.ts'

/** Conditions on who somebody is, with the meaning they have in a rule. */
const people = z
  .strictObject({
    users: oneOrMore(text).optional().describe('E-mail addresses, or `provider|sub`.'),
    groups: oneOrMore(text).optional().describe('Groups as the provider names them.'),
    roles: oneOrMore(name).optional().describe('Names under `roles`.'),
    providers: oneOrMore(name).optional().describe('Names under `identity.providers`.'),
  })
  .meta({ id: 'People', description: 'All that is written must hold; a list means any of.' })

const level = z.enum(['read', 'full'])

const ticket = z.union(
  [
    z.enum(['required', 'optional', 'none']),
    z.strictObject({
      pattern: text.optional().describe('Regular expression the whole ticket number has to match.'),
      required: z.boolean().optional().describe('Whether there has to be one.').meta({ 'x-default': true }),
    }),
  ],
  { error: 'expected required, optional or none, or a mapping with pattern' },
)

export const requests = z
  .strictObject({
    eligible: people
      .optional()
      .describe('Who may ask. `{}` is everyone signed in.')
      .meta({ 'x-examples': [{ roles: ['finance'] }] }),
    approvers: people
      .optional()
      .describe('Who may agree; never to what they asked for themselves.')
      .meta({ 'x-examples': [{ roles: ['erp_owners'] }] }),
    approvals: z
      .int('expected a whole number')
      .min(1, 'at least one person has to agree')
      .max(10, 'at most 10')
      .optional()
      .describe('How many different people have to agree.')
      .meta({ 'x-default': 1 }),
    levels: oneOrMore(level)
      .optional()
      .describe('What may be asked for.')
      .meta({ 'x-default': ['full'], 'x-examples': [['read', 'full']] }),
    max_duration: duration
      .optional()
      .describe('The longest that may be asked for; at most 90d.')
      .meta({ 'x-examples': ['4h'] }),
    min_duration: duration.optional().describe('The shortest that may be asked for.').meta({ 'x-default': '5m' }),
    default_duration: duration
      .optional()
      .describe('What the form proposes.')
      .meta({ 'x-prose': '1h, or `max_duration` where that is shorter' }),
    reason: z
      .enum(['required', 'optional'])
      .optional()
      .describe('Whether a reason has to be given.')
      .meta({ 'x-default': 'required' }),
    ticket: ticket
      .optional()
      .describe('Whether a ticket number has to be given, and what it looks like.')
      .meta({ 'x-default': 'optional', 'x-examples': [{ pattern: 'INC-[0-9]+' }] }),
    lapse_after: duration
      .optional()
      .describe('A request nobody decided lapses after this time.')
      .meta({ 'x-default': '24h' }),
    begin_within: duration
      .optional()
      .describe('How far ahead the beginning may lie that is asked for.')
      .meta({ 'x-default': '7d' }),
    max_extensions: z
      .int('expected a whole number')
      .min(0, 'expected a number such as 1')
      .max(100, 'at most 100')
      .optional()
      .describe('How often one grant may be prolonged; each time is a new request.')
      .meta({ 'x-default': 1 }),
    max_total: duration
      .optional()
      .describe('The longest one grant may last with all its extensions.')
      .meta({ 'x-prose': '`max_duration` times one more than `max_extensions`' }),
    fresh_mfa: z
      .strictObject({
        ask: duration.optional().describe('How old the second factor may be when asking.'),
        approve: duration.optional().describe('How old the second factor may be when agreeing.'),
      })
      .optional()
      .describe('Asking or agreeing needs a second factor proved lately. Left out, it does not.')
      .meta({ 'x-examples': [{ ask: '15m', approve: '15m' }] }),
    open_per_person: z
      .int('expected a whole number')
      .min(1, 'expected a number such as 5')
      .max(100, 'at most 100')
      .optional()
      .describe('Requests one person may have open at the same time, for all apps together.')
      .meta({ 'x-default': 5 }),
  })
  .meta({ required: ['eligible', 'approvers', 'max_duration'] })
  .describe(
    'Who may ask for access for a while, and who has to agree. A rule with `grant: required` then lets them in.',
  )

export const emergency = z
  .strictObject({
    eligible: people.optional().describe('Who may let themselves in when nobody can be asked. Not `{}`.'),
    reviewers: people
      .optional()
      .describe('Who is told at once and has to look at it afterwards.')
      .meta({ 'x-prose': '`requests.approvers`' }),
    max_duration: duration.optional().describe('How long it lasts at most; at most 24h.').meta({ 'x-default': '1h' }),
    level: level.optional().describe('What it opens.').meta({ 'x-default': 'full' }),
    fresh_mfa: duration
      .optional()
      .describe(
        'How old the second factor may be: a phishing-resistant one where the provider can prove it, else any second factor.',
      )
      .meta({ 'x-default': '5m' }),
    review_within: duration
      .optional()
      .describe('Somebody else has to review it within this time, or it is reported as open.')
      .meta({ 'x-default': '24h' }),
    codes: z
      .boolean()
      .optional()
      .describe(
        'One-time codes made beforehand by `einlass emergency create` open this app while the provider is down, without any of its requirements; rules that deny still count.',
      )
      .meta({ 'x-default': false }),
  })
  .describe('Access people give themselves in an emergency: for a reason, briefly, loudly, and reviewed afterwards.')

export type PeopleInput = z.output<typeof people>
export type RequestsInput = z.output<typeof requests>
export type EmergencyInput = z.output<typeof emergency>
