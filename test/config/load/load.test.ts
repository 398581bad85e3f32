// Loading a valid configuration: defaults, presets, secret references, includes, grants, baseline, policy version hash.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { noEnd } from '../../../src/config/build/grants.ts'
import { loadConfiguration } from '../../../src/config/load/load.ts'
import { env, folder, head, load, problems, secretKey, smallest, valid, wiki, wildcard } from '../config-fixtures.ts'

describe('the smallest file', () => {
  test('loads with the documented defaults', async () => {
    const path = await folder({ 'einlass.yaml': smallest })
    const loaded = await loadConfiguration({ file: join(path, 'einlass.yaml'), env })
    if (loaded.state !== 'valid') expect.unreachable(JSON.stringify(loaded.problems))
    const { configuration } = loaded
    expect(configuration).toMatchObject({
      file: join(path, 'einlass.yaml'),
      hash: expect.stringMatching(/^[0-9a-f]{16}$/),
      gateway: {
        origin: 'https://access.example.com',
        host: 'access.example.com',
        secure: true,
        listen: [
          {
            host: '0.0.0.0',
            port: 443,
            tls: { certificates: [{ cert: join(path, 'wildcard.crt'), key: join(path, 'wildcard.key') }], http2: true },
          },
        ],
        operations: { host: '127.0.0.1', port: 9090 },
        adminSocket: undefined,
        workers: 'auto',
        http1: 'einlass',
        trustedProxies: [],
        hsts: 'max-age=31536000',
        secretKeys: [Buffer.from(secretKey, 'base64')],
      },
      store: { kind: 'sqlite', file: join(path, 'einlass.db') },
      session: { idle: 3_600_000, lifetime: 36_000_000, revalidate: 300_000, grace: 0, lease: 60_000 },
      audit: { file: undefined, stdout: true },
      grants: [],
    })
    expect([...configuration.providers.values()]).toMatchObject([
      { name: 'default', kind: 'generic', clientId: 'einlass', clientSecret: env.OIDC_CLIENT_SECRET, external: false },
    ])
    expect(configuration.apps.get('wiki')).toMatchObject({
      title: 'wiki',
      origin: 'https://wiki.example.com',
      host: 'wiki.example.com',
      upstreams: [{ origin: 'http://10.20.0.7:3000' }],
      identityHeaders: 'einlass',
      sensitivity: 'medium',
      declaration: {
        mode: 'enforce',
        require: {},
        rules: [{ name: 'rule 1', effect: 'allow', when: { groups: ['staff'] }, mode: 'enforce' }],
        lease: 60_000,
      },
    })
    expect([...configuration.watched].sort()).toEqual(
      ['einlass.yaml', 'secret.key', 'wildcard.crt', 'wildcard.key'].map((name) => join(path, name)),
    )
  })

  test('needs no certificate on loopback http, and no key with the memory store', async () => {
    const { gateway } = await valid(`gateway: { url: "http://access.localhost:8080" }
store: "memory:"
identity: { issuer: "http://127.0.0.1:8081", client_id: x, client_secret: env:OIDC_CLIENT_SECRET }
apps: { wiki: { from: "http://wiki.localhost:8080", to: "http://127.0.0.1:1", policy: [{ allow: {} }] } }
`)
    expect(gateway).toMatchObject({
      secure: false,
      host: 'access.localhost:8080',
      listen: [{ host: '127.0.0.1', port: 8080, tls: undefined }],
      secretKeys: [],
    })
  })
})

