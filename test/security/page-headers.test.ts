// Security headers of every built-in page and endpoint, requested from a real process with every method, errors included.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { assetAt, favicon, stylesheet } from '../../src/web/kit/assets.ts'
import { render } from '../../src/web/kit/html.ts'
import { closeWindow, type InlineScript } from '../../src/web/kit/inline-scripts.ts'
import { appRoutes, gatewayRoutes } from '../../src/web/routes.ts'
import { startRawClient } from '../support/raw-client.ts'
import { createSecurityEnvironment, type SecurityEnvironment, type Seen, type Visitor } from './environment.ts'

let house: SecurityEnvironment
let ada: Visitor
let stranger: Visitor

beforeAll(async () => {
  house = await createSecurityEnvironment({ limits: { sign_ins_per_minute: 10_000 } })
  await house.start()
  ada = house.visitor()
  stranger = house.visitor()
  expect((await ada.open(`${house.app}/`)).status).toBe(200)
})
afterAll(() => house?.stop())

/** Problems with the response headers of a built-in page. */
function problems(
  { headers }: Pick<Seen, 'headers'>,
  kept: 'never' | 'minutes' | 'for ever' = 'never',
  script?: InlineScript,
): string[] {
  const policy = String(headers['content-security-policy'])
    .split(';')
    .map((directive) => directive.trim())
  const wanted: Record<string, boolean> = {
    'a policy that allows nothing by itself': policy.includes("default-src 'none'"),
    'no frame': policy.includes("frame-ancestors 'none'") && headers['x-frame-options'] === 'DENY',
    'forms to us alone': policy.includes("form-action 'self'"),
    'no base': policy.includes("base-uri 'none'"),
    'no wildcard, and no script but the one of its page':
      !/unsafe|\*|data:|https?:/.test(policy.join(';')) &&
      policy.find((directive) => directive.startsWith('script-src')) === (script && `script-src ${script.hash}`),
    nosniff: headers['x-content-type-options'] === 'nosniff',
    referrer: ['same-origin', 'no-referrer'].includes(String(headers['referrer-policy'])),
    'an origin of its own': headers['cross-origin-opener-policy'] === 'same-origin',
    'for our pages alone': headers['cross-origin-resource-policy'] === 'same-origin',
    'no features': /camera=\(\)/.test(String(headers['permissions-policy'])),
    'not in search engines': /noindex/.test(String(headers['x-robots-tag'])),
    'nothing shared with other origins': headers['access-control-allow-origin'] === undefined,
    'a name for its type': headers['content-type'] === undefined || /^[a-z]+\/[\w+-]+/.test(headers['content-type']),
    'a charset':
      !String(headers['content-type']).startsWith('text/html') || /charset=utf-8/.test(headers['content-type']!),
    'nothing about what runs it': headers.server === undefined && headers['x-powered-by'] === undefined,
    'a request id': headers['x-request-id'] !== undefined,
    cache: {
      never: headers['cache-control'] === 'no-store',
      minutes: headers['cache-control'] === 'public, max-age=300',
      'for ever': headers['cache-control'] === 'public, max-age=31536000, immutable',
    }[kept],
  }
  return Object.keys(wanted).filter((name) => !wanted[name])
}

const parameters: Readonly<Record<string, string>> = { ':provider': 'default' }
const concrete = (path: string): string => path.replace(/:\w+/, (name) => parameters[name] ?? 'x')
const asScript = { accept: 'application/json', 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'cors' }
const fromElsewhere = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
/** Each method, with the headers that lead to different responses. */
const ways: readonly [string, string, object, string?][] = [
  ['a page', 'GET', {}],
  ['a script', 'GET', asScript],
  ['HEAD', 'HEAD', {}],
  ['OPTIONS of another origin', 'OPTIONS', { ...fromElsewhere, 'access-control-request-method': 'POST' }],
  ['a method that is not there', 'DELETE', {}],
  ['a form without an origin', 'POST', {}, 'a=b'],
  ['a form of another origin', 'POST', fromElsewhere, 'a=b'],
  ['a body that is no form', 'POST', { 'content-type': 'text/plain' }, '<xml>'],
]
const everywhere = [
  ...gatewayRoutes.map((route) => ({ host: 'gateway' as const, path: route.path })),
  ...appRoutes.map((route) => ({ host: 'app' as const, path: route.path })),
  ...['/nothing', '/.einlass/nothing', '/?error=<script>', '/callback/nobody?code=x&state=y&error_description=<b>'].map(
    (path) => ({ host: 'gateway' as const, path }),
  ),
  ...['/.einlass/', '/.einlass/nothing', '/.einlass/arrive?ticket=x'].map((path) => ({
    host: 'app' as const,
    path,
  })),
]

