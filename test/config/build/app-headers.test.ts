// `headers.identity` as a map, `headers.authorization`, `headers.set`, `response_headers`, `host`, `timeouts`, `limits`: what
// `check` accepts, which names and values it refuses, and that no secret is shown.

import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { compareConfigurations } from '../../../src/config/diff/diff.ts'
import type { App } from '../../../src/config/configuration.ts'
import { head, problems, valid, warnings } from '../config-fixtures.ts'

const file = (lines: string): string =>
  `${head}apps:\n  wiki:\n    from: https://wiki.example.com\n    to: http://10.20.0.7:3000\n    policy: [{ allow: {} }]\n${lines
    .split('\n')
    .map((line) => `    ${line}\n`)
    .join('')}`
const wikiOf = async (lines: string, files: Record<string, string> = {}): Promise<App> =>
  (await valid(file(lines), files)).apps.get('wiki')!
/** Without the place. */
const problemsOf = async (lines: string, files: Record<string, string> = {}): Promise<string[]> =>
  (await problems(file(lines), files)).map((line) => line.replace(/^\d+:\d+: (apps\.wiki\.)?/, ''))
const warningsOf = async (lines: string, files: Record<string, string> = {}): Promise<string[]> =>
  (await warnings(file(lines), files)).map((line) => line.replace(/^\d+:\d+: (apps\.wiki\.)?/, ''))

describe('headers.identity as a map', () => {
  test('names each field with its attribute', async () => {
    const app = await wikiOf(
      'headers: { identity: { X-WEBAUTH-USER: email, Remote-User: preferred_username, X-Forwarded-User: sub, X-Dept: claims.department } }',
    )
    expect(app.identityHeaders).toEqual([
      ['X-WEBAUTH-USER', 'email'],
      ['Remote-User', 'preferred_username'],
      ['X-Forwarded-User', 'sub'],
      ['X-Dept', 'claims.department'],
    ])
  })

  test.each([
    ['Host', 'use `host` of the app'],
    ['Authorization', 'use `headers.authorization`'],
    ['Cookie', 'cookies are the client’s'],
    ['Connection', 'it belongs to one connection'],
    ['Transfer-Encoding', 'it belongs to one connection'],
    ['Proxy-Authorization', 'it belongs to one connection'],
    ['Content-Length', 'it describes the content'],
    ['content_type', 'it describes the content'],
    ['Forwarded', 'Einlass sets it itself'],
    ['X-Forwarded-For', 'Einlass sets it itself'],
    ['X-Forwarded-Host', 'Einlass sets it itself'],
    ['X-Real-IP', 'Einlass sets it itself'],
    ['X-Einlass-Jwt-Assertion', 'Einlass sets it itself'],
    ['x_einlass_anything', 'Einlass sets it itself'],
    ['X-Request-Id', 'Einlass sets it itself'],
    ['X-HTTP-Method-Override', 'Einlass sets it itself'],
    ['CF-Connecting-IP', 'Einlass sets it itself'],
    ['Sec-Fetch-Site', 'browsers state with it'],
    ['Origin', 'browsers state with it'],
  ])('%s cannot be named, and the reason is told', async (name, why) => {
    for (const key of ['identity', 'set']) {
      const value = key === 'identity' ? 'email' : 'x'
      const [found, ...more] = await problemsOf(`headers: { ${key}: { ${name}: ${value} } }`)
      expect(found).toContain(`headers.${key}.${name}: ${name} cannot be set: ${why}`)
      expect(more).toEqual([])
    }
  })

  test('an unknown attribute, an unknown preset and one name in two spellings are problems', async () => {
    expect(await problemsOf('headers: { identity: { X-User: mail } }')).toEqual([
      'headers.identity.X-User: expected sub, email, name, preferred_username, groups, provider, assertion or claims.NAME',
    ])
    expect(await problemsOf('headers: { identity: grafana }')).toEqual([
      'headers.identity: expected einlass, oauth2-proxy, authelia, pomerium, cloudflare, iap, none or a mapping',
    ])
    expect(await problemsOf('headers: { identity: { X-User: email, x_user: sub } }')).toEqual([
      'headers.identity.x_user: x_user and X-User are one name to many applications',
    ])
  })

  test('a name of the map cannot be kept for clients', async () => {
    expect(await problemsOf('headers: { identity: { X-WEBAUTH-USER: email }, keep: [x_webauth_user] }')).toEqual([
      'headers.keep[0]: x_webauth_user cannot be kept: this app sets it',
    ])
  })
})

