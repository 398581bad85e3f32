// Fuzz target request headers: no client field in any spelling reaches the upstream as a gateway header, which occurs once.

import fc from 'fast-check'
import { createHeaderRules, type ForwardingFields } from '../../../src/proxy/headers/request-headers.ts'
import { serialize, toRawHeaders, type RequestHeaders } from '../../../src/proxy/headers/serialized-headers.ts'
import { withoutOwnCookies } from '../../../src/identity/session/cookies.ts'
import { mutate, salt } from '../mutate.ts'
import { must, opened, type FuzzTarget } from '../target.ts'

const rules = createHeaderRules(['X-Posture_Proof', 'X-Agent-*'], withoutOwnCookies)
const secret = 'S'.repeat(43)

const said: ForwardingFields = {
  host: 'erp.example.com',
  scheme: 'https',
  address: '203.0.113.7',
  requestId: 'request-1',
  identity: serialize([
    'X-Forwarded-User',
    'ada',
    'X-Forwarded-Groups',
    'staff',
    'X-Einlass-Jwt-Assertion',
    'our.jwt.here',
  ]),
}

/** Listed independently of the code under test. */
const ours = [
  'Forwarded',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Proto',
  'X-Forwarded-Port',
  'X-Forwarded-User',
  'X-Forwarded-Email',
  'X-Forwarded-Groups',
  'X-Forwarded-Anything',
  'X-Real-IP',
  'X-Original-URL',
  'X-Original-Method',
  'X-Rewrite-Url',
  'X-Einlass-Jwt-Assertion',
  'X-Einlass-Whatever',
  'Remote-User',
  'Remote-Groups',
  'X-Auth-Request-User',
  'X-Pomerium-Jwt-Assertion',
  'Cf-Access-Jwt-Assertion',
  'X-Goog-Iap-Jwt-Assertion',
  'X-Goog-Authenticated-User-Email',
  'X-Device-Id',
  'X-Device-Compliant',
  'Device-Posture',
  'X-Posture-Proof',
  'X-Agent-Version',
  'X-Request-Id',
  'X-Http-Method-Override',
  'Client-Cert',
  'X-Client-Cert',
  'Ssl-Client-Verify',
  'True-Client-Ip',
]
const hop = [
  'Keep-Alive',
  'Transfer-Encoding',
  'Upgrade',
  'HTTP2-Settings',
  'Trailer',
  'Proxy-Connection',
  'Proxy-Authorization',
  'Expect',
  'Content-Length',
  'Host',
]
const honest = ['Accept', 'User-Agent', 'Authorization', 'Content-Type', 'Origin', 'X-Csrf', 'Range']

/** Field name as CGI applications see it: case-insensitive, with all separators equal. */
const lenient = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '-')
const oursRead = new Set([...ours, ...hop].map(lenient))

const disguised = fc.constantFrom(...ours, ...hop).chain((name) =>
  fc
    .array(fc.constantFrom('-', '_', '.', '~', "'", '!', '+', '|'), { minLength: 6, maxLength: 6 })
    .chain((separators) =>
      fc
        .constantFrom<(text: string) => string>(
          (text) => text,
          (text) => text.toLowerCase(),
          (text) => text.toUpperCase(),
        )
        .map((cased) => {
          let at = 0
          return cased(name.replace(/-/g, () => separators[at++ % separators.length]!))
        }),
    ),
)
const value = fc.oneof(
  fc.constantFrom(
    'forged',
    'close, X-Forwarded-User',
    'keep-alive, authorization, host',
    'x-einlass-jwt-assertion',
    'te, X-Forwarded-For',
    'trailers',
    'gzip;q=1, trailers',
    '00-0123456789abcdef0123456789abcdef-0123456789abcdef-01',
  ),
  mutate(
    [
      `a=1; __Host-einlass=${secret}; b=2`,
      `__host-EINLASS=${secret}`,
      ` ;\t__Host-einlass-nonce=${secret}`,
      `"__Host-einlass=${secret}`,
      `=__Host-einlass=${secret}`,
    ],
    [';', ' ', '\t', '=', '"', ',', '; '],
    3,
  ),
)
const field = fc.tuple(
  fc.oneof(
    { weight: 3, arbitrary: disguised },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        'Connection',
        'connection',
        'TE',
        'Cookie',
        'cookie',
        'COOKIE',
        'traceparent',
        'tracestate',
      ),
    },
    { weight: 1, arbitrary: fc.constantFrom(...honest) },
    { weight: 1, arbitrary: mutate([...ours, 'Cookie', 'Connection'], salt, 2) },
  ),
  value,
)

/** Undefined: rejected, which is allowed only for values that could end the line. */
function requested(fields: readonly (readonly [string, string])[]): RequestHeaders | undefined {
  try {
    return rules.request(fields.flat(), said)
  } catch (error) {
    must((error as { code?: string }).code === 'invalid_header', 'it refuses in one way', error)
    must(
      fields.some(([, text]) => /[^\t\x20-\x7e\x80-\xff]/.test(text)),
      'what can be written is not refused',
      fields,
    )
    return undefined
  }
}

export const requestHeaders: FuzzTarget = {
  name: 'headers',
  law: 'nothing of ours is forged, our cookie stays here, what we say arrives once',
  weight: 1,
  open: async () =>
    opened(fc.array(field, { maxLength: 9 }), (fields) => {
      const outgoing = requested(fields)
      if (outgoing === undefined) return
      const list = toRawHeaders(outgoing)
      const got = new Map<string, string[]>()
      for (let i = 0; i < list.length; i += 2) {
        const name = list[i]!
        must(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name), 'every name is a token', name)
        const read = lenient(name)
        got.set(read, [...(got.get(read) ?? []), list[i + 1]!])
      }
      const expected: Record<string, string> = {
        host: said.host,
        'x-forwarded-for': said.address ?? 'unknown',
        'x-forwarded-host': said.host,
        'x-forwarded-proto': 'https',
        'x-forwarded-port': '443',
        'x-request-id': said.requestId,
        'x-forwarded-user': 'ada',
        'x-forwarded-groups': 'staff',
        'x-einlass-jwt-assertion': 'our.jwt.here',
      }
      for (const [name, wanted] of Object.entries(expected))
        must(got.get(name)?.length === 1 && got.get(name)![0] === wanted, `${name} is what we say, once`, got.get(name))
      for (const [name, found] of got) {
        if (!Object.hasOwn(expected, name)) must(!oursRead.has(name), `${name} did not come from a client`, found)
      }
      must(got.get('traceparent')?.length === 1, 'one traceparent', got.get('traceparent'))
      must(!got.has('connection'), 'no Connection of the client')
      if (got.has('te'))
        must(
          got.get('te')!.every((text) => text === 'trailers'),
          'TE says trailers or nothing',
        )
      for (const cookie of got.get('cookie') ?? []) {
        must(
          !cookie.split(';').some((pair) => /^[\s=\0-\x20"\x7f-\x9f]*__host-einlass/i.test(pair)),
          'our cookie stays here',
          cookie,
        )
      }
    }),
}
