// Schema of `requests` and `emergency` of an app: eligible users, approvers, reviewers and limits.

import { z } from 'zod'
import { domain, duration, name, oneOrMore, text } from './values.ts'

/** Conditions on the user, as in a rule. */
const people = z
  .strictObject({
    users: oneOrMore(text).optional().describe('E-mail addresses, or `provider|sub`.'),
    groups: oneOrMore(text).optional().describe('Groups as the provider names them.'),
    roles: oneOrMore(name).optional().describe('Names under `roles`.'),
    providers: oneOrMore(name).optional().describe('Names under `identity.providers`.'),
    domains: oneOrMore(domain).optional().describe('Domains of verified e-mail addresses.'),
  })
  .meta({ id: 'People', description: 'All conditions must be met; a list means any of its values.' })

const level = z.enum(['read', 'full'])

const ticket = z.union(
  [
    z.enum(['required', 'optional', 'none']),
    z.strictObject({
      pattern: text
        .optional()
        .describe(
          'Regular expression the whole ticket number must match, in the syntax of RE2: without look-ahead, look-behind and back-references; at most 200 characters.',
        ),
      required: z.boolean().optional().describe('Whether a ticket number is required.').meta({ 'x-default': true }),
    }),
  ],
  { error: 'expected required, optional or none, or a mapping with pattern' },
)

export const requests = z
  .strictObject({
    eligible: people
      .optional()
      .describe('Users who may request access. `{}` is every signed-in user.')
      .meta({ 'x-examples': [{ roles: ['finance'] }] }),
    approvers: people
      .optional()
      .describe('Users who may approve; never their own requests.')
      .meta({ 'x-examples': [{ roles: ['erp_owners'] }] }),
    approvals: z
      .int('expected a whole number')
      .min(1, 'must be at least 1')
      .max(10, 'must be at most 10')
      .optional()
      .describe('Number of different users who must approve.')
      .meta({ 'x-default': 1 }),
    levels: oneOrMore(level)
      .optional()
      .describe('Levels that may be requested.')
      .meta({ 'x-default': ['full'], 'x-examples': [['read', 'full']] }),
    max_duration: duration
      .optional()
      .describe('Maximum duration of a request; at most 90d.')
      .meta({ 'x-examples': ['4h'] }),
    min_duration: duration.optional().describe('Minimum duration of a request.').meta({ 'x-default': '5m' }),
    default_duration: duration
      .optional()
      .describe('Duration the form proposes.')
      .meta({ 'x-prose': '1h, or `max_duration` where that is shorter' }),
    reason: z
      .enum(['required', 'optional'])
      .optional()
      .describe('Whether a reason is required.')
      .meta({ 'x-default': 'required' }),
    ticket: ticket
      .optional()
      .describe('Whether a ticket number is required, and its format.')
      .meta({ 'x-default': 'optional', 'x-examples': [{ pattern: 'INC-[0-9]+' }] }),
    lapse_after: duration
      .optional()
      .describe('Time after which an undecided request lapses.')
      .meta({ 'x-default': '24h' }),
    begin_within: duration
      .optional()
      .describe('How far in the future the requested start may be.')
      .meta({ 'x-default': '7d' }),
    max_extensions: z
      .int('expected a whole number')
      .min(0, 'must be at least 0')
      .max(100, 'must be at most 100')
      .optional()
      .describe('How often one grant may be extended; each extension is a new request.')
      .meta({ 'x-default': 1 }),
    max_total: duration
      .optional()
      .describe('Maximum duration of one grant including its extensions.')
      .meta({ 'x-prose': '`max_duration` times one more than `max_extensions`' }),
    fresh_mfa: z
      .strictObject({
        ask: duration.optional().describe('Maximum age of the second factor when requesting.'),
        approve: duration.optional().describe('Maximum age of the second factor when approving.'),
      })
      .optional()
      .describe('Requires a recent second factor to request or to approve. Not required by default.')
      .meta({ 'x-examples': [{ ask: '15m', approve: '15m' }] }),
    open_per_person: z
      .int('expected a whole number')
      .min(1, 'must be at least 1')
      .max(100, 'must be at most 100')
      .optional()
      .describe('Open requests per user at the same time, over all apps.')
      .meta({ 'x-default': 5 }),
  })
  .meta({ required: ['eligible', 'approvers', 'max_duration'] })
  .describe(
    'Access requests: who may request time-bound access, and who approves it. A rule with `grant: required` then allows it.',
  )

export const emergency = z
  .strictObject({
    eligible: people.optional().describe('Users who may open emergency access without approval. Not `{}`.'),
    reviewers: people
      .optional()
      .describe('Users who are notified immediately and must review the access afterwards.')
      .meta({ 'x-prose': '`requests.approvers`' }),
    max_duration: duration.optional().describe('Maximum duration; at most 24h.').meta({ 'x-default': '1h' }),
    level: level.optional().describe('Level of the access.').meta({ 'x-default': 'full' }),
    fresh_mfa: duration
      .optional()
      .describe(
        'Maximum age of the second factor: a phishing-resistant one if the provider can prove it, else any second factor.',
      )
      .meta({ 'x-default': '5m' }),
    review_within: duration
      .optional()
      .describe('Time within which another user must review the access; after that it is reported as overdue.')
      .meta({ 'x-default': '24h' }),
    codes: z
      .boolean()
      .optional()
      .describe(
        'Accept one-time codes from `einlass emergency create` while the provider is down. They bypass the requirements of this app; deny rules still apply.',
      )
      .meta({ 'x-default': false }),
  })
  .describe(
    'Emergency access without prior approval: with a reason, for a short time, with an alarm, and reviewed afterwards.',
  )

export type PeopleInput = z.output<typeof people>
export type RequestsInput = z.output<typeof requests>
export type EmergencyInput = z.output<typeof emergency>
