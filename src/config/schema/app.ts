// Everything under `apps` and `baseline`: conditions, rules, one app.

import { z } from 'zod'
import { emergency, requests } from './requests.ts'
import { duration, filePath, later, name, oneOrMore, size, text } from './values.ts'

const names = oneOrMore(name)
const texts = oneOrMore(text)

const mfa = z
  .union(
    [
      z.literal(true),
      z.strictObject({
        max_age: duration.optional().describe('How long ago the person may have proved it.'),
        level: z
          .enum(['mfa', 'phishing_resistant'])
          .optional()
          .describe('How strong the proof must be.')
          .meta({ 'x-default': 'mfa' }),
      }),
    ],
    { error: 'expected true, or a mapping with max_age and level' },
  )
  .optional()
  .describe('The provider must have proved more than one factor. `true`, or how fresh and how strong.')
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
    claims: z
      .record(text, texts)
      .optional()
      .describe('Claims of the ID token and the values they may have.')
      .meta({ 'x-examples': [{ department: ['finance', 'audit'] }] }),
    mfa,
    device: name.optional().describe('Name of a posture under `devices.postures` that the device must have.'),
    networks: names.optional().describe('Names under `networks`.'),
    countries: later('countries the client address may belong to.'),
    schedule: names.optional().describe('Names under `schedules`: the time must be within one of them.'),
    grant: z
      .literal('required', { error: 'expected required' })
      .optional()
      .describe('The person needs a grant for this app that counts now.'),
    actions: oneOrMore(z.enum(['read', 'write']))
      .optional()
      .describe('`read` is GET, HEAD and OPTIONS; everything else is `write`.'),
    methods: oneOrMore(z.string().regex(/^[A-Z]+$/, 'expected a method in capital letters, such as GET'))
      .optional()
      .describe('HTTP methods.'),
    paths: oneOrMore(z.string().regex(/^\/[^?#\\\s*]*\*?$/, 'expected a path such as /reports or /reports/*'))
      .optional()
      .describe('Exact paths, or with a trailing `*` everything below. Compared with the canonical path.'),
    risk: later('the highest risk that is still accepted.'),
    get any() {
      return z
        .array(conditions)
        .min(1, 'an empty list can never be met')
        .optional()
        .describe('At least one of these sets must hold.')
    },
    get not() {
      return conditions.optional().describe('This set must not hold. What is unknown does not count as "not".')
    },
  })
  .meta({ id: 'Conditions', description: 'All that is written must hold; a list means any of.' })

export const rule = z
  .strictObject({
    name: text
      .optional()
      .describe('Shown in the audit and by `explain`.')
      .meta({ 'x-prose': 'rule N (its place in the list)' }),
    allow: conditions
      .optional()
      .describe('Who may pass. Exactly one of `allow` and `deny`. `{}` is everyone signed in.'),
    deny: conditions.optional().describe('Who may not. Wins over every allow.'),
    mode: z
      .enum(['enforce', 'monitor'])
      .optional()
      .describe('`monitor`: decide and record, but without effect.')
      .meta({ 'x-default': 'enforce' }),
    limit: z
      .strictObject({
        download: size
          .optional()
          .describe(
            'Bytes of one answer, or of what a WebSocket brings. An answer that announces more is refused (403, `download_limit`); one that does not say is broken off there.',
          ),
        upload: size
          .optional()
          .describe(
            'Bytes of one request body, or of what a WebSocket sends. More is refused (413), at once where it is announced.',
          ),
      })
      .optional()
      .describe('Limits for what this rule allows, for each request by itself.'),
  })
  .describe('One rule.')

export const sessionShape = {
  idle: duration.optional().describe('A session nobody used for so long ends.').meta({ 'x-default': '1h' }),
  lifetime: duration.optional().describe('Longest life of a session, however busy.').meta({ 'x-default': '10h' }),
  revalidate: duration.optional().describe('How often the provider is asked again.').meta({ 'x-default': '5m' }),
  grace: duration
    .optional()
    .describe('How long a session may live on while the provider or the store cannot be asked.')
    .meta({ 'x-default': '0s' }),
  lease: duration.optional().describe('Longest life of one decision; at most 5m.').meta({ 'x-default': '60s' }),
}

const url = text.describe('Address without a path.')

export const appRequired = ['from', 'to', 'policy']

export const app = z
  .strictObject({
    from: url
      .optional()
      .describe('Public origin of the app. One host for each app.')
      .meta({ 'x-examples': ['https://erp.example.com'] }),
    to: oneOrMore(url)
      .optional()
      .describe('Where the app really is; a list is balanced. Without path, query and credentials.')
      .meta({ 'x-examples': ['https://10.20.0.5:8443', ['http://10.20.0.7:3000', 'http://10.20.0.8:3000']] }),
    title: text.optional().describe('Shown to people.').meta({ 'x-prose': 'the name' }),
    owner: text
      .optional()
      .describe('Whom to ask; shown when access is denied.')
      .meta({ 'x-examples': ['it@example.com'] }),
    sensitivity: z
      .enum(['low', 'medium', 'high', 'critical'])
      .optional()
      .describe('How much harm a wrong access would do; part of each audit event.')
      .meta({ 'x-default': 'medium' }),
    mode: z
      .enum(['enforce', 'monitor'])
      .optional()
      .describe('`monitor`: decide and record, never block.')
      .meta({ 'x-default': 'enforce' }),
    require: conditions.optional().describe('What every allow of this app needs on top of its rule.'),
    policy: z
      .array(rule)
      .optional()
      .describe('Any deny that matches wins; else the first allow that is met; else denied.'),
    requests: requests.optional(),
    emergency: emergency.optional(),
    headers: z
      .strictObject({
        identity: z
          .enum(['einlass', 'oauth2-proxy', 'authelia', 'pomerium', 'cloudflare', 'iap', 'none'])
          .optional()
          .describe('Which identity headers the app receives.')
          .meta({ 'x-default': 'einlass' }),
      })
      .optional()
      .describe('Headers the app receives.'),
    upstream_tls: z
      .strictObject({
        ca: filePath
          .optional()
          .describe('PEM file of the authorities the app may be certified by, instead of the public ones.'),
        cert: filePath.optional().describe('Client certificate shown to the app.'),
        key: filePath.optional().describe('Its private key.'),
        server_name: text
          .optional()
          .describe('Name the certificate of the app is checked against.')
          .meta({ 'x-prose': 'host of `to`' }),
      })
      .optional()
      .describe('TLS towards the app.'),
    public: z
      .array(
        z
          .strictObject({
            paths: conditions.shape.paths.describe('Exact paths, or with a trailing `*` everything below.'),
            methods: conditions.shape.methods.describe('HTTP methods.').meta({ 'x-prose': '`GET` and `HEAD`' }),
          })
          .meta({ required: ['paths'] }),
      )
      .optional()
      .describe('Paths without sign-in; everything else about the request is still checked.')
      .meta({ 'x-examples': [[{ paths: ['/webhooks/*'], methods: ['POST'] }]] }),
    session: z.strictObject(sessionShape).optional().describe('Limits of this app where they differ from `session`.'),
    health_check: z
      .strictObject({
        path: z
          .string()
          .regex(/^\/[^#\s]*$/, 'expected a path such as /health')
          .optional()
          .describe('Asked with GET; 2xx and 3xx are healthy.'),
        interval: duration.optional().describe('How often.').meta({ 'x-default': '10s' }),
      })
      .meta({ required: ['path'] })
      .optional()
      .describe('How to find out whether an upstream is well.'),
    allow_encoded_slash: z
      .boolean()
      .optional()
      .describe('Accept `%2F` in paths, for apps that need it. It can hide path boundaries from rules.')
      .meta({ 'x-default': false }),
    websocket_origins: oneOrMore(url)
      .optional()
      .describe('Further origins WebSockets may come from; the own origin always may.'),
  })
  .meta({ required: appRequired })
  .describe('One app.')

export type ConditionsInput = z.output<typeof conditions>
export type AppInput = z.output<typeof app>
