// Configuration problems, each at its exact position. `¶` marks the position a problem must point at.

import { describe, expect, test } from 'vitest'
import { makeCertificate } from './test-certificate.ts'
import { folder, head, load, marked, problems, smallest, warnings, wiki } from './config-fixtures.ts'
import { loadConfiguration } from '../../src/config/load/load.ts'
import { join } from 'node:path'

test('reports eight problems of one file, each with line and column', async () => {
  const text = `gateway:
  url: https://access.example.com
  tls: { cert: wildcard.crt, key: wildcard.key }
  secret_key: env:NOT_SET
  trusted_proxies: [10.0.0.1, 0.0.0.0/0]
identity:
  issuer: https://login.example.com
  client_id: einlass
  client_secret: env:OIDC_CLIENT_SECRET
  extarnal: true
session: { idle: 1 hour }
schedules:
  office_hours: { days: [mon..fri], from: "08:00", to: "18:00", tz: Europe/Berlin }
apps:
  wiki:
    from: https://wiki.example.com
    to: http://10.20.0.7:3000
    policy:
      - { allow: { groups: [staff], schedule: office_hour } }
  erp:
    from: https://wiki.example.com
    to: http://10.20.0.8:3000/app?x
    policy: [{ allow: { groups: [finance] } }]
grants:
  - { who: kim@example.com, app: erp, from: 2026-12-02, until: 2026-12-01T08:00 }
`
  expect(await problems(text)).toEqual([
    '4:15: gateway.secret_key: the environment variable NOT_SET is not set',
    '5:31: gateway.trusted_proxies[1]: /0 would trust every address',
    '10:3: identity.extarnal: unknown key (did you mean "external"?)',
    '11:18: session.idle: expected a duration such as 90s, 15m, 8h or 30d',
    '19:47: apps.wiki.policy[0].allow.schedule: unknown schedule "office_hour" (did you mean "office_hours"?)',
    '21:11: apps.erp.from: the host wiki.example.com already belongs to the app "wiki"',
    '22:9: apps.erp.to: must be an origin only: without path, query and #',
    '25:64: grants[0].until: the grant ends before it begins',
  ])
})

const apps = (inside: string): string =>
  `${head}apps:\n  a: { from: https://a.example.com, to: http://10.0.0.1, ${inside} }\n`
const policy = 'policy: [{ allow: { groups: [g] } }]'

