// Notification sinks in the configuration: problems, warnings, defaults, concealed secrets.

import { inspect } from 'node:util'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadConfiguration } from '../../../src/config/load/load.ts'
import { folder, marked, problems, smallest, valid, warnings, wildcard } from '../config-fixtures.ts'

const audit = (sinks: string, more = ''): string =>
  `${smallest}audit: { file: { path: logs/audit.jsonl }, ${more}sinks: [${sinks}] }\n`
const mail = (more: string): string => audit(`{ kind: mail, from: einlass@example.com, ${more} }`)
const secret = 'secret: 0123456789abcdef0123456789abcdef'

describe('problems', () => {
  test.each([
    ['no kind', audit('¶{ url: https://a.example }'), 'kind is missing'],
    ['an unknown kind', audit('{ kind: ¶discord, url: https://a.example }'), 'expected mail, webhook, teams or slack'],
    ['no address', audit('¶{ kind: slack }'), 'url is missing'],
    [
      'a key of another kind',
      audit(`{ kind: slack, url: https://a.example, ¶to: a@b.example }`),
      'not a key of a sink',
    ],
    [
      'a language for a webhook',
      audit(`{ kind: webhook, url: https://a.example, ${secret}, ¶language: de }`),
      'not a key of a sink',
    ],
    ['plain http', audit(`{ kind: webhook, url: ¶http://hooks.example.com/x, ${secret} }`), 'use https:'],
    ['a chat over http', audit('{ kind: teams, url: ¶http://hooks.example.com/x }'), 'use https:'],
    [
      'credentials in it',
      audit(`{ kind: webhook, url: ¶https://u:p@hooks.example.com, ${secret} }`),
      'must not contain',
    ],
    ['a URL without scheme', audit(`{ kind: webhook, url: ¶hooks.example.com, ${secret} }`), 'expected an address'],
    ['another scheme', audit(`{ kind: webhook, url: ¶ftp://hooks.example.com, ${secret} }`), 'expected an address'],
    ['no secret', audit('¶{ kind: webhook, url: https://a.example }'), 'secret is missing'],
    ['a short secret', audit('{ kind: webhook, url: https://a.example, secret: ¶short }'), 'at least 32'],
    [
      'two sinks with the same name',
      audit(`{ kind: slack, url: https://a.example }, ¶{ kind: slack, url: https://b.example }`),
      'duplicate sink name',
    ],
    ['a reserved name', audit('{ kind: slack, name: ¶stdout, url: https://a.example }'), 'is reserved'],
    ['an unknown event', audit('{ kind: slack, url: https://a.example, events: [¶grants] }'), 'expected'],
    [
      'too many events for people',
      audit('{ kind: slack, url: https://a.example, events: ¶[authentication] }'),
      'webhook',
    ],
    ['no sender', audit('¶{ kind: mail, url: smtp://mail.example.com }'), 'from is missing'],
    ['an invalid sender', audit('{ kind: mail, url: smtp://a.example, from: ¶Einlass }'), 'expected an address'],
    ['two senders', audit('{ kind: mail, url: smtp://a.example, from: ¶"a@b.example, c@d.example" }'), 'an address'],
    [
      'a header in it',
      audit('{ kind: mail, url: smtp://a.example, from: ¶"A\\nBcc: x@y.z <a@b.example>" }'),
      'address',
    ],
    ['a web server', mail('url: ¶https://mail.example.com'), 'expected smtp://'],
    ['a path', mail('url: ¶smtp://mail.example.com/x'), 'expected smtp://'],
    ['a password in the address', mail('url: ¶smtp://u:p@mail.example.com'), 'separate keys'],
    ['no recipient', mail('url: smtp://mail.example.com, to: [approvers, ¶boss]'), 'expected an e-mail address'],
    [
      'a user without a password',
      audit('¶{ kind: mail, url: smtp://a.example, from: a@b.example, user: x }'),
      'or neither',
    ],
    ['STARTTLS with smtps:', mail('url: smtps://mail.example.com, ¶starttls: required'), 'not with smtps:'],
    [
      'a password in the clear',
      mail('url: smtp://mail.example.com, user: u, password: env:OIDC_CLIENT_SECRET, ¶starttls: if_offered'),
      'never sent unencrypted',
    ],
    ['a small spool', audit('{ kind: slack, url: https://a.example }', 'spool: { size: ¶1KB }, '), 'at least 1MB'],
    [
      'a give-up time below the limit',
      audit('{ kind: slack, url: https://a.example }', 'spool: { give_up: ¶5s }, '),
      'at least 1m',
    ],
    ['authorities that are none', mail('url: smtp://mail.example.com, ca: ¶wildcard.key'), 'no certificate'],
    [
      'no folder for the spool',
      `${smallest}audit: { ¶sinks: [{ kind: slack, url: https://a.example }] }\n`,
      'requires `spool.path`',
    ],
  ])('%s', async (_name, text, message) => {
    const { text: clean, at } = marked(text)
    const found = await problems(clean)
    expect(found, found.join('\n')).toHaveLength(1)
    expect(found[0]).toMatch(new RegExp(`^${at}: `))
    expect(found[0]).toContain(message)
  })
})

