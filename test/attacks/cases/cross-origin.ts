// Attack class CSRF between applications: a page of one application, or a stranger, writes to another in the user's name.

import http2 from 'node:http2'
import { must, type AttackSuite, type RawAttack } from '../case.ts'
import { handshake } from '../control-requests.ts'
import { domain, type Environment } from '../environment.ts'
import { summary } from '../run-raw-attack.ts'

/** Origin in `trusted_origins` of the wiki. */
export const trusted = (ground: Environment): string => ground.origin('shop')

const request = (ground: Environment, method: string, fields: string, signedIn = true): string => {
  const cookie = signedIn ? `Cookie: ${ground.cookie('wiki')}\r\n` : ''
  return `${method} /app/save HTTP/1.1\r\nHost: ${ground.host('wiki')}\r\n${cookie}${fields}`
}
const form = 'Content-Type: application/x-www-form-urlencoded\r\n'
const body = 'Content-Length: 5\r\n\r\na=b&c'
const preflight = 'Access-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: x-test\r\n'
const identity = ['cookie', 'x-forwarded-user', 'x-forwarded-email', 'x-einlass-jwt-assertion']

/** Fields that show, or hide, that another page sent the request. */
const foreign: readonly (readonly [name: string, fields: (ground: Environment) => string])[] = [
  ['a sibling', (ground) => `Origin: ${ground.origin('erp')}\r\nSec-Fetch-Site: same-site\r\n`],
  ['a sibling, in an old browser', (ground) => `Origin: ${ground.origin('erp')}\r\n`],
  ['another site', () => 'Origin: https://evil.test\r\nSec-Fetch-Site: cross-site\r\n'],
  ['the gateway', (ground) => `Origin: ${ground.origin('access')}\r\nSec-Fetch-Site: same-site\r\n`],
  ['a sandboxed frame', () => 'Origin: null\r\nSec-Fetch-Site: cross-site\r\n'],
  ['an origin that is null', () => 'Origin: null\r\n'],
  ['an origin that is empty', () => 'Origin: \r\n'],
  ['a page without Origin', () => 'Sec-Fetch-Site: same-site\r\n'],
  ['a page known by its Referer', (ground) => `Referer: ${ground.origin('erp')}/page\r\n`],
  ['a Referer with our name in front', (ground) => `Referer: https://wiki.${domain}@evil.test:${ground.port}/\r\n`],
  ['our origin over http', (ground) => `Origin: ${ground.origin('wiki').replace('https', 'http')}\r\n`],
  ['our origin on another port', (ground) => `Origin: ${ground.origin('wiki').replace(/:\d+$/, '')}\r\n`],
  ['our origin, contradicted', (ground) => `Origin: ${ground.origin('wiki')}\r\nSec-Fetch-Site: cross-site\r\n`],
  ['two origins', (ground) => `Origin: ${ground.origin('wiki')}\r\nOrigin: https://evil.test\r\n`],
  ['two origins in one field', (ground) => `Origin: ${ground.origin('wiki')}, https://evil.test\r\n`],
  ['two sites', (ground) => `Origin: ${ground.origin('wiki')}\r\nSec-Fetch-Site: same-origin, cross-site\r\n`],
  ['a trusted origin in capitals', (ground) => `Origin: ${trusted(ground).toUpperCase()}\r\n`],
  ['a longer name than the trusted one', (ground) => `Origin: ${trusted(ground)}.evil.test\r\n`],
  ['an old browser that hides all', () => 'User-Agent: Mozilla/5.0 Firefox/60.0\r\n'],
]

const writes: readonly RawAttack[] = foreign.flatMap(([name, fields]) =>
  (name === 'an old browser that hides all' ? ['POST'] : ['POST', 'PUT', 'PATCH', 'DELETE']).map((method) => ({
    name: `${method} from ${name}`,
    bytes: (ground: Environment) => request(ground, method, `${fields(ground)}${form}${body}`),
    expected: { status: [400, 403], atMost: 0, silent: ['Access-Control-Allow'] },
  })),
)