describe('schema problems', () => {
  test.each([
    ['an unknown key at the top', `¶gatway: {}\n${smallest}`, 'unknown key (did you mean "gateway"?)'],
    [
      'a misspelled key, which is not reported as missing as well',
      smallest.replace('policy:', '¶polcy:'),
      'unknown key (did you mean "policy"?)',
    ],
    [
      'a renamed key',
      smallest.replace('url:', '¶front: node, url:'),
      'unknown key (renamed, write gateway.http1: einlass|node)',
    ],
    ['an unknown condition', apps('policy: [{ allow: { ¶grupps: [g] } }]'), 'unknown key (did you mean "groups"?)'],
    [
      'an unknown key deep in any',
      apps('policy: [{ allow: { any: [{ groups: [g] }, { ¶device_posture: x }] } }]'),
      'unknown key',
    ],
    ['a number as a text', apps(`title: ¶5, ${policy}`), 'expected a text, found a number (quote it if it is a text)'],
    ['nothing in place of a mapping', `${smallest}¶session:\n`, 'expected a mapping, found nothing'],
    ['a mapping in place of a list', apps('policy: ¶{ allow: {} }'), 'expected a list, found a mapping'],
    [
      'an unknown choice',
      apps(`sensitivity: ¶hihg, ${policy}`),
      'expected low, medium, high or critical (did you mean "high"?)',
    ],
    ['an empty list', apps('policy: [{ allow: { groups: ¶[] } }]'), 'an empty list can never be met'],
    ['a wrong element of a list', apps('policy: [{ allow: { groups: [g, ¶7] } }]'), 'expected a text, found a number'],
    ['a wrong duration in mfa', apps('policy: [{ allow: { mfa: { max_age: ¶12 } } }]'), 'expected a duration'],
    ['an invalid mfa', apps('policy: [{ allow: { mfa: ¶maybe } }]'), 'expected true, or a mapping'],
    ['a size', apps('policy: [{ allow: {}, limit: { download: ¶50 } }]'), 'expected a size'],
    [
      'an invalid name',
      `${head}apps:\n${wiki}  ¶my app: { from: https://a.example.com, to: http://10.0.0.1, ${policy} }\n`,
      'expected a name of letters',
    ],
    ['a time of day', `${smallest}schedules: { s: { from: ¶"8:00", to: "18:00" } }\n`, 'expected a time of day'],
    [
      'a version without quotes',
      `${smallest}devices: { postures: { p: { os: { macos: ¶14.6 } } } }\n`,
      'expected a version in quotes',
    ],
    ['false for a requirement', `${smallest}devices: { postures: { p: { firewall: ¶false } } }\n`, 'leave it out'],
    ['a path that cannot match', apps('policy: [{ allow: { paths: [¶/a*b] } }]'), 'expected a path'],
    ['file: before a path', smallest.replace('wildcard.crt', '¶file:wildcard.crt'), 'write it without "file:"'],
    ['a count out of range', `${smallest}limits: { header_count: ¶0 }\n`, 'must be at least 1'],
    ['a fraction', `${smallest}limits: { header_count: ¶1.5 }\n`, 'expected a whole number'],
  ])('%s', async (_name, text, message) => {
    const { text: clean, at } = marked(text)
    const found = await problems(clean)
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(new RegExp(`^${at}: `))
    expect(found[0]).toContain(message)
  })

  test.each([
    ['countries', apps('policy: [{ allow: { ¶countries: [DE] } }]')],
    ['risk', apps('policy: [{ allow: { ¶risk: { at_most: low } } }]')],
    ['console', `${smallest}console: { ¶policy: [] }\n`],
    ['audit chain', `${smallest}audit: { ¶chain: true }\n`],
    ['audit privacy', `${smallest}audit: { ¶privacy: {} }\n`],
    ['fleet', `${smallest}devices: { sources: [{ kind: ¶fleet }] }\n`],
    ['intune', `${smallest}devices: { sources: [{ kind: ¶intune }] }\n`],
    ['http posture', `${smallest}devices: { sources: [{ kind: ¶http }] }\n`],
    ['client certificates', `${smallest}devices: { sources: [{ kind: ¶client_certificate }] }\n`],
    [
      'xfcc',
      `${smallest}devices: { sources: [{ kind: trusted_header, style: ¶xfcc, networks: 10.0.0.0/8, secret: env:S }] }\n`,
    ],
  ])('rejects %s as not available yet', async (_name, text) => {
    const { text: clean, at } = marked(text)
    const path = await folder()
    const loaded = await loadConfiguration({
      file: join(path, 'einlass.yaml'),
      text: clean,
      env: { OIDC_CLIENT_SECRET: 'secret-of-tests', S: 's'.repeat(40) },
    })
    const found = loaded.state === 'invalid' ? loaded.problems : []
    expect(found.map(({ line, column }) => `${line}:${column}`)).toEqual([at])
    expect(found[0]!.message).toMatch(/not available yet$/)
  })
})

