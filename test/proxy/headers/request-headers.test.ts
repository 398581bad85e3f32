// Upstream request headers: header spoofing in any spelling, hop-by-hop fields, cookies, tracing, identity presets.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createHeaderRules, type ForwardingFields } from '../../../src/proxy/headers/request-headers.ts'
import { identityNames, productOf } from '../../../src/config/header-names/identity-names.ts'
import {
  isReserved,
  reservedNames,
  reservedPrefixes,
  normalizeName,
} from '../../../src/config/header-names/reserved-names.ts'
import { serialize, toRawHeaders } from '../../../src/proxy/headers/serialized-headers.ts'
import type { AppHeaderSettings } from '../../../src/proxy/headers/app-header-settings.ts'
import { identityHeaders, type Preset } from '../../../src/proxy/identity/header-presets.ts'

const rules = createHeaderRules(['X-Posture_Proof', 'X-Agent-*'], (cookie) =>
  cookie
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => !pair.startsWith('__Host-einlass'))
    .join('; '),
)

const forwarding: ForwardingFields = {
  host: 'erp.example.com',
  scheme: 'https',
  address: '203.0.113.7',
  requestId: 'r1',
  identity: serialize(['X-Forwarded-User', 'alice', 'X-Einlass-Jwt-Assertion', 'jwt']),
}

const values = (list: readonly string[], name: string): string[] =>
  list.filter((_, i) => i % 2 === 1 && normalizeName(list[i - 1]!) === name)

const presets: Preset[] = ['einlass', 'oauth2-proxy', 'authelia', 'pomerium', 'cloudflare', 'iap', 'none']
const subject = {
  provider: 'corp',
  sub: 'u-1',
  email: 'alice@example.com',
  name: 'Alice Ähre',
  username: 'alice',
  groups: ['staff', 'a,admin', 'Büro', ' lead', 'x\ny', ''],
  groupsComplete: true,
  claims: {},
  external: false,
}
const presetNames = presets.flatMap((preset) =>
  identityHeaders(preset, subject, subject.groups, 'jwt').filter((_, i) => i % 2 === 0),
)

/** Names only the gateway may set, and hop-by-hop fields; prefixes are completed with a suffix. */
const forbidden = [
  ...reservedNames,
  ...reservedPrefixes.map((prefix) => `${prefix}user`),
  ...presetNames,
  ...identityNames.flatMap(({ names }) => names.map((name) => name.replace('*', 'user'))),
  'X-Posture-Proof',
  'X-Agent-Id',
  'Transfer-Encoding',
  'Keep-Alive',
  'Upgrade',
  'HTTP2-Settings',
  'Trailer',
  'Proxy-Authorization',
  'Expect',
  'Content_Length',
]

/** Other spellings of these names, which an application may accept as the same. */
const respelled = fc.constantFrom(...forbidden).chain((name) =>
  fc
    .array(fc.tuple(fc.boolean(), fc.constantFrom('-', '_', '.', '~', '!')), {
      minLength: name.length,
      maxLength: name.length,
    })
    .map((choices) =>
      [...name]
        .map((character, i) => {
          const [upper, separator] = choices[i]!
          if (/[^A-Za-z0-9]/.test(character)) return separator
          return upper ? character.toUpperCase() : character.toLowerCase()
        })
        .join(''),
    ),
)
const ordinary = fc.constantFrom(
  'Accept',
  'User-Agent',
  'Authorization',
  'Origin',
  'X-Mine',
  'x-mine',
  'Sec-WebSocket-Key',
)
const field = fc.tuple(
  fc.oneof(respelled, ordinary, fc.constantFrom('Connection', 'Cookie', 'TE', 'traceparent', 'tracestate', 'Host')),
  fc.oneof(fc.constant('evil'), respelled, fc.constant('close, x-mine, Host, X-Forwarded-User, traceparent, cookie')),
)
const list = fc.array(field, { maxLength: 20 }).map((fields) => fields.flat())