const handshakes: readonly RawAttack[] = foreign.map(([name, fields]) => ({
  name: `a handshake from ${name}, by the one origin check`,
  bytes: (ground) => `${request(ground, 'GET', `${fields(ground)}${handshake}`)}\r\n`,
  expected: { status: [400, 403], atMost: 0 },
}))

const preflights: readonly RawAttack[] = [
  ...['https://evil.test', 'null', ''].map((origin) => ({
    name: `a preflight from ${JSON.stringify(origin)}`,
    bytes: (ground: Environment) => `${request(ground, 'OPTIONS', `Origin: ${origin}\r\n${preflight}`, false)}\r\n`,
    expected: { status: [401, 403], atMost: 0, silent: ['Access-Control-Allow'] },
  })),
  {
    name: 'a preflight from a sibling',
    bytes: (ground) => `${request(ground, 'OPTIONS', `Origin: ${ground.origin('erp')}\r\n${preflight}`, false)}\r\n`,
    expected: { status: [403], atMost: 0, silent: ['Access-Control-Allow'] },
  },
  {
    name: 'a preflight from a trusted origin carries no identity',
    bytes: (ground) => {
      const spoofed = 'X-Forwarded-User: admin\r\nX-Einlass-Jwt-Assertion: a.b.c\r\n'
      return `${request(ground, 'OPTIONS', `Origin: ${trusted(ground)}\r\n${preflight}${spoofed}`, false)}\r\n`
    },
    expected: { status: [200], absent: identity },
  },
  ...[
    ['an app cookie', 'Cookie: app_session=stolen\r\n', ''],
    ['credentials', 'Authorization: Basic YWRtaW46YWRtaW4=\r\n', ''],
    ['a body', 'Content-Length: 5\r\n', 'hello'],
    ['a chunked body', 'Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r\n'],
  ].map(([name, field, content]) => ({
    name: `a stranger's preflight with ${name}, from a trusted origin`,
    bytes: (ground: Environment) =>
      `${request(ground, 'OPTIONS', `Origin: ${trusted(ground)}\r\n${preflight}${field}`, false)}\r\n${content}`,
    expected: { status: [401], atMost: 0 },
  })),
  ...['GET', 'POST', 'PUT'].map((method) => ({
    name: `a stranger's ${method} dressed as a preflight`,
    bytes: (ground: Environment) =>
      `${request(ground, method, `Origin: ${trusted(ground)}\r\n${preflight}X-HTTP-Method-Override: OPTIONS\r\n`, false)}\r\n`,
    expected: { status: [401], atMost: 0 },
  })),
]

const answers: readonly RawAttack[] = [
  {
    name: 'the 401 for a trusted origin is readable there, and never for *',
    bytes: (ground) => `${request(ground, 'GET', `Origin: ${trusted(ground)}\r\n`, false)}\r\n`,
    expected: {
      status: [401],
      atMost: 0,
      answers: [
        'access-control-allow-origin: https://shop',
        'access-control-allow-credentials: true',
        'vary: Accept-Language, Origin',
      ],
      silent: ['Access-Control-Allow-Origin: *'],
    },
  },
  ...['https://evil.test', 'null'].map((origin) => ({
    name: `the 401 for ${origin} is not readable`,
    bytes: (ground: Environment) => `${request(ground, 'GET', `Origin: ${origin}\r\n`, false)}\r\n`,
    expected: { status: [401], atMost: 0, silent: ['Access-Control-Allow'] },
  })),
  ...['<script>alert(1)</script>', 'https://evil.test/"><b>', 'https://evil.test/call-0800', 'javascript:alert(1)'].map(
    (origin) => ({
      name: `the refusal does not repeat ${origin}`,
      bytes: (ground: Environment) =>
        request(ground, 'POST', `Accept: text/html\r\nOrigin: ${origin}\r\n${form}${body}`),
      expected: { status: [403], atMost: 0, silent: [origin, 'alert(1)', 'call-0800'] },
    }),
  ),
]