describe('YAML', () => {
  test.each([
    ['a key twice', `${smallest}session: { idle: 1h }\n¶session: { idle: 2h }\n`, 'duplicate key'],
    ['a tab', `apps:\n¶\twiki: 1\n`, 'indent with spaces'],
    ['a tag', `store: ¶!secret x\n`, 'tags'],
    ['two documents', `${smallest}¶---\n${smallest}`, 'only one YAML document'],
    ['an unknown alias', `store: ¶*nothing\n`, 'no anchor before it'],
    ['__proto__', `${smallest}¶__proto__: { store: "memory:" }\n`, 'not allowed'],
    ['a list', `¶- 1\n`, 'expected a mapping, found a list'],
  ])('%s', async (_name, text, message) => {
    const { text: clean, at } = marked(text)
    const found = await problems(clean)
    expect(
      found.some((one) => one.startsWith(`${at}: `) && one.includes(message)),
      found.join('\n'),
    ).toBe(true)
  })

  test('rejects an alias bomb, deep nesting and a huge file quickly', async () => {
    const level = (name: string, from: string): string =>
      `${name}: &${name} [${Array.from({ length: 12 }, () => `*${from}`).join(', ')}]\n`
    const bomb = `a: &a [x]\n${level('b', 'a')}${level('c', 'b')}${level('d', 'c')}${level('e', 'd')}${level('f', 'e')}`
    expect((await problems(bomb))[0]).toContain('aliases expand to too much')
    expect((await problems(`a: ${'['.repeat(50_000)}`))[0]).toContain('nested deeper')
    expect((await problems(`a: ${'x'.repeat(5 * 1024 * 1024)}`))[0]).toContain('larger than 4 MB')
    expect((await problems('apps: &a { b: *a }'))[0]).toMatch('1:15: this alias refers to a node that contains it')
  })

  test('accepts ordinary aliases, and reports a problem for each use', async () => {
    const text = `${head}apps:\n  a: { from: https://a.example.com, to: http://10.0.0.1, policy: &p [{ allow: { groups: [g], foo: 1 } }] }\n  b: { from: https://b.example.com, to: http://10.0.0.1, policy: *p }\n`
    expect(await problems(text)).toEqual([
      '4:94: apps.a.policy[0].allow.foo: unknown key',
      '4:94: apps.b.policy[0].allow.foo: unknown key',
    ])
  })
})