describe('headers.set and headers.authorization', () => {
  const secrets = `headers: { set: { X-Api-Key: file:api.key, key: file:api.key }, authorization: { basic: { user: svc, password: file:basic.key } } }`
  const files = { 'api.key': 'k3y-of-the-erp\n', 'basic.key': 'pa55-of-the-svc\n' }

  test('secret references are read, whatever the name of the field', async () => {
    const app = await wikiOf(secrets, files)
    expect(app.requestFields?.names).toEqual(['X-Api-Key', 'key'])
    expect(app.requestFields?.values).toEqual(['k3y-of-the-erp', 'k3y-of-the-erp'])
    expect(app.authorization).toMatchObject({
      kind: 'basic',
      value: `Basic ${Buffer.from('svc:pa55-of-the-svc').toString('base64')}`,
    })
  })

  test('their files are watched, so that a new secret is taken without a restart', async () => {
    const { watched } = await valid(file(secrets), files)
    expect(watched.filter((path) => /(api|basic)\.key$/.test(path))).toHaveLength(2)
  })

  test('no secret is in printed settings, problems, warnings or a comparison', async () => {
    const [before, after] = [
      await valid(file(secrets), files),
      await valid(file(secrets), { ...files, 'api.key': 'an-other-key' }),
    ]
    const printed = [
      JSON.stringify([...before.apps.values()]),
      inspect(before.apps, { depth: 9 }),
      ...compareConfigurations(before, after),
      ...(await warningsOf(secrets, files)),
      ...(await problemsOf(`${secrets}\nresponse_headers: { set: { Location: file:api.key } }`, files)),
    ].join('\n')
    expect(printed).toContain('***')
    for (const secret of ['k3y-of', 'an-other-key', 'pa55', Buffer.from('svc:pa55-of-the-svc').toString('base64')]) {
      expect(printed).not.toContain(secret)
    }
    expect(printed).toContain('wiki: the value of the header field X-Api-Key changed')
  })

  test.each([
    ['a line break', '"a\\r\\nX-Forwarded-User: root"'],
    ['a NUL', '"a\\0b"'],
    ['white space at its end', '"a "'],
  ])('%s in a value is a problem, and the value is not shown', async (_name, value) => {
    for (const key of ['headers', 'response_headers']) {
      expect(await problemsOf(`${key}: { set: { X-One: ${value} } }`)).toEqual([
        `${key}.set.X-One: no value of a header field: it has control characters, or white space at its ends`,
      ])
    }
  })

  test('a secret written out is a warning, a constant is none', async () => {
    expect(await warningsOf('headers: { set: { X-Api-Key: abc, X-Tenant: berlin } }')).toEqual([
      'headers.set.X-Api-Key: secret in clear text; use env:NAME or file:PATH',
    ])
    expect(
      await warningsOf('headers: { authorization: { basic: { user: svc, password: abcdefghijklmnop } } }'),
    ).toEqual(['headers.authorization.basic.password: password in clear text; use env:NAME or file:PATH'])
  })

  test('a field that the identity headers have cannot be set a second time', async () => {
    expect(await problemsOf('headers: { identity: authelia, set: { Remote-User: kiosk } }')).toEqual([
      'headers.set.Remote-User: Remote-User cannot be set: it is one of the identity headers; use `headers.identity`',
    ])
    expect(await problemsOf('headers: { identity: { X-User: email }, set: { x_user: kiosk } }')).toEqual([
      'headers.set.x_user: x_user cannot be set: `headers.identity` sets it',
    ])
    expect((await wikiOf('headers: { identity: none, set: { Remote-User: kiosk } }')).requestFields?.names).toEqual([
      'Remote-User',
    ])
  })

  test('basic needs user and password, and a user name without a colon', async () => {
    expect(await problemsOf('headers: { authorization: { basic: { user: svc } } }')).toEqual([
      'headers.authorization.basic: password is missing',
    ])
    expect(
      await problemsOf('headers: { authorization: { basic: { user: "a:b", password: env:OIDC_CLIENT_SECRET } } }'),
    ).toEqual(['headers.authorization.basic.user: must not contain a colon or control characters'])
    expect(await problemsOf('headers: { authorization: bearer }')).toHaveLength(1)
  })

  test('sign-in by NTLM or Negotiate cannot be pinned where Authorization is replaced', async () => {
    expect(await problemsOf('connection_auth: pinned\nheaders: { authorization: assertion }')).toEqual([
      'connection_auth: contradicts `headers.authorization`, which replaces the Authorization of clients: NTLM and Negotiate cannot work',
    ])
    expect((await wikiOf('headers: { authorization: assertion }')).connectionAuth).toBe('strip')
    expect((await wikiOf('headers: { authorization: none }')).connectionAuth).toBe('pinned')
  })
})

