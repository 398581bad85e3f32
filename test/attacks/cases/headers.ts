// Attack class header injection: fields that only the gateway may set, for identity towards the app and cookies towards the browser.

import { setTimeout as pause } from 'node:timers/promises'
import { must, type AttackSuite, type RawAttack } from '../case.ts'
import { domain, type Environment } from '../environment.ts'
import { identityNames } from '../../../src/config/header-names/identity-names.ts'
import { handshake } from '../control-requests.ts'
import { plainRequest } from '../run-raw-attack.ts'
import { field } from '../raw-tls-client.ts'

const forged = 'mallory-was-here'

const ask = (ground: Environment, fields: string): string =>
  `GET /app/echo HTTP/1.1\r\nHost: ${ground.host('wiki')}\r\nCookie: ${ground.cookie('wiki')}\r\n${fields}\r\n`

const claimed = (name: string, fields: readonly string[]): RawAttack => ({
  name,
  bytes: (ground) => ask(ground, fields.map((one) => `${one}: ${forged}\r\n`).join('')),
  expected: { status: [200, 400], absentValue: [forged], once: ['host', 'x-forwarded-user'] },
})

const about = ['user', 'email', 'groups', 'preferred-username'] as const

const believed = identityNames.flatMap(({ names }) => names.map((one) => one.replace('*', 'user')))
const products: readonly RawAttack[] = Array.from({ length: Math.ceil(believed.length / 30) }, (_, page) =>
  claimed(`identity as other products say it, part ${page + 1}`, believed.slice(30 * page, 30 * page + 30)),
)
const otherProducts: readonly RawAttack[] = [
  ...products,
  {
    name: 'identity as other products say it, on a handshake',
    bytes: (ground) => {
      const fields = believed.slice(0, 60).map((one) => `${one}: ${forged}\r\n`)
      return ask(ground, `${handshake}Origin: ${ground.origin('wiki')}\r\n${fields.join('')}`)
    },
    expected: { status: [101], absentValue: [forged] },
  },
]