/** Header list as received by the upstream. */
function requested(received: readonly string[], fields: ForwardingFields): string[] {
  return toRawHeaders(rules.request(received, fields))
}

describe('properties', () => {
  test('no reserved name survives in any spelling, and each field of the gateway occurs exactly once', () => {
    fc.assert(
      fc.property(list, (received) => {
        const result = requested(received, forwarding)
        const ours = new Map([
          ['host', 'erp.example.com'],
          ['x-forwarded-for', '203.0.113.7'],
          ['x-forwarded-host', 'erp.example.com'],
          ['x-forwarded-proto', 'https'],
          ['x-forwarded-port', '443'],
          ['x-request-id', 'r1'],
          ['x-forwarded-user', 'alice'],
          ['x-einlass-jwt-assertion', 'jwt'],
        ])
        for (const [name, value] of ours) expect(values(result, name)).toEqual([value])
        expect(values(result, 'traceparent')).toHaveLength(1)
        for (let i = 0; i < result.length; i += 2) {
          const name = normalizeName(result[i]!)
          if (ours.has(name) || name === 'traceparent') continue
          expect(forbidden.map(normalizeName)).not.toContain(name)
          expect(reservedPrefixes.some((prefix) => name.startsWith(prefix))).toBe(false)
        }
      }),
      { numRuns: 500 },
    )
  })

  test('filtering is idempotent except for the span id', () => {
    fc.assert(
      fc.property(list, (received) => {
        const once = requested(received, forwarding)
        const twice = requested(once, forwarding)
        const spanless = (headers: string[]): string[] =>
          headers.map((text) => text.replace(/^00-([0-9a-f]{32})-[0-9a-f]{16}-/, '00-$1-'))
        expect(spanless(twice)).toEqual(spanless(once))
      }),
    )
  })

  test('ordinary fields pass unchanged and in order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(ordinary, fc.string({ maxLength: 5 })), { maxLength: 10 }), (fields) => {
        const received = fields.flat()
        expect(requested(received, forwarding).slice(2, 2 + received.length)).toEqual(received)
      }),
    )
  })
})

test('a field that could inject a line is not written', () => {
  const twoLines = 'b\r\nX-Forwarded-User: root'
  for (const name of ['X-A', 'Cookie', 'tracestate']) {
    const parent = ['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01']
    expect(() => requested([name, twoLines, ...parent], forwarding)).toThrow('invalid header field')
  }
  expect(() => requested([], { ...forwarding, address: twoLines })).toThrow('invalid header field')
  expect(() => serialize(['X-A', twoLines])).toThrow('invalid header field')
  expect(() => serialize(['X-A: a\r\nX-B', 'b'])).toThrow('invalid header field')
  expect(requested(['X\nA', 'b', 'X-A: c\r\nX-B', 'd'], forwarding)).toEqual(requested([], forwarding).map(anyText))
})

const anyText = (text: string): unknown => (/^00-[0-9a-f]{32}-/.test(text) ? expect.any(String) : text)

