// Attack class CSRF and clickjacking by other sites: forms to a path that takes them, and frames around sign-in pages.

import { must, type AttackSuite, type RawAttack } from '../case.ts'
import { domain, type Environment } from '../environment.ts'

/** Its `cross_site_posts` has `/saml/acs`; `odd` embeds it. */
const app = 'wiki'
const navigate = 'Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n'
const evil = 'Origin: https://evil.test\r\nSec-Fetch-Site: cross-site\r\n'
const form = 'Content-Type: application/x-www-form-urlencoded\r\n'

function post(ground: Environment, fields: string, body: string, path = '/saml/acs'): string {
  const head = `POST ${path} HTTP/1.1\r\nHost: ${ground.host(app)}\r\nCookie: ${ground.cookie(app)}\r\n${fields}`
  return `${head}Content-Length: ${body.length}\r\n\r\n${body}`
}

const refusedPosts: readonly RawAttack[] = [
  ['a form to an undeclared path', '/saml/acs/more', `${navigate}${evil}${form}`, 403],
  ['a form to a path that begins alike', '/saml/acsx', `${navigate}${evil}${form}`, 403],
  ['a declared path in another spelling', '/saml/%61cs/', `${navigate}${evil}${form}`, 403],
  ['a declared path behind dots', '/saml/acs/../../app/delete', `${navigate}${evil}${form}`, 400],
  ['a declared path behind a parameter', '/saml/acs;/../app/delete', `${navigate}${evil}${form}`, 400],
  ['fetch to a declared path', '/saml/acs', `Sec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: empty\r\n${evil}${form}`, 403],
  [
    'fetch of a sibling to a declared path',
    '/saml/acs',
    `Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\nOrigin: https://odd.company.localhost\r\nSec-Fetch-Site: same-site\r\nAccept: text/html\r\n${form}`,
    403,
  ],
  [
    'a form that hides where it comes from',
    '/saml/acs',
    `User-Agent: Mozilla/5.0\r\nAccept: text/html\r\n${form}`,
    403,
  ],
].map(([name, path, fields, status]) => ({
  name: `${name}, with the session`,
  bytes: (ground: Environment) => post(ground, String(fields), 'a=b&c=d', String(path)),
  expected: { status: [Number(status)], atMost: 0, silent: ['accept-charset'] },
}))

/** Sent again by a page of ours at most: never forwarded as they come. */
const declared: readonly RawAttack[] = [
  ['another site', evil, 'document'],
  ['another site, in a frame', evil, 'iframe'],
  ['a sibling with the cookie', 'Origin: https://odd.company.localhost\r\nSec-Fetch-Site: same-site\r\n', 'document'],
  ['an opaque origin', 'Origin: null\r\nSec-Fetch-Site: cross-site\r\n', 'document'],
  ['our origin, contradicted', 'Sec-Fetch-Site: cross-site\r\nOrigin: OWN\r\n', 'document'],
  ['two origins in one field', 'Origin: OWN, https://evil.test\r\n', 'document'],
].map(([name, fields, destination]) => ({
  name: `a form of ${name} to a declared path is not forwarded as it comes`,
  bytes: (ground: Environment) => {
    const own = String(fields).replaceAll('OWN', ground.origin(app))
    return post(ground, `Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: ${destination}\r\n${own}${form}`, 'a=b')
  },
  expected: {
    status: [200],
    atMost: 0,
    answers: ['cache-control: no-store', "content-security-policy: default-src 'none'"],
  },
}))

const bodies: readonly RawAttack[] = [
  [
    'an end of the form',
    `a=</form><script>alert(1)</script>&"><img src=x onerror=alert(2)>=b`,
    200,
    ['<script>alert', '<img', '"><img'],
  ],
  [
    'the same, encoded',
    'a=%3C%2Fform%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E&%22%3E%3Cb%3E=%27%60%0A',
    200,
    ['<script>alert', '"><b>', "'`"],
  ],
  ['bytes that are no UTF-8', 'a=%ff%c3%28%e2%80%ae\x80\xff', 200, ['\xff', '\xc3(']],
  ['line ends', 'a=%0d%0aSet-Cookie:%20x=y%0d%0a%0d%0a<html>', 200, ['\r\nSet-Cookie', '<html>']],
  ['a NUL', 'a=b%00c', 400, ['accept-charset']],
  ['300 KB', `a=${'x'.repeat(300 * 1024)}`, 413, ['accept-charset']],
  ['a hundred thousand fields', '&a'.repeat(100_000), 413, ['accept-charset']],
].map(([name, body, status, silent]) => ({
  name: `a form of another site with ${String(name)}`,
  bytes: (ground: Environment) => post(ground, `${navigate}${evil}${form}`, String(body)),
  expected: { status: [Number(status)], atMost: 0, silent: silent as string[] },
}))

const frames = ['iframe', 'frame', 'object', 'embed']
const foreignFrames: readonly RawAttack[] = frames.flatMap((destination) =>
  [
    ['https://evil.test/', 'cross-site'],
    ['', 'cross-site'],
    ['https://erp.company.localhost/', 'same-site'],
  ].map(([referer, site]) => ({
    name: `${destination} of ${referer || 'a page that hides'} begins no sign-in`,
    bytes: (ground: Environment) => {
      const of = referer === '' ? '' : `Referer: ${referer}\r\n`
      const fields = `Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: ${destination}\r\nSec-Fetch-Site: ${site}\r\n${of}`
      return `GET /page HTTP/1.1\r\nHost: ${ground.host(app)}\r\n${fields}\r\n`
    },
    expected: { status: [401], atMost: 0, answers: ['x-frame-options: DENY'], silent: ['/sign-in?journey='] },
  })),
)

const ownPages = ['/', '/sign-in', '/sign-in?journey=x', '/sign-in/waiting?journey=x', '/signed-in', '/sign-out']

export const crossSite: AttackSuite = {
  class: 'csrf',
  raw: [
    ...refusedPosts,
    ...declared,
    ...bodies,
    ...foreignFrames,
    {
      name: 'the same form from the own page is forwarded',
      bytes: (ground) =>
        post(ground, `${navigate}Origin: ${ground.origin(app)}\r\nSec-Fetch-Site: same-origin\r\n${form}`, 'a=b'),
      expected: { status: [200] },
    },
    {
      name: 'a frame of the app that embeds it is led to the sign-in',
      bytes: (ground) =>
        `GET /page HTTP/1.1\r\nHost: ${ground.host(app)}\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\nSec-Fetch-Site: same-site\r\nReferer: ${ground.origin('odd')}/\r\n\r\n`,
      expected: { status: [302], atMost: 0 },
    },
  ],
  checks: [
    {
      name: 'pages of the gateway in a frame name no page that may show them',
      async run(ground) {
        for (const path of ownPages) {
          const fields = 'Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\nSec-Fetch-Site: same-site\r\n'
          const head = `GET ${path} HTTP/1.1\r\nHost: ${ground.host('access')}\r\nCookie: ${ground.cookie('access')}\r\n`
          const bytes = `${head}${fields}Referer: ${ground.origin('odd')}/\r\n\r\n`
          const { answers } = await ground.send(bytes, { servername: `access.${domain}` })
          const all = (answers[0]?.headers ?? []).map(([name, value]) => `${name.toLowerCase()}: ${value}`).join('\n')
          must(/frame-ancestors 'none'/.test(all) && /x-frame-options: DENY/.test(all), 'no frames', `${path}: ${all}`)
        }
      },
    },
  ],
}