describe('warnings', () => {
  test.each([
    [
      'a chat’s address written out',
      audit('{ kind: slack, url: https://hooks.slack.com/services/T/B/x }'),
      'clear text',
    ],
    [
      'a retired Office 365 connector',
      audit('{ kind: teams, url: https://x.webhook.office.com/webhookb2/1 }'),
      'create a workflow',
    ],
    ['mail in the clear', mail('url: smtp://mail.example.com, starttls: if_offered'), 'unencrypted'],
    ['a secret in clear text', audit(`{ kind: webhook, url: https://a.example, ${secret} }`), 'clear text'],
  ])('%s', async (_name, text, message) => {
    const found = await warnings(text)
    expect(found.join('\n')).toContain(message)
    expect(found.join('\n')).not.toMatch(/services\/T|webhookb2|0123456789abcdef/)
  })
})

test('fills in defaults', async () => {
  const { file, audit: settings } = await valid(mail('url: smtp://mail.example.com'))
  expect(settings.spool).toEqual({
    path: join(file, '../logs/spool'),
    count: 10_000,
    bytes: 64 * 1024 ** 2,
    giveUp: 7 * 86_400_000,
  })
  expect(settings.sinks[0]).toMatchObject({
    kind: 'mail',
    name: 'mail',
    host: 'mail.example.com',
    port: 587,
    tls: 'starttls',
    from: { name: '', address: 'einlass@example.com' },
    to: ['approvers', 'requester', 'sponsor'],
    events: ['request', 'emergency', 'grant', 'finding.high'],
    language: 'en',
  })
})

test.each([
  ['smtp://mail.example.com:25', { host: 'mail.example.com', port: 25, tls: 'starttls' }],
  ['smtp://mail.example.com:80', { host: 'mail.example.com', port: 80, tls: 'starttls' }],
  ['smtps://mail.example.com', { host: 'mail.example.com', port: 465, tls: 'implicit' }],
  ['smtp://localhost:2525', { host: 'localhost', port: 2525, tls: 'if_offered' }],
  ['smtp://127.0.0.1', { host: '127.0.0.1', port: 587, tls: 'if_offered' }],
  ['smtp://[::1]:25', { host: '::1', port: 25, tls: 'if_offered' }],
])('%s', async (url, wanted) => {
  expect((await valid(mail(`url: "${url}"`))).audit.sinks[0]).toMatchObject(wanted)
})

test('conceals the secrets of sinks when settings are printed', async () => {
  const path = await folder({ 'hook.url': 'https://hooks.slack.com/services/planted-address', 'ca.pem': wildcard.cert })
  const text = audit(
    `{ kind: slack, url: file:hook.url, ca: ca.pem }, { kind: webhook, url: env:HOOK, secret: env:KEY }, ` +
      `{ kind: mail, url: smtps://mail.example.com, from: "Einlass <a@b.example>", user: u, password: env:PASSWORD }`,
  )
  const loaded = await loadConfiguration({
    file: join(path, 'einlass.yaml'),
    text,
    env: {
      OIDC_CLIENT_SECRET: 'x'.repeat(20),
      HOOK: 'https://hooks.example.com/planted-hook',
      KEY: 'planted-key'.repeat(4),
      PASSWORD: 'planted-password',
    },
  })
  if (loaded.state === 'invalid') throw new Error(loaded.problems.map(({ message }) => message).join('\n'))
  expect(loaded.warnings).toEqual([])
  const { sinks } = loaded.configuration.audit
  expect(sinks.map((sink) => ('url' in sink ? sink.url : sink.password)).join()).toMatch(
    /planted-address.*planted-hook.*planted-password/,
  )
  expect(inspect(sinks, { depth: 9 }) + JSON.stringify(sinks)).not.toContain('planted')
  expect(loaded.configuration.watched).toContain(join(path, 'ca.pem'))
})