describe('problems of meaning', () => {
  const provider = 'issuer: https://login.example.com, client_id: x, client_secret: env:OIDC_CLIENT_SECRET'
  const two = `gateway: { url: https://access.example.com, tls: { cert: wildcard.crt, key: wildcard.key }, secret_key: file:secret.key }
identity: { providers: { staff: { ${provider} }, partner: { ${provider}, external: true } } }
`
  test.each([
    ['nothing at all', '¶{}', 'gateway is missing'],
    ['an app without to', `${head}apps:\n  ¶a: { from: https://a.example.com, ${policy} }\n`, 'to is missing'],
    [
      'unknown network',
      apps('policy: [{ allow: { networks: ¶ofice } }]') + 'networks: { office: [10.0.0.0/8] }\n',
      'unknown network "ofice" (did you mean "office"?)',
    ],
    ['unknown role', apps('policy: [{ deny: { roles: [¶r] } }, { allow: {} }]'), 'unknown role "r"'],
    [
      'unknown posture',
      apps(`require: { not: { device: ¶latop } }, ${policy}`) +
        'devices: { postures: { laptop: { managed: true } } }\n',
      'did you mean "laptop"',
    ],
    [
      'unknown provider',
      apps('policy: [{ allow: { providers: [¶defalt] } }]'),
      'unknown provider "defalt" (did you mean "default"?)',
    ],
    [
      'unknown schedule of a grant',
      `${smallest}grants: [{ who: a@b.c, app: wiki, schedule: ¶s }]\n`,
      'unknown schedule',
    ],
    [
      'unknown app of a grant',
      `${smallest}grants: [{ who: a@b.c, app: ¶wikki }]\n`,
      'unknown app "wikki" (did you mean "wiki"?)',
    ],
    ['baseline with an unknown name', `${smallest}baseline: { networks: [¶x] }\n`, 'unknown network'],
    [
      'the host of the gateway',
      `${head}apps:\n  a: { from: ¶https://access.example.com, to: http://10.0.0.1, ${policy} }\n`,
      'this host belongs to gateway.url',
    ],
    [
      'one host on two ports',
      `${head}apps:\n${wiki}  b: { from: ¶https://wiki.example.com:8443, to: http://10.0.0.1, ${policy} }\n`,
      'already belongs to the app "wiki"',
    ],
    [
      'http to the world',
      `${head}apps:\n  a: { from: ¶http://a.example.com, to: http://10.0.0.1, ${policy} }\n`,
      'http: is only for localhost',
    ],
    [
      'from with a query',
      `${head}apps:\n  a: { from: ¶https://a.example.com/x?y, to: http://10.0.0.1, ${policy} }\n`,
      'origin only',
    ],
    [
      'a path of from that could be written in another way',
      `${head}apps:\n  a: { from: ¶https://a.example.com/x%79, to: http://10.0.0.1, ${policy} }\n`,
      'a path has letters, digits',
    ],
    [
      'a path of from that is of Einlass',
      `${head}apps:\n  a: { from: ¶https://a.example.com/.einlass/x, to: http://10.0.0.1, ${policy} }\n`,
      'paths below /.einlass',
    ],
    [
      'the same path of one host',
      `${head}apps:\n  a: { from: https://a.example.com/x, to: http://10.0.0.1, ${policy} }\n  b: { from: ¶https://a.example.com/x/, to: http://10.0.0.2, ${policy} }\n`,
      'a.example.com/x already belongs to the app "a"',
    ],
    [
      'two paths of one host on two ports',
      `${head}apps:\n  a: { from: https://a.example.com/x, to: http://10.0.0.1, ${policy} }\n  b: { from: ¶https://a.example.com:8443/y, to: http://10.0.0.2, ${policy} }\n`,
      'one host has one scheme and port',
    ],
    [
      'one host twice in an app',
      `${head}apps:\n  a: { from: [https://a.example.com, ¶https://a.example.com/], to: http://10.0.0.1, ${policy} }\n`,
      'duplicate entry',
    ],
    [
      'more hosts of one app than a browser follows redirects',
      `${head}apps:\n  a: { from: ¶[${Array.from({ length: 9 }, (_, one) => `https://a${one}.example.com`).join(', ')}], to: http://10.0.0.1, ${policy} }\n`,
      'at most 8 hosts, this one has 9',
    ],
    [
      'hosts of one app with and without TLS',
      `${head}apps:\n  a: { from: ¶[https://a.example.com, http://a.localhost:8080], to: http://10.0.0.1, ${policy} }\n`,
      'http://a.localhost:8080 is without TLS, others are not',
    ],
    [
      'one host of several that another app has',
      `${head}apps:\n${wiki}  b: { from: [https://b.example.com, ¶https://wiki.example.com], to: http://10.0.0.1, ${policy} }\n`,
      'the host wiki.example.com already belongs to the app "wiki"',
    ],
    [
      'one host of several that is the gateway’s',
      `${head}apps:\n  b: { from: [https://b.example.com, ¶https://access.example.com], to: http://10.0.0.1, ${policy} }\n`,
      'this host belongs to gateway.url',
    ],
    [
      'credentials in to',
      `${head}apps:\n  a: { from: https://a.example.com, to: [http://10.0.0.1, ¶http://u:p@10.0.0.2], ${policy} }\n`,
      'must not contain a user name or password',
    ],
    [
      'ftp',
      `${head}apps:\n  a: { from: https://a.example.com, to: ¶ftp://10.0.0.1, ${policy} }\n`,
      'expected https:, http:, h2c: or unix:',
    ],
    ['a CIDR', `${smallest}networks: { office: [10.0.0.0/8, ¶10.0.0.0/33] }\n`, 'expected a network'],
    [
      'several workers without a shared store',
      smallest.replace('secret_key:', 'workers: ¶2, secret_key:'),
      'several workers need a shared store (Redis); with sqlite: only one worker is possible',
    ],
    ['no worker at all', smallest.replace('secret_key:', 'workers: ¶0, secret_key:'), 'must be at least 1'],
    [
      'several workers on port 0',
      `store: redis://127.0.0.1\n${smallest.replace('secret_key:', 'workers: ¶2, listen: [{ address: "0.0.0.0:0" }], secret_key:')}`,
      'several workers cannot share port 0',
    ],
    [
      'a v6 /0',
      smallest.replace('secret_key:', 'trusted_proxies: ¶"::/0", secret_key:'),
      '/0 would trust every address',
    ],
    [
      'a time zone',
      `${smallest}schedules: { s: { from: "08:00", to: "18:00", tz: ¶Europe/Berlim } }\n`,
      'unknown time zone',
    ],
    [
      'an invalid date',
      `${smallest}schedules: { s: { from: "08:00", to: "18:00", except: [2026-12-24, ¶2026-02-30] } }\n`,
      'no such date',
    ],
    ['both allow and deny', apps('policy: [¶{ allow: {}, deny: {} }]'), 'exactly one of allow and deny'],
    ['neither allow nor deny', apps('policy: [¶{ name: x }]'), 'exactly one of allow and deny'],
    [
      'two rules with the same name',
      apps('policy: [{ name: x, allow: {} }, { name: ¶x, deny: { groups: [g] } }]'),
      'duplicate rule name',
    ],
    ['a path that is not canonical', apps('policy: [{ allow: { paths: [/a, ¶/b/../c] } }]'), 'can never match'],
    [
      'baseline against require',
      `${apps(`¶require: { methods: [GET] }, ${policy}`)}baseline: { methods: [POST] }\n`,
      'no request can meet both',
    ],
    [
      'no secret key',
      smallest.replace('gateway:', '¶gateway:').replace(', secret_key: file:secret.key', ''),
      'secret_key is missing',
    ],
    ['a short key', smallest.replace('file:secret.key', '¶file:short.key'), 'expected 32 random bytes'],
    [
      'https without certificate',
      smallest.replace('gateway:', '¶gateway:').replace('tls: { cert: wildcard.crt, key: wildcard.key }, ', ''),
      'tls is missing',
    ],
    ['a missing certificate', smallest.replace('wildcard.crt', '¶missing.crt'), 'cannot be read (ENOENT)'],
    ['an invalid certificate', smallest.replace('wildcard.crt', '¶secret.key'), 'no certificate in PEM'],
    ['an invalid key', smallest.replace('wildcard.key', '¶secret.key'), 'no private key in PEM'],
    ["another certificate's key", smallest.replace('wildcard.key', '¶other.key'), 'does not match the certificate'],
    [
      'half a client certificate',
      `${head}apps:\n  a: { from: https://a.example.com, to: https://10.0.0.1, ¶upstream_tls: { cert: wildcard.crt }, ${policy} }\n`,
      'key is missing',
    ],
    [
      'a missing inventory',
      `${smallest}devices: { sources: [{ kind: inventory, file: ¶nope.yaml }] }\n`,
      'cannot be read',
    ],
    [
      'keys that are not a JWK Set',
      `${smallest}devices: { sources: [{ kind: signed_jwt, keys: ¶secret.key }] }\n`,
      'expected a JWK Set',
    ],
    [
      'a source without its required key',
      `${smallest}devices: { sources: [¶{ kind: inventory }] }\n`,
      'file is missing',
    ],
    [
      "a source with another kind's key",
      `${smallest}devices: { sources: [{ kind: inventory, file: secret.key, ¶keys: x }] }\n`,
      'not a key of a source of kind inventory',
    ],
    ['an unset variable', smallest.replace('env:OIDC_CLIENT_SECRET', '¶env:NOT_SET'), 'NOT_SET is not set'],
    ['a missing secret file', smallest.replace('file:secret.key', '¶file:nope.key'), 'cannot be read (ENOENT)'],
    [
      'an external user without an end date',
      `${two}apps:\n${wiki}grants:\n  - ¶{ who: { provider: partner, email: kim@partner.example }, app: wiki, sponsor: a@example.com }\n`,
      'until is missing: required for external users',
    ],
    [
      'an ambiguous provider',
      `${two}apps:\n${wiki}grants:\n  - { who: ¶kim@example.com, app: wiki, until: 2099-01-01 }\n`,
      'provider is missing: write {provider, email}',
    ],
    [
      'both sub and email',
      `${smallest}grants: [{ who: ¶{ sub: x, email: a@b.c }, app: wiki }]\n`,
      'exactly one of sub and email',
    ],
    ['no e-mail address', `${smallest}grants: [{ who: ¶kim, app: wiki }]\n`, 'expected an e-mail address'],
    ['a grant without a user', `${smallest}grants: [¶{ app: wiki }]\n`, 'who is missing'],
    ['an invalid time', `${smallest}grants: [{ who: a@b.c, app: wiki, until: ¶soon }]\n`, 'expected a time'],
    ['an issuer over http', smallest.replace('issuer: https', 'issuer: ¶http'), 'expected https:'],
    [
      'no client secret',
      smallest.replace('identity:', '¶identity:').replace(', client_secret: env:OIDC_CLIENT_SECRET', ''),
      'client_secret or private_key is missing',
    ],
    ['a lease too long', `${smallest}session: { lease: ¶1h }\n`, 'at most 5m'],
    ['an unknown store', `${smallest}store: ¶mysql://x\n`, 'expected redis://'],
    [
      'operations on the public listener',
      smallest.replace('secret_key:', 'operations: ¶127.0.0.1:443, secret_key:'),
      'must not be on the public listener',
    ],
  ])('%s', async (name, text, message) => {
    const { text: clean, at } = marked(text)
    const found = await problems(clean, { 'short.key': 'c2hvcnQ=', 'other.key': makeCertificate(['x']).key })
    const here = found.filter((one) => one.startsWith(`${at}: `) && one.includes(message))
    expect(here, `${name}\n${at}\n${found.join('\n')}`).toHaveLength(1)
    if (name !== 'nothing at all') expect(found).toHaveLength(1)
  })

  test('reports the problems of several files together, each with its file', async () => {
    const path = await folder({
      'apps.d/a.yaml': 'apps:\n  wiki: { from: https://b.example.com, to: http://10.0.0.1, policy: [] }\n',
      'apps.d/b.yaml':
        'apps:\n  b:\n    from: https://wiki.example.com\n    to: http://10.0.0.1\n    policy: [{ allow: { schedule: x } }]\nstore: "memory:"\n',
      'apps.d/c.yaml': 'apps: {\n',
    })
    const loaded = await loadConfiguration({
      file: join(path, 'einlass.yaml'),
      text: `${smallest}sesion: {}\ninclude: apps.d/*.yaml\n`,
      env: { OIDC_CLIENT_SECRET: 'secret-of-tests' },
    })
    const found = loaded.state === 'invalid' ? loaded.problems : []
    expect(
      found.map(({ file, line, column, message }) => `${file.slice(path.length + 1)}:${line}:${column} ${message}`),
    ).toEqual([
      expect.stringMatching(/^apps\.d\/a\.yaml:2:3 duplicate app "wiki", also in .*einlass\.yaml$/),
      expect.stringMatching(/^apps\.d\/b\.yaml:3:11 the host wiki\.example\.com already belongs/),
      expect.stringMatching(/^apps\.d\/b\.yaml:5:35 unknown schedule "x"/),
      expect.stringMatching(/^apps\.d\/b\.yaml:6:1 unknown key/),
      expect.stringMatching(/^apps\.d\/c\.yaml:2:1 the indentation/),
      expect.stringMatching(/^einlass\.yaml:8:1 unknown key \(did you mean "session"\?\)$/),
    ])
  })

  test('accepts a glob without matches, rejects a missing plain path', async () => {
    const path = await folder()
    const loaded = await loadConfiguration({
      file: join(path, 'einlass.yaml'),
      text: `${smallest}include: [teams/*.yaml, nope.yaml]\n`,
      env: { OIDC_CLIENT_SECRET: 'secret-of-tests' },
    })
    const found = loaded.state === 'invalid' ? loaded.problems : []
    expect(found).toMatchObject([
      { file: join(path, 'nope.yaml'), line: 1, message: 'the file cannot be read (ENOENT)' },
    ])
    expect(loaded.state === 'invalid' && loaded.watched).toContain(join(path, 'nope.yaml'))
  })

  test('reports a problem once, without its consequences', async () => {
    expect(
      await problems(
        `${smallest}schedules: { s: { from: 8, to: "18:00" } }\ngrants: [{ who: a@b.c, app: wiki, schedule: s }]\n`,
      ),
    ).toEqual([expect.stringContaining('schedules.s.from: expected a time of day')])
    expect(await problems(`${head}apps:\n  wiki: 5\ngrants: [{ who: a@b.c, app: wiki }]\n`)).toEqual([
      expect.stringContaining('apps.wiki: expected a mapping'),
    ])
  })
})