/** A complete app, with the objects its names refer to. */
const erp = (later: {
  countries: string
  schedule: string
}): string => `${head}networks: { office: [203.0.113.0/24], vpn: 10.99.0.0/16 }
roles: { finance: { groups: [fin] }, erp_owners: { users: [CFO@Example.com] } }
devices: { postures: { company_laptop: { managed: true, antivirus: healthy, os: { windows: "10.0.22631", macos: "14.6" }, risk_at_most: medium } } }
schedules: { month_end: ${later.schedule} }
apps:
  erp:
    from: https://erp.example.com          # one host per app; a host belongs to one app
    to: https://10.20.0.5:8443             # or a list: balanced, with health checks
    title: ERP
    owner: it@example.com
    sensitivity: high                      # low | medium | high | critical
    mode: enforce                          # enforce | monitor (decide and record, never block, no side effect)
    require: { mfa: { max_age: 12h }, device: company_laptop, networks: [office, vpn]${later.countries} }
    policy:                                # any deny that matches wins; else the first allow that is met; else denied
      - { name: no contractors, deny: { groups: [contractors] } }
      - { name: CFO closes the books, allow: { users: [cfo@example.com], schedule: month_end } }
      - { name: finance reads, allow: { roles: [finance], actions: [read] } }
      - { name: vendor maintenance, allow: { grant: required } }
    requests: { eligible: { roles: [finance] }, approvers: { roles: [erp_owners] }, approvals: 1, max_duration: 4h, reason: required }
    headers: { identity: oauth2-proxy }    # preset: einlass | oauth2-proxy | authelia | pomerium | cloudflare | iap | none
    upstream_tls: { ca: wildcard.crt, cert: wildcard.crt, key: wildcard.key, server_name: erp.internal }
    public: [{ paths: ["/webhooks/*"], methods: [POST] }]   # no sign-in; everything else about the request is still checked
`

describe('a complete app', () => {
  const schedule =
    '{ rrule: "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", from: "13:00", duration: 4h, tz: Europe/Berlin }'

  test('loads without the keys that are not available yet', async () => {
    const { apps, schedules } = await valid(erp({ countries: '', schedule }))
    expect(schedules.get('month_end')).toMatchObject({
      from: 780,
      timeZone: 'Europe/Berlin',
      recurrence: { rule: { frequency: 'monthly', bySetPos: [-1] }, duration: 14_400_000 },
    })
    expect(apps.get('erp')).toMatchObject({
      title: 'ERP',
      identityHeaders: 'oauth2-proxy',
      upstreamTls: { serverName: 'erp.internal' },
      public: [{ paths: ['/webhooks/*'], methods: ['POST'] }],
      requests: {
        eligible: { roles: ['finance'] },
        approvers: { roles: ['erp_owners'] },
        approvals: 1,
        levels: ['full'],
        maxDuration: 14_400_000,
        reason: 'required',
        ticket: 'optional',
        lapseAfter: 86_400_000,
        maxExtensions: 1,
        maxTotal: 28_800_000,
      },
      declaration: {
        require: { mfa: { maxAge: 43_200_000 }, device: 'company_laptop', networks: ['office', 'vpn'] },
        rules: [
          { name: 'no contractors', effect: 'deny', when: { groups: ['contractors'] } },
          { effect: 'allow', when: { users: ['cfo@example.com'], schedule: ['month_end'] } },
          { effect: 'allow', when: { roles: ['finance'], actions: ['read'] } },
          { effect: 'allow', when: { grant: 'required' } },
        ],
      },
    })
  })

  test('with those keys, is rejected for exactly these', async () => {
    const text = erp({
      countries: ', countries: [DE]',
      schedule,
    })
    expect((await problems(text)).map((one) => one.replace(/^\d+:\d+: /, ''))).toEqual([
      'apps.erp.require.countries: not available yet',
    ])
  })
})

