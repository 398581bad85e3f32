// Schema of conditions, and of the rules made of them.

import { z } from 'zod'
import { method } from './methods.ts'
import { domain, duration, later, name, oneOrMore, size, text, pathPattern } from './values.ts'

const names = oneOrMore(name)
const texts = oneOrMore(text)

const claim = z.union(
  [
    texts,
    z.strictObject({
      values: texts.describe('Accepted values.'),
      absent: z
        .enum(['met', 'unmet', 'unknown'])
        .optional()
        .describe(
          'Verdict when the provider does not state the claim. `unmet`: without the claim, a `deny` does not apply and an `allow` does not open.',
        )
        .meta({ 'x-default': 'unknown' }),
    }),
  ],
  { error: 'expected a list of values, or a mapping with values and absent' },
)

const mfa = z
  .union(
    [
      z.literal(true),
      z.strictObject({
        max_age: duration.optional().describe('Maximum age of the multi-factor sign-in.'),
        level: z
          .enum(['mfa', 'phishing_resistant'])
          .optional()
          .describe('Required strength.')
          .meta({ 'x-default': 'mfa' }),
      }),
    ],
    { error: 'expected true, or a mapping with max_age and level' },
  )
  .optional()
  .describe('Requires multi-factor authentication at the provider: `true`, or with a maximum age and a level.')
  .meta({ 'x-examples': [{ max_age: '12h', level: 'phishing_resistant' }] })

export const conditions = z
  .strictObject({
    users: texts
      .optional()
      .describe('E-mail addresses, or `provider|sub`.')
      .meta({ 'x-examples': [['cfo@example.com']] }),
    groups: texts.optional().describe('Groups as the provider names them.'),
    roles: names.optional().describe('Names under `roles`.'),
    providers: names.optional().describe('Names under `identity.providers`.'),
    domains: oneOrMore(domain)
      .optional()
      .describe(
        'Domains of e-mail addresses: everybody whose verified address is of one of them. Subdomains are listed one by one.',
      )
      .meta({ 'x-examples': [['example.com']] }),
    claims: z
      .record(text, claim)
      .optional()
      .describe(
        'ID token claims and their accepted values. An absent claim is unknown; `{values, absent}` states what absence means.',
      )
      .meta({
        'x-examples': [{ department: ['finance', 'audit'] }, { contractor: { values: ['true'], absent: 'unmet' } }],
      }),
    mfa,
    device: name.optional().describe('Name under `devices.postures`: the posture the device must meet.'),
    networks: names.optional().describe('Names under `networks`.'),
    countries: later('countries the client address may belong to.'),
    schedule: names.optional().describe('Names under `schedules`: the current time must be in one of them.'),
    grant: z
      .literal('required', { error: 'expected required' })
      .optional()
      .describe('Requires a grant for this app that is valid now.'),
    actions: oneOrMore(z.enum(['read', 'write']))
      .optional()
      .describe('`read`: GET, HEAD, OPTIONS, PROPFIND, REPORT, SEARCH and QUERY. `write`: all other methods.'),
    methods: oneOrMore(method).optional().describe('HTTP methods.'),
    paths: oneOrMore(pathPattern)
      .optional()
      .describe('Exact paths, or prefixes with a trailing `*`. Matched against the canonical path.'),
    risk: later('the highest risk that is still accepted.'),
    get any() {
      return z
        .array(conditions)
        .min(1, 'an empty list can never be met')
        .optional()
        .describe('At least one of these sets of conditions must be met.')
    },
    get not() {
      return conditions
        .optional()
        .describe(
          'This set of conditions must not be met. If it is unknown whether it is met, `not` is not met either.',
        )
    },
  })
  .meta({ id: 'Conditions', description: 'All conditions must be met; a list means any of its values.' })

export const rule = z
  .strictObject({
    name: text
      .optional()
      .describe('Shown in audit events and by `einlass explain`.')
      .meta({ 'x-prose': 'rule N (position in the list)' }),
    allow: conditions
      .optional()
      .describe(
        'Conditions that allow a request. A rule has exactly one of `allow` and `deny`. `{}` matches every signed-in user.',
      ),
    deny: conditions.optional().describe('Conditions that deny a request. A deny overrides every allow.'),
    mode: z
      .enum(['enforce', 'monitor', 'observe'])
      .optional()
      .describe('`monitor` or `observe`: evaluate and record the rule without enforcing it.')
      .meta({ 'x-default': 'enforce' }),
    limit: z
      .strictObject({
        download: size
          .optional()
          .describe(
            'Size of one response, or of the data a WebSocket receives. A response with a larger `Content-Length` is refused (403, `download_limit`); one without is cut off at the limit.',
          ),
        upload: size
          .optional()
          .describe(
            'Size of one request body, or of the data a WebSocket sends. Larger bodies are refused (413), immediately if `Content-Length` is larger.',
          ),
      })
      .optional()
      .describe('Transfer limits of each request this rule allows.'),
  })
  .describe('One rule.')

export type ConditionsInput = z.output<typeof conditions>