describe.each(everywhere)('$host $path', ({ host, path }) => {
  test.each(ways)('requested as %s', async (_name, method, headers, body) => {
    const kept = path.endsWith('jwks.json') && (method === 'GET' || method === 'HEAD') ? 'minutes' : 'never'
    // Sign-out would end the session, so it is requested without one.
    const visitors = method === 'POST' ? [stranger] : [stranger, ada]
    for (const visitor of visitors) {
      const answer = await visitor.ask(house[host] + concrete(path), {
        method,
        headers,
        ...(body !== undefined && { body }),
      })
      const said = answer.body.includes('<script>') || (method === 'HEAD' && answer.status === 200)
      const closes = path.endsWith('/signed-in') && said ? closeWindow : undefined
      expect({ status: answer.status, problems: problems(answer, kept, closes) }).toEqual({
        status: answer.status,
        problems: [],
      })
      expect(answer.status).toBeGreaterThanOrEqual(200)
      expect(answer.status).toBeLessThan(600)
      expect(answer.body.replace(String(render(closes?.element)), '')).not.toMatch(/<script|<b>/)
      if (method !== 'GET' && method !== 'HEAD') expect(answer.status, 'an unsafe method did something').not.toBe(200)
    }
  })
})

test.each([stylesheet, favicon])(
  'the file $path may be kept for ever, and is guarded all the same',
  async ({ path }) => {
    expect(assetAt(path)).toBeDefined()
    for (const origin of [house.gateway, house.app]) {
      const answer = await stranger.ask(origin + path)
      expect([answer.status, problems(answer, 'for ever')]).toEqual([200, []])
    }
  },
)

test('responses in place of an app have them too: sign-in, denial, upstream unreachable', async () => {
  const unsigned = await stranger.ask(`${house.app}/`)
  expect([unsigned.status >= 300 && unsigned.status < 400, problems(unsigned)]).toEqual([true, []])
  const script = await stranger.ask(`${house.app}/`, { headers: asScript })
  expect([script.status, problems(script)]).toEqual([401, []])
  await house.upstream.stop()
  const gone = await ada.ask(`${house.app}/`)
  expect([gone.status, problems(gone)]).toEqual([502, []])
})

test.each([
  ['an unknown host', 'GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n', 404],
  ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
  ['two hosts', 'GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n', 400],
  ['a path that climbs', 'GET /../<script> HTTP/1.1\r\nHost: HOST\r\n\r\n', 400],
  ['a method of other resources', 'PROPFIND / HTTP/1.1\r\nHost: HOST\r\n\r\n', 405],
  ['a method that nothing has', 'GRAB / HTTP/1.1\r\nHost: HOST\r\n\r\n', 405],
  ['a method that no one may use', 'TRACE / HTTP/1.1\r\nHost: HOST\r\n\r\n', 501],
  ['too many fields', `GET / HTTP/1.1\r\nHost: HOST\r\n${'X-A: b\r\n'.repeat(150)}\r\n`, 431],
])('rejections of invalid requests have them too: %s', async (_name, bytes, status) => {
  const client = startRawClient(house.port, bytes.replace('HOST', new URL(house.gateway).host))
  const text = await client.until(/\r\n\r\n/)
  client.socket.destroy()
  const [first, ...lines] = text.split('\r\n\r\n')[0]!.split('\r\n')
  expect(first).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
  // A request that could not be parsed has no request id.
  expect(problems({ headers }).filter((name) => name !== 'a request id')).toEqual([])
  expect(text).not.toContain('<script')
})

test.each([
  ['a method that is no token', 'GR[AB / HTTP/1.1\r\nHost: HOST\r\n\r\n'],
  ['nothing that is HTTP', 'hello\r\n\r\n'],
  ['a length that is none', 'POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: <script>\r\n\r\n'],
])('an unparsable request is rejected without a body: %s', async (_name, bytes) => {
  const client = startRawClient(house.port, bytes.replace('HOST', new URL(house.gateway).host))
  await client.over
  // No body and no type: nothing a browser could render, frame or cache.
  expect(client.text()).toMatch(
    /^HTTP\/1\.1 400 Bad Request\r\n(?:(?:Connection: close|Content-Length: 0|Date: [^\r\n]+)\r\n)*\r\n$/,
  )
})