describe('providers', () => {
  const identity = (more: string): string => smallest.replace('identity: {', `identity: { ${more},`)
  const provider = async (more: string) => (await valid(identity(more))).providers.get('default')!

  test('presets never count as MFA what an administrator may define otherwise', async () => {
    expect((await provider('kind: keycloak')).mfa).toEqual({ amrAny: ['mfa'], acrAny: [] })
    expect((await provider('kind: entra')).mfa).toEqual({ amrAny: ['mfa'], acrAny: [] })
    expect((await provider('kind: google')).phishingResistant).toEqual({ amrAny: [], acrAny: [] })
    const okta = await provider('kind: okta')
    expect(okta.mfa.acrAny).toEqual(['urn:okta:loa:2fa:any'])
    expect(okta.stepUp.acrValues).toEqual(['urn:okta:loa:2fa:any'])
  })

  test('what is written wins over the preset as a whole, and is what step-up asks for', async () => {
    const keycloak = await provider('kind: keycloak, mfa: { acr_any: "2" }, scopes: [profile]')
    expect(keycloak.mfa).toEqual({ amrAny: [], acrAny: ['2'] })
    expect(keycloak.stepUp).toEqual({ acrValues: ['2'], essential: true, prompt: undefined, maxAge: undefined })
    expect(keycloak.scopes).toEqual(['openid', 'profile'])
  })

  test('a domain belongs to one provider', async () => {
    const one = 'issuer: https://l.example.com, client_id: x, client_secret: env:OIDC_CLIENT_SECRET'
    const text = `${smallest.split('\n')[0]}\nidentity: { providers: { a: { ${one}, domains: [Example.com] }, b: { ${one}, domains: [example.com] } } }\napps:\n${wiki}`
    expect(await problems(text)).toEqual([expect.stringContaining('already belongs to the provider "a"')])
  })
})

describe('stores', () => {
  test.each([
    ['redis://127.0.0.1:6379', 'single', 'redis://127.0.0.1:6379'],
    ['rediss://user:hidden-password@redis.example.com/2', 'single', 'rediss://redis.example.com/2'],
    ['redis+sentinel://:hidden-password@a:26379,b/main', 'sentinel', 'redis+sentinel://a:26379,b/main'],
    ['redis+cluster://a:7000,b:7001', 'cluster', 'redis+cluster://a:7000,b:7001'],
  ])('%s is %s', async (url, mode, safeUrl) => {
    const { store } = await valid(`${smallest}store: "${url}"\n`)
    expect(store).toMatchObject({ kind: 'redis', mode, url, safeUrl })
    expect(JSON.stringify(store)).not.toContain('hidden-password')
  })

  test.each(['redis://', 'redis://a,b', 'redis+sentinel://a,b', 'redis://a:99999', 'sqlite:', 'memory', 'http://x'])(
    '%s is none',
    async (url) => {
      expect(await problems(`${smallest}store: "${url}"\n`)).toHaveLength(1)
    },
  )
})

describe('grants', () => {
  const grants = async (list: string) =>
    (
      await valid(
        `${smallest}schedules: { night: { from: "22:00", to: "06:00", tz: Europe/Berlin } }\ngrants: [${list}]\n`,
      )
    ).grants

  test('get a provider, a zone, an end and an id that stays', async () => {
    const line =
      '{ who: Kim@Example.com, app: wiki, from: 2026-12-01T08:00, until: 2026-12-15, schedule: night, reason: x }'
    const [first] = await grants(line)
    const [again] = await grants(line)
    const [other] = await grants(line.replace('reason: x', 'reason: y'))
    expect(first).toMatchObject({
      who: 'default|mailto:kim@example.com',
      level: 'read',
      from: Date.parse('2026-12-01T08:00+01:00'),
      until: Date.parse('2026-12-16T00:00+01:00'),
      origin: 'configuration',
      revokedAt: undefined,
    })
    expect(again!.id).toBe(first!.id)
    expect(other!.id).not.toBe(first!.id)
  })

  test('without an end last for ever, for people of our own', async () => {
    expect(await grants('{ who: { sub: s-1 }, app: wiki, level: full }')).toMatchObject([
      { who: 'default|s-1', from: 0, until: noEnd, level: 'full' },
    ])
  })

  test('time_zone wins over the zone of the schedule, an offset over both', async () => {
    const [zone] = await grants(
      '{ who: a@b.c, app: wiki, from: 2026-07-01T08:00, schedule: night, time_zone: Asia/Tokyo }',
    )
    const [offset] = await grants(
      '{ who: a@b.c, app: wiki, from: 2026-07-01T08:00Z, schedule: night, time_zone: Asia/Tokyo }',
    )
    expect([zone!.from, offset!.from]).toEqual([Date.parse('2026-07-01T08:00+09:00'), Date.parse('2026-07-01T08:00Z')])
  })
})