describe('single fields', () => {
  const request = (...received: string[]): string[] => requested(received, forwarding)

  test('Connection removes the hop-by-hop fields it lists, but no end-to-end fields and none of the gateway', () => {
    const result = request(
      'X-Hop',
      '1',
      'x_hop',
      '2',
      'Content-Type',
      'a/b',
      'Connection',
      'X-Hop, Content-Type, X-Forwarded-For',
    )
    expect(values(result, 'x-hop')).toEqual([])
    expect(values(result, 'content-type')).toEqual(['a/b'])
    expect(values(result, 'x-forwarded-for')).toEqual(['203.0.113.7'])
    expect(values(result, 'connection')).toEqual([])
  })

  test('TE keeps only trailers', () => {
    expect(values(request('TE', 'gzip, trailers;q=1'), 'te')).toEqual([])
    expect(values(request('TE', 'gzip, trailers', 'Connection', 'TE'), 'te')).toEqual(['trailers'])
    expect(values(request('TE', 'gzip'), 'te')).toEqual([])
  })

  test('cookies of the gateway are removed, others stay, split fields are joined', () => {
    expect(values(request('Cookie', 'a=1; __Host-einlass=s; b=2'), 'cookie')).toEqual(['a=1; b=2'])
    expect(values(request('Cookie', 'a=1', 'cookie', '__Host-einlass=s'), 'cookie')).toEqual(['a=1'])
    expect(values(request('Cookie', '__Host-einlass=s'), 'cookie')).toEqual([])
  })

  test('a valid trace continues with a new span, an invalid one is replaced by a new trace', () => {
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
    const valid = `00-${trace}-00f067aa0ba902b7-00`
    const [continued] = values(request('traceparent', valid, 'tracestate', 'a=1', 'tracestate', 'b=2'), 'traceparent')
    expect(continued).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-00$`))
    expect(continued).not.toContain('00f067aa0ba902b7')
    expect(values(request('traceparent', valid, 'tracestate', 'a=1', 'tracestate', 'b=2'), 'tracestate')).toEqual([
      'a=1,b=2',
    ])
    for (const odd of [
      'x',
      `ff-${trace}-00f067aa0ba902b7-00`,
      `00-${'0'.repeat(32)}-00f067aa0ba902b7-00`,
      `00-${trace}-${'0'.repeat(16)}-00`,
      `${valid}-more`,
      valid.toUpperCase(),
    ]) {
      const result = request('traceparent', odd, 'tracestate', 'a=1')
      expect(values(result, 'traceparent')[0]).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
      expect(values(result, 'traceparent')[0]).not.toContain(trace)
      expect(values(result, 'tracestate')).toEqual([])
    }
    expect(values(request('traceparent', valid, 'traceparent', valid), 'traceparent')[0]).not.toContain(trace)
  })

  test('X-Forwarded-Port is the public port', () => {
    const local = requested([], { ...forwarding, host: 'erp.localhost:8080', scheme: 'http' })
    expect(values(local, 'x-forwarded-port')).toEqual(['8080'])
    expect(values(requested([], { ...forwarding, scheme: 'http' }), 'x-forwarded-port')).toEqual(['80'])
  })

  test('thousands of different names do not disturb the cache', () => {
    for (let i = 0; i < 5_000; i++) expect(values(request(`X_Forwarded.${i}`, 'x'), `x-forwarded-${i}`)).toEqual([])
    expect(values(request('X-Mine', '1'), 'x-mine')).toEqual(['1'])
  })
})

describe('identity headers of other products, which applications believe', () => {
  const ownCookies = (cookie: string): string => cookie
  const sent = (headerNames: AppHeaderSettings | undefined, ...received: string[]): string[] => {
    const some = createHeaderRules(['X-Device-Compliant'], ownCookies, headerNames)
    return toRawHeaders(some.request(received, { ...forwarding, identity: serialize([]) }))
  }
  const believed = [
    'X-Auth-User',
    'Teleport-Jwt-Assertion',
    'Tailscale-User-Login',
    'X-Grafana-User',
    'X-JWT-Assertion',
    'X-Userinfo',
    'X-Access-Token',
    'X-WEBAUTH-USER',
    'SM_USER',
    'iv-user',
    '$WSRU',
    'Impersonate-User',
    'OIDC_CLAIM_email',
    'X-ARR-ClientCert',
    'X-Scope-OrgID',
  ]

  test.each(believed)('%s of a client does not pass', (name) => {
    expect(productOf(name)).toBeDefined()
    expect(values(sent(undefined, name, 'root'), normalizeName(name))).toEqual([])
  })

  test('credentials that an application verifies itself pass', () => {
    for (const name of ['Authorization', 'X-Auth-Token', 'X-Auth-Key', 'X-Api-Key', 'X-CSRF-Token', 'X-User-Agent']) {
      expect(values(sent(undefined, name, 'v'), normalizeName(name))).toEqual(['v'])
    }
  })

  test('an app keeps names in any spelling, and no others', () => {
    const result = sent(
      { remove: [], keep: ['X-Device-Id'] },
      'x_device_id',
      '7',
      'X-Device-Compliant',
      'true',
      'X-User',
      'a',
    )
    expect(values(result, 'x-device-id')).toEqual(['7'])
    expect(values(result, 'x-device-compliant')).toEqual([])
    expect(values(result, 'x-user')).toEqual([])
  })

  test('an app removes names in any spelling', () => {
    const result = sent(
      { remove: ['X-Internal-User', 'Cookie'], keep: [] },
      'x.internal.USER',
      'root',
      'Cookie',
      'a=1',
      'X-Mine',
      '1',
    )
    expect(values(result, 'x-internal-user')).toEqual([])
    expect(values(result, 'cookie')).toEqual([])
    expect(values(result, 'x-mine')).toEqual(['1'])
  })

  test('what the gateway sets or reads cannot be kept, even if a configuration says so', () => {
    const names = [
      ...reservedNames,
      ...reservedPrefixes.map((prefix) => `${prefix}x`),
      'X-Device-Compliant',
      'Keep-Alive',
      'Connection',
      'Host',
    ]
    for (const name of names) {
      const result = sent({ remove: [], keep: [name, normalizeName(name)] }, name, 'root')
      expect(
        result.filter((_, i) => i % 2 === 1),
        name,
      ).not.toContain('root')
      if (name !== 'X-Device-Compliant') expect(isReserved(name), name).toBe(true)
    }
  })
})

describe('identity presets', () => {
  const fields = (preset: Preset, who = subject): Record<string, string> => {
    const flat = identityHeaders(preset, who, who.groups, 'jwt')
    const record: Record<string, string> = {}
    for (let i = 0; i < flat.length; i += 2) record[flat[i]!] = flat[i + 1]!
    expect(Object.keys(record)).toHaveLength(flat.length / 2)
    return record
  }
  const utf8 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

  test('each sets its header names', () => {
    expect(fields('einlass')).toEqual({
      'X-Forwarded-User': 'u-1',
      'X-Forwarded-Email': 'alice@example.com',
      'X-Forwarded-Groups': utf8('staff,Büro'),
      'X-Forwarded-Preferred-Username': 'alice',
      'X-Einlass-Jwt-Assertion': 'jwt',
    })
    expect(fields('oauth2-proxy')).toMatchObject({
      'X-Forwarded-User': 'u-1',
      'X-Auth-Request-Email': 'alice@example.com',
    })
    expect(fields('authelia')).toMatchObject({ 'Remote-User': 'alice', 'Remote-Name': utf8('Alice Ähre') })
    expect(fields('pomerium')).toMatchObject({ 'X-Pomerium-Jwt-Assertion': 'jwt', 'X-Pomerium-Claim-Sub': 'u-1' })
    expect(fields('cloudflare')).toMatchObject({ 'Cf-Access-Authenticated-User-Email': 'alice@example.com' })
    expect(fields('iap')).toMatchObject({ 'X-Goog-Authenticated-User-Id': 'accounts.google.com:u-1' })
    expect(fields('none')).toEqual({ 'X-Einlass-Jwt-Assertion': 'jwt' })
  })

  test('every header of a preset is reserved', () => {
    for (const name of presetNames) expect(rules.isManaged(name)).toBe(true)
  })

  test('no value injects a field, and no group is read as another', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string(),
      fc.constantFrom('a\r\nX: 1', 'a,admin', ' a', '\u0085'),
    )
    fc.assert(
      fc.property(fc.array(text), text, fc.constantFrom(...presets), (groups, email, preset) => {
        const flat = identityHeaders(preset, { ...subject, email }, groups, 'jwt')
        for (let i = 0; i < flat.length; i += 2) {
          expect(flat[i + 1]).toMatch(/^[\x20-\x7e\x80-\xff]+$/)
          if (!flat[i]!.endsWith('Groups')) continue
          for (const read of Buffer.from(flat[i + 1]!, 'latin1')
            .toString('utf8')
            .split(','))
            expect(groups).toContain(read)
        }
      }),
    )
  })
})