export const headers: AttackSuite = {
  class: 'header-spoofing',
  raw: [
    claimed(
      'identity as we say it ourselves',
      about.map((one) => `X-Forwarded-${one}`),
    ),
    ...['_', '.', '~', '+', '*', "'", '!', '|', '^', '`', '%', '&', '$', '#'].map((mark) =>
      claimed(`identity with ${mark} for a hyphen`, [`X${mark}Forwarded${mark}User`, `x-forwarded${mark}email`]),
    ),
    claimed('identity as other gateways say it', [
      'X-Auth-Request-User',
      'Remote-User',
      'Remote-Groups',
      'X-Pomerium-Claim-Email',
      'X-Goog-Authenticated-User-Email',
      'Cf-Access-Authenticated-User-Email',
      'X-WebAuth-User',
      'X-Remote-User',
      'X-Authentik-Username',
      'X-Amzn-Oidc-Identity',
      'X-MS-Client-Principal-Name',
      'OIDC_CLAIM_email',
    ]),
    ...otherProducts,
    claimed('a signed assertion of ours', ['X-Einlass-Jwt-Assertion', 'x_einlass_jwt_assertion', 'X-Einlass-Anything']),
    claimed('where a request comes from', [
      'Forwarded',
      'X-Forwarded',
      'X-Forwarded-For',
      'X-Real-IP',
      'True-Client-IP',
      'X-Client-IP',
      'X-Envoy-External-Address',
      'Fastly-Client-IP',
      'CF-Connecting-IP',
    ]),
    claimed('where a request goes to', [
      'X-Original-URL',
      'X-Rewrite-URL',
      'X-Forwarded-Host',
      'X-Forwarded-Prefix',
      'X-Host',
      'X-HTTP-Host-Override',
      'X-Original-Method',
      'X-HTTP-Method-Override',
    ]),
    claimed('an unverified client certificate', [
      'X-Client-Cert',
      'Client-Cert',
      'X-SSL-Client-Verify',
      'SSL-Client-S-DN',
    ]),
    claimed('who may ask the proxy', ['Proxy-Authorization', 'Proxy', 'Proxy-Connection']),
    {
      name: 'gateway fields listed in Connection (hop-by-hop)',
      bytes: (ground) =>
        ask(
          ground,
          'Connection: X-Forwarded-User, x-einlass-jwt-assertion\r\nCONNECTION: x-request-id, traceparent\r\n',
        ),
      expected: {
        status: [200, 400],
        once: ['x-forwarded-user', 'x-einlass-jwt-assertion', 'x-request-id', 'traceparent', 'x-forwarded-for'],
      },
    },
    {
      name: 'Host and Cookie named as belonging to this hop',
      bytes: (ground) => ask(ground, 'Connection: Host, Cookie, Content-Length\r\n'),
      expected: { status: [200, 400], once: ['host'] },
    },
    {
      name: 'identity in a trailer',
      bytes: (ground) =>
        `POST /form HTTP/1.1\r\nHost: ${ground.host('wiki')}\r\nCookie: ${ground.cookie('wiki')}\r\nTrailer: X-Forwarded-User\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Forwarded-User: ${forged}\r\n\r\n`,
      expected: { status: [200, 400], absentValue: [forged], absent: ['trailer'] },
    },
    {
      name: 'the session cookie among others',
      bytes: (ground) =>
        ask(ground, '').replace(ground.cookie('wiki'), `a=1; ${ground.cookie('wiki')}; __host-einlass=x; b=2`),
      expected: { status: [200], equal: { cookie: 'a=1; b=2' } },
    },
    {
      name: 'names of Object.prototype',
      bytes: (ground) => ask(ground, '__proto__: a\r\nconstructor: b\r\n__defineGetter__: c\r\nvalueOf: d\r\n'),
      expected: { status: [200] },
    },
    {
      name: 'too many header fields',
      bytes: (ground) => ask(ground, Array.from({ length: 150 }, (_, index) => `X-${index}: a\r\n`).join('')),
      expected: { status: [400, 431], closed: true, atMost: 0 },
    },
    {
      name: 'a field of 40 KB',
      bytes: (ground) => ask(ground, `X-Long: ${'a'.repeat(40_000)}\r\n`),
      expected: { status: [400, 431], closed: true, atMost: 0 },
    },
    {
      name: 'identity on a public page',
      bytes: (ground) =>
        `GET /public/x HTTP/1.1\r\nHost: ${ground.host('wiki')}\r\nX-Forwarded-User: ${forged}\r\nX-Einlass-Jwt-Assertion: ${forged}\r\n\r\n`,
      expected: {
        status: [200],
        absent: ['x-forwarded-user', 'x-forwarded-email', 'x-einlass-jwt-assertion'],
        absentValue: [forged],
      },
    },
  ],
  checks: [
    {
      name: 'an app sets or deletes the session cookie, in any spelling',
      async run(ground) {
        ground.odd.behave = ({ socket }, whole) =>
          void whole.then(() =>
            socket.write(
              [
                'HTTP/1.1 200 OK',
                'Content-Length: 2',
                'Set-Cookie: __Host-einlass=planted; Path=/; Secure',
                'Set-Cookie: __host-EINLASS=planted; Path=/',
                'Set-Cookie: =__Host-einlass=planted',
                'Set-Cookie: __Host-einlass=; Max-Age=0; Path=/; Secure',
                'Set-Cookie: __Host-einlass-nonce=planted; Path=/; Secure',
                `Set-Cookie: wide=1; Domain=${domain}`,
                'Set-Cookie: own=1; Path=/',
                'Clear-Site-Data: "cookies"',
                '',
                'ok',
              ].join('\r\n'),
            ),
          )
        const heard = await ground.send(plainRequest(ground, 'odd'), { servername: `odd.${domain}` })
        const set = heard.answers[0]?.headers.filter(([name]) => name.toLowerCase() === 'set-cookie') ?? []
        must(heard.answers[0]?.status === 200, 'the answer', heard.text)
        must(!/einlass/i.test(JSON.stringify(set)), 'no cookie of ours', set)
        must(!/domain=/i.test(JSON.stringify(set)), 'no cookie for the parent domain', set)
        must(JSON.stringify(set).includes('own=1'), 'its own cookie', set)
        must(field(heard.answers[0], 'clear-site-data') === undefined, 'cookies are not cleared', heard.text)
      },
    },
    {
      name: 'an app nominates fields for removal, and sends hop-by-hop fields',
      async run(ground) {
        ground.odd.behave = ({ socket }, whole) =>
          void whole.then(() =>
            socket.write(
              'HTTP/1.1 200 OK\r\nConnection: x-secret, content-length, content-type\r\nX-Secret: 1\r\nKeep-Alive: timeout=999\r\nProxy-Authenticate: Basic\r\nAlt-Svc: h3=":443"\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok',
            ),
          )
        const { answers, text } = await ground.send(plainRequest(ground, 'odd'), { servername: `odd.${domain}` })
        for (const name of ['x-secret', 'proxy-authenticate', 'alt-svc']) {
          must(field(answers[0], name) === undefined, `no ${name}`, text)
        }
        must(!/timeout=999/.test(text), 'no Keep-Alive of another hop', text)
        must(answers[0]?.body === 'ok' && answers[0].complete, 'the framing as it was', text)
      },
    },
    {
      name: 'claims with line ends, separators and letters of every script',
      async run(ground) {
        const before = { ...ground.provider.person }
        const long = 'x'.repeat(20_000)
        const names = ['Al\r\nX-Admin: 1', 'Al\nX-Admin: 1', 'Al\0X-Admin: 1', 'Zoë 张伟 😀', long, '\u202eevil\u2028']
        try {
          for (const text of names) {
            const person = ground.person()
            Object.assign(ground.provider.person, {
              sub: `odd-${names.indexOf(text)}`,
              name: text,
              preferred_username: text,
              email: `${text}@corp.test`,
              groups: ['staff', text, 'staff,admin', 'staff;admin', 'staff\tadmin'],
            })
            const before = ground.upstream.requests.length
            const seen = await person.signIn(`${ground.origin('erp')}/claims`, ground.port)
            must(seen.status < 500, 'no incident', seen.status)
            await pause(20)
            const reached = ground.upstream.requests.slice(before)
            for (const { values } of reached) {
              must(values('x-admin').length === 0, 'no field of its own', values('x-admin'))
              must(values('x-forwarded-groups').length <= 1, 'groups once', values('x-forwarded-groups'))
              const groups = (values('x-forwarded-groups')[0] ?? '').split(',').map((one) => one.trim())
              must(!groups.includes('admin'), 'no group made of a part of another', groups)
              must(values('x-forwarded-user').join('').length < 8192, 'a bounded field', values('x-forwarded-user'))
            }
            const bosses = await person.ask(`${ground.origin('bosses')}/`, ground.port)
            must(bosses.status !== 200, 'no rule for admin to match', bosses.status)
            person.close()
          }
        } finally {
          Object.assign(ground.provider.person, before)
        }
      },
    },
  ],
}