describe('response_headers', () => {
  test.each([
    'Set-Cookie',
    'set_cookie',
    'Location',
    'Content-Location',
    'Content-Length',
    'Content-Type',
    'Transfer-Encoding',
    'Connection',
    'Trailer',
    'Strict-Transport-Security',
    'Vary',
    'Sec-WebSocket-Accept',
    'X-Einlass-Anything',
  ])('%s is neither set nor removed', async (name) => {
    const set = await problemsOf(`response_headers: { set: { ${name}: x } }`)
    expect(set).toEqual([expect.stringContaining(`${name} cannot be set: `)])
    const removed = await problemsOf(`response_headers: { remove: [${name}] }`)
    expect(removed).toEqual([expect.stringContaining(`${name} cannot be removed: `)])
  })

  test.each(['Clear-Site-Data', 'WWW-Authenticate', 'Refresh', 'Service-Worker-Allowed', 'Alt-Svc', 'Date'])(
    '%s can be removed and not set',
    async (name) => {
      expect(await problemsOf(`response_headers: { set: { ${name}: x } }`)).toHaveLength(1)
      expect((await wikiOf(`response_headers: { remove: ${name} }`)).responseFields?.remove).toEqual([name])
    },
  )

  test('pages of other origins are admitted by trusted_origins only', async () => {
    const cors = (origin: string, more = ''): string =>
      `response_headers: { set: { Access-Control-Allow-Origin: "${origin}"${more} } }`
    const credentials = ', Access-Control-Allow-Credentials: "true"'
    const trusted = '\ntrusted_origins: [https://shop.example.com]'
    expect(await problemsOf(cors('https://evil.example'))).toEqual([
      expect.stringContaining('expected * or an origin in `trusted_origins` of the app'),
    ])
    expect(await problemsOf(cors('*', credentials))).toEqual([
      expect.stringContaining('pages of any origin the app names could read what a user sees'),
    ])
    expect(await problemsOf('response_headers: { set: { Access-Control-Allow-Credentials: "true" } }')).toHaveLength(1)
    await wikiOf(cors('*'))
    await wikiOf(cors('https://shop.example.com', credentials) + trusted)
    await wikiOf(cors('https://wiki.example.com', credentials))
  })

  test('shared caches are not told to store what one user sees', async () => {
    expect(await problemsOf('response_headers: { set: { Cache-Control: "public, max-age=60" } }')).toEqual([
      expect.stringContaining('without private or no-store, shared caches would store what one user sees'),
    ])
    await wikiOf('response_headers: { set: { Cache-Control: "max-age=60, private" } }')
  })
})

describe('host, timeouts and limits', () => {
  test('are read in milliseconds and bytes', async () => {
    const app = await wikiOf(
      'host: Intern.Local:8080\ntimeouts: { connect: 5s, headers: 3m, idle: 10m }\nlimits: { upload: 2GB, headers: 64KB }',
    )
    expect(app.upstreamHost).toEqual({ name: 'intern.local:8080' })
    expect(app.limits).toEqual({
      connect: 5_000,
      headers: 180_000,
      idle: 600_000,
      upload: 2 * 1024 ** 3,
      headerBytes: 65_536,
    })
    expect((await wikiOf('limits: { upload: unlimited }')).limits?.upload).toBe('unlimited')
    expect((await wikiOf('host: upstream')).upstreamHost).toBe('upstream')
    expect((await wikiOf('title: Wiki')).limits).toBeUndefined()
  })

  test.each([
    ['host: "a b"', 'host: expected public, upstream or a host name such as intern.local'],
    ['host: "x\\r\\nX-Forwarded-User: root"', 'host: expected public, upstream or a host name such as intern.local'],
    ['host: "a:0"', 'host: expected public, upstream or a host name such as intern.local'],
    ['timeouts: { headers: 0s }', 'timeouts.headers: must be at least 1s'],
    ['timeouts: { idle: 0s }', 'timeouts.idle: must be at least 1s'],
    ['limits: { headers: 2MB }', 'limits.headers: must be from 1KB to 1MB'],
  ])('%s is a problem', async (lines, message) => {
    expect(await problemsOf(lines)).toEqual([message])
  })
})

test('a comparison says what an app receives and answers anew, and no value', async () => {
  const compared = async (before: string, after: string): Promise<string[]> =>
    compareConfigurations(await valid(file(before)), await valid(file(after))).filter((line) =>
      line.startsWith('wiki: '),
    )
  expect(
    await compared(
      'headers: { set: { X-Old: a, X-Same: b } }\nresponse_headers: { remove: [Server] }',
      `headers: { identity: { X-User: email }, authorization: assertion, set: { X-Same: c, X-New: d } }
response_headers: { set: { X-Frame-Options: DENY } }
host: upstream
timeouts: { headers: 3m }
limits: { upload: 2GB }`,
    ),
  ).toEqual([
    'wiki: NTLM and Negotiate sign-in is removed: users who sign in to the app that way need another one',
    'wiki: answers with the header field X-Frame-Options',
    'wiki: identity headers are X-User: email (before: einlass)',
    'wiki: its answers keep the header field Server',
    'wiki: limits.upload is 2GB (before: that of the gateway)',
    'wiki: no longer receives the header field X-Old',
    'wiki: receives the Host of its own address (before: that clients ask for)',
    'wiki: receives the header field X-New',
    'wiki: receives the signed assertion as Authorization, in place of that of clients',
    'wiki: the value of the header field X-Same changed',
    'wiki: timeouts.headers is 3m (before: that of the gateway)',
  ])
  expect(await compared('headers: { authorization: assertion }', 'title: Wiki')).toContain(
    'wiki: receives the Authorization of clients',
  )
})