export const crossOrigin: AttackSuite = {
  class: 'csrf',
  raw: [
    ...writes,
    ...handshakes,
    ...preflights,
    ...answers,
    {
      name: 'a webhook to a public path comes from anywhere, without identity',
      bytes: (ground) =>
        request(ground, 'POST', `Origin: https://evil.test\r\nSec-Fetch-Site: cross-site\r\n${body}`).replace(
          '/app/save',
          '/health',
        ),
      expected: { status: [200], absent: identity.filter((name) => name !== 'cookie') },
    },
    ...['Sec-Fetch-Site: same-origin\r\nOrigin: null\r\n', 'User-Agent: curl/8.5.0\r\n', ''].map((fields) => ({
      name: `an honest write with ${JSON.stringify(fields)} is forwarded`,
      bytes: (ground: Environment) => request(ground, 'POST', `${fields}${form}${body}`),
      expected: { status: [200] },
    })),
    {
      name: 'a write from a trusted origin is forwarded',
      bytes: (ground) =>
        request(ground, 'POST', `Origin: ${trusted(ground)}\r\nSec-Fetch-Site: same-site\r\n${form}${body}`),
      expected: { status: [200] },
    },
  ],
  checks: [
    {
      name: 'a write of a sibling over HTTP/2',
      async run(ground) {
        const own = ground.origin('wiki')
        const session = http2.connect(`https://127.0.0.1:${ground.port}`, {
          ca: ground.ca,
          servername: `wiki.${domain}`,
        })
        session.on('error', () => {})
        const write = (fields: Readonly<Record<string, string>>): Promise<number> =>
          new Promise((resolve, reject) => {
            const stream = session.request({
              ':method': 'POST',
              ':path': '/app/save',
              ':authority': ground.host('wiki'),
              cookie: ground.cookie('wiki'),
              ...fields,
            })
            stream.on('response', (headers) => resolve(Number(headers[':status'])))
            stream.on('error', reject)
            stream.resume()
            stream.end('a=b')
          })
        try {
          const refused: readonly Readonly<Record<string, string>>[] = [
            { origin: ground.origin('erp'), 'sec-fetch-site': 'same-site' },
            { origin: own, 'sec-fetch-site': 'cross-site' },
            { origin: `${own}, https://evil.test` },
            { 'sec-fetch-site': 'cross-site' },
          ]
          for (const fields of refused) {
            const before = ground.upstream.requests.length
            const status = await write(fields)
            must(status === 403, '403', { status, fields })
            must(ground.upstream.requests.length === before, 'nothing at the upstream', fields)
          }
          const status = await write({ origin: own, 'sec-fetch-site': 'same-origin' })
          must(status === 200, '200 for the own page', status)
        } finally {
          session.destroy()
        }
      },
    },
    {
      name: 'a slow upload from an origin that is no longer trusted is cut at the reload',
      async run(ground) {
        const before = ground.upstream.requests.length
        const bytes = `${request(ground, 'POST', `Origin: ${trusted(ground)}\r\n`)}Content-Length: 1000000\r\n\r\nslow`
        const sent = ground.send(bytes, { untilClosed: true })
        while (ground.upstream.requests.length === before) await new Promise((resolve) => setTimeout(resolve, 20))
        const since = Date.now()
        try {
          await ground.configure(ground.configurationText.replace(trusted(ground), ground.origin('elsewhere')))
          const heard = await sent
          must(Date.now() - since < 2_000, 'the end within a second of the reload', Date.now() - since)
          must(heard.closed, 'a closed connection', summary(heard))
        } finally {
          await ground.configure(ground.configurationText)
        }
      },
    },
  ],
}