test('apps and grants of included files are part of it, relative to their own folder', async () => {
  const loaded = await load(`${smallest}include: [apps.d/*.yaml]\n`, {
    'apps.d/b.yaml':
      'apps: { b: { from: https://b.example.com, to: https://10.0.0.1, policy: [{ allow: {} }], upstream_tls: { ca: ca.pem } } }\n',
    'apps.d/ca.pem': wildcard.cert,
    'apps.d/g.yaml': 'grants: [{ who: a@b.c, app: b }]\n',
    'apps.d/notes.txt': 'not: [read',
  })
  if (loaded.state !== 'valid') expect.unreachable(JSON.stringify(loaded.problems))
  expect([...loaded.configuration.apps.keys()]).toEqual(['wiki', 'b'])
  expect(loaded.configuration.apps.get('b')!.upstreamTls.ca).toMatch(/\/apps\.d\/ca\.pem$/)
  expect(loaded.configuration.grants).toHaveLength(1)
  expect(loaded.configuration.watched.filter((file) => file.includes('/apps.d/'))).toHaveLength(3)
})

test('baseline is part of what every app requires', async () => {
  const { apps } = await valid(
    `${smallest.replace('policy:', 'require: { mfa: { max_age: 1h }, groups: [b] }\n    policy:')}baseline: { mfa: { max_age: 2h }, groups: [a] }\n`,
  )
  expect(apps.get('wiki')!.declaration.require).toEqual({
    mfa: { maxAge: 3_600_000 },
    groups: ['a'],
    any: [{ groups: ['b'] }],
  })
})

test('a session limit of an app is its own, and its lease that of its policy', async () => {
  const { apps } = await valid(smallest.replace('policy:', 'session: { idle: 10m, lease: 30s }\n    policy:'))
  expect(apps.get('wiki')).toMatchObject({
    session: { idle: 600_000, lifetime: 36_000_000, lease: 30_000 },
    declaration: { lease: 30_000 },
  })
})

test('the hash changes with the rules and not with a secret', async () => {
  const path = await folder({ 'einlass.yaml': smallest })
  const hash = async (secret: string): Promise<string> => {
    const loaded = await loadConfiguration({ file: join(path, 'einlass.yaml'), env: { OIDC_CLIENT_SECRET: secret } })
    return loaded.state === 'valid' ? loaded.configuration.hash : 'invalid'
  }
  const first = await hash('secret-one')
  expect(await hash('secret-two')).toBe(first)
  await writeFile(join(path, 'einlass.yaml'), smallest.replace('staff', 'stuff'))
  expect(await hash('secret-one')).not.toBe(first)
  expect(await hash('secret-one')).not.toBe('invalid')
})

test('a main file that is not there, or no text, is a problem and not an exception', async () => {
  const path = await folder({ 'binary.yaml': '' })
  await writeFile(join(path, 'binary.yaml'), Buffer.from([0xff, 0xfe, 0x00]))
  for (const [file, message] of [
    ['none.yaml', 'ENOENT'],
    ['.', 'EISDIR'],
    ['binary.yaml', 'UTF-8'],
  ]) {
    const loaded = await loadConfiguration({ file: join(path, file!), env })
    expect(loaded.state === 'invalid' && loaded.problems.map((one) => one.message).join()).toContain(message)
  }
})