describe('warnings', () => {
  test.each([
    [
      'a secret in clear text',
      smallest.replace('env:OIDC_CLIENT_SECRET', '¶a-secret-in-the-file'),
      'secret in clear text',
    ],
    [
      'a rule behind an unconditional allow',
      apps('policy: [{ name: all, allow: {} }, ¶{ allow: { groups: [g] } }]'),
      '"all" always decides first',
    ],
    ['a rule twice', apps('policy: [{ allow: { groups: [g] } }, ¶{ allow: { groups: [g] } }]'), 'unreachable rule'],
    [
      'an allow that is always denied',
      apps('policy: [¶{ allow: { groups: [g] } }, { name: no, deny: { groups: [g, h] } }, { allow: { groups: [x] } }]'),
      '"no" always decides first',
    ],
    ['an app that denies everyone', apps('¶policy: []'), 'no rule allows access'],
    [
      'a host without certificate',
      smallest.replace('from: https://wiki.example.com', 'from: ¶https://wiki.example.org'),
      'no certificate covers this host',
    ],
    [
      'an expired certificate',
      smallest.replace('wildcard.crt', '¶old.crt').replace('wildcard.key', 'old.key'),
      'expired on',
    ],
    [
      'MFA that no provider proves',
      smallest.replace('identity: {', '¶identity: { kind: keycloak,').replace('groups: [staff]', 'mfa: true'),
      'no claim values that prove it',
    ],
    ['a session limit of an app above the global one', apps(`session: { idle: ¶2h }, ${policy}`), 'has no effect'],
  ])('%s', async (name, text, message) => {
    const { text: clean, at } = marked(text)
    const old = makeCertificate(['*.example.com'], new Date(Date.now() - 86_400_000))
    const files = { 'old.crt': old.cert, 'old.key': old.key }
    expect((await load(clean, files)).state).toBe('valid')
    const found = await warnings(clean, files)
    expect(found, name).toHaveLength(1)
    expect(found[0]).toMatch(new RegExp(`^${at}: `))
    expect(found[0]).toContain(message)
  })

  test('are absent for an app with public paths and no rules: somebody reaches it', async () => {
    expect(await warnings(apps('public: [{ paths: ["/*"], methods: [GET] }], policy: []'))).toEqual([])
  })

  test('are absent for the smallest file, and for rules that can both decide', async () => {
    expect(await warnings(smallest)).toEqual([])
    expect(
      await warnings(
        apps(
          'policy: [{ mode: monitor, allow: {} }, { allow: { groups: [g, h] } }, { allow: { groups: [h], mfa: true } , name: n}]',
        )
          .replace(' , name: n', '')
          .replace('[h], mfa', '[i], mfa')
          .replace('client_id: einlass,', 'client_id: einlass, step_up: { prompt: login },'),
      ),
    ).toEqual([])
  })
})
