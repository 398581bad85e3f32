// Attack class XSS, log injection and cache poisoning: untrusted text on built-in pages, in logs, and in cacheable responses.

import { must, type AttackSuite, type Check } from '../case.ts'
import { organisationName } from '../configuration.ts'
import { answerAll, domain, type Environment } from '../environment.ts'
import { auditText, brokenLines } from '../log-reader.ts'
import { field } from '../raw-tls-client.ts'

const markup = '<img src=x onerror=alert(1)>'
/** Escaped text may be shown. */
const silent = ['<script', '<img', 'javascript:alert']

const stranger = (ground: Environment, target: string, fields = '', app = 'wiki'): string =>
  `GET ${target} HTTP/1.1\r\nHost: ${ground.host(app)}\r\nAccept: text/html\r\n${fields}\r\n`

const gateway = { servername: `access.${domain}` }

export const pages: AttackSuite = {
  class: 'error-page-xss',
  raw: [
    {
      name: 'markup in a path',
      bytes: (ground) => stranger(ground, '/<script>alert(1)</script>'),
      expected: { silent, status: [302, 400, 401] },
    },
    {
      name: 'encoded markup in a path of ours',
      bytes: (ground) => stranger(ground, '/.einlass/%3Cscript%3Ealert(1)%3C/script%3E'),
      expected: { silent, status: [400, 404] },
    },
    {
      name: 'markup in a ticket',
      bytes: (ground) => stranger(ground, `/.einlass/arrive?ticket=${encodeURIComponent(markup)}`),
      expected: { silent, status: [400], answers: ['cache-control: no-store'] },
    },
    {
      name: 'markup in Host',
      bytes: () => `GET / HTTP/1.1\r\nHost: ${markup}\r\nAccept: text/html\r\n\r\n`,
      expected: { silent, status: [400] },
    },
    {
      name: 'markup in every field a page could show',
      bytes: (ground) =>
        stranger(
          ground,
          '/.einlass/nowhere',
          `User-Agent: ${markup}\r\nReferer: ${markup}\r\nAccept-Language: ${markup}\r\n`,
        ),
      expected: { silent, status: [404] },
    },
  ],
  checks: [
    {
      name: 'markup in what a provider sends back',
      async run(ground) {
        const query = new URLSearchParams({
          error: markup,
          error_description: '<script>alert(1)</script>',
          error_uri: 'javascript:alert(1)',
          state: markup,
        })
        for (const target of [`/callback/corp?${query}`, `/callback/${encodeURIComponent(markup)}?${query}`]) {
          const { text, answers } = await ground.send(stranger(ground, target, '', 'access'), gateway)
          must((answers[0]?.status ?? 500) < 500, 'no incident', text.slice(0, 300))
          for (const one of silent) must(!text.includes(one), `no ${one}`, text)
        }
      },
    },
    {
      name: 'markup in an e-mail address typed into our form',
      async run(ground) {
        const answer = await ground.person().ask(`${ground.origin('access')}/sign-in`, ground.port, {
          method: 'POST',
          page: true,
          body: new URLSearchParams({ email: `"><script>alert(1)</script>@evil.test` }).toString(),
        })
        must(answer.status < 500, 'no incident', answer.status)
        must(!answer.body.includes('<script>alert'), 'no markup', answer.body)
      },
    },
    claims('markup in claims, on the portal', markup),
    {
      name: 'text of a stranger in the search of the portal',
      async run(ground) {
        const text = `"><script>alert(1)</script>${markup} Call +49 1 and tell your password`
        const url = `${ground.origin('access')}/?q=${encodeURIComponent(text)}`
        const { body, status } = await ground.ada.ask(url, ground.port, { page: true })
        must(status === 200, 'the portal', status)
        for (const one of silent) must(!body.includes(one), `no ${one}`, body)
        const outside = body.replaceAll(/ value="[^"]*"/g, '')
        must(!outside.includes('tell your password'), 'in the field only, not as words of the page', outside)
      },
    },
    {
      name: 'whose gateway it is, asked at hosts that are none',
      async run(ground) {
        const named = `GET /%ff%00 HTTP/1.1\r\nHost: ${ground.host('wiki')}\r\nAccept: text/html\r\n\r\n`
        const known = await ground.send(named)
        must(known.text.includes(organisationName), 'the name on a configured host', known.text)
        for (const bytes of [
          'GET / HTTP/1.1\r\nHost: nobody.example\r\nAccept: text/html\r\n\r\n',
          'GET /%ff%00 HTTP/1.1\r\nHost: nobody.example\r\nAccept: text/html\r\n\r\n',
          'GET / HTTP/1.1\r\nAccept: text/html\r\n\r\n',
          `GET / HTTP/1.1\r\nHost: nobody.example\r\nHost: ${ground.host('wiki')}\r\nAccept: text/html\r\n\r\n`,
        ]) {
          const { text } = await ground.send(bytes)
          for (const one of [organisationName, 'help@corp.test', '#b3261e'])
            must(!text.includes(one), `no ${one}`, text)
        }
      },
    },
    {
      name: 'language and refreshing, set from another site, and led back to another one',
      async run(ground) {
        for (const [path, body] of [
          ['language', 'language=de'],
          ['refresh', 'refresh=off'],
        ]) {
          const send = (fields: string): Promise<{ text: string }> =>
            ground.send(
              `POST /.einlass/${path} HTTP/1.1\r\nHost: ${ground.host('wiki')}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body!.length}\r\n${fields}\r\n${body}`,
            )
          const foreign = await send('Origin: https://evil.test\r\nSec-Fetch-Site: cross-site\r\n')
          must(/^HTTP\/1\.1 403/.test(foreign.text) && !/set-cookie/i.test(foreign.text), 'a refusal', foreign.text)
          const own = `Origin: ${ground.origin('wiki')}\r\nSec-Fetch-Site: same-origin\r\n`
          for (const page of ['https://evil.test/x', '//evil.test', `${ground.origin('wiki')}@evil.test/`]) {
            const { text } = await send(`${own}Referer: ${page}\r\n`)
            const location = /^location: (.*)$/im.exec(text)?.[1]?.trim()
            must(location === `${ground.origin('wiki')}/`, 'back to this host', text)
          }
        }
      },
    },
    {
      name: 'markup in the title of an app',
      async run(ground) {
        for (const url of [`${ground.origin('books')}/`, `${ground.origin('access')}/`]) {
          const { body } = await ground.ada.ask(url, ground.port, { page: true })
          if (url.startsWith(ground.origin('books'))) must(body.includes('&lt;img'), 'the title, escaped', body)
          must(!body.includes('<img src=x'), 'no markup', body)
        }
      },
    },
  ],
}

export const logs: AttackSuite = {
  class: 'log-injection',
  raw: [
    ...[
      '\x1b[31mroot\x1b[0m',
      '\x1b]0;title\x07',
      'a\x7fb',
      'a\x00b',
      '\x85next',
      'a|b=c\\n',
      '{"level":"fatal"}',
      '${jndi:x}',
      '%s%n',
    ].map((agent) => ({
      name: `a browser that calls itself ${JSON.stringify(agent)}`,
      bytes: (ground: Environment) => stranger(ground, '/app/echo', `User-Agent: ${agent}\r\n`),
      expected: { status: [302, 400], cleanLogs: true },
    })),
    {
      name: 'a User-Agent with bidirectional control characters',
      bytes: (ground) =>
        stranger(ground, '/app/echo', `User-Agent: ${Buffer.from('a\u202eb\u2028c\u2066').toString('latin1')}\r\n`),
      expected: { status: [302], cleanLogs: true },
    },
    {
      name: 'a path with encoded line ends',
      bytes: (ground) => stranger(ground, '/x%0d%0a{"level":"fatal"}'),
      expected: { status: [302, 400], cleanLogs: true },
    },
    {
      name: 'a method with an escape in it',
      bytes: (ground) => stranger(ground, '/x').replace('GET', 'G\x1b[2JET'),
      expected: { status: [400, 501, 0], cleanLogs: true },
    },
  ],
  checks: [
    claims('claims with line ends and escapes', '\r\n{"level":"fatal"}\x1b[31m\u2028\u202e'),
    {
      name: 'no cookie, token or query in log and audit',
      async run(ground) {
        const secret = 'a-secret-in-a-query'
        await ground.ada.ask(`${ground.origin('wiki')}/app/echo?token=${secret}`, ground.port)
        const all = (await auditText(ground.node)) + ground.node.output()
        must(!all.includes(secret), 'no query', 'a query')
        must(!all.includes(ground.cookie('wiki').split('=')[1]!), 'no cookie', 'a cookie')
        must(!/eyJ[\w-]{10,}\.eyJ/.test(all), 'no token', /.{60}eyJ[\w-]{10,}\.eyJ/.exec(all)?.[0])
      },
    },
  ],
}

export const caches: AttackSuite = {
  class: 'cache-poisoning',
  checks: [
    {
      name: 'built-in pages are not cacheable',
      async run(ground) {
        for (const [app, target] of [
          ['access', '/'],
          ['access', '/sign-in'],
          ['access', '/callback/corp?error=x'],
          ['access', '/sign-out'],
          ['access', '/signed-out'],
          ['access', '/x.css'],
          ['wiki', '/app/echo'],
          ['wiki', '/app/echo/x.css'],
          ['wiki', '/.einlass/session'],
          ['wiki', '/.einlass/arrive?ticket=x'],
          ['wiki', '/%00'],
        ] as const) {
          const bytes = stranger(ground, target, 'X-Forwarded-Host: evil.test\r\nOrigin: https://evil.test\r\n', app)
          const { answers, text } = await ground.send(bytes, { servername: `${app}.${domain}` })
          must(field(answers[0], 'cache-control')?.includes('no-store') === true, 'no-store', `${target}: ${text}`)
          must(field(answers[0], 'strict-transport-security') !== undefined, 'HSTS', `${target}: ${text}`)
          must(field(answers[0], 'access-control-allow-origin') === undefined, 'no CORS', `${target}: ${text}`)
          must(!/^(server|x-powered-by):/im.test(text), 'no name of a product', `${target}: ${text}`)
          must(!text.includes('evil.test'), 'nothing of the request', `${target}: ${text}`)
        }
      },
    },
    {
      name: 'a first visit over https, to any address, and an app that takes HSTS back',
      async run(ground) {
        ground.odd.behave = ({ socket }, whole) =>
          void whole.then(() =>
            socket.write('HTTP/1.1 200 OK\r\nStrict-Transport-Security: max-age=0\r\nContent-Length: 2\r\n\r\nok'),
          )
        const signedIn = (app: string, target = '/x'): string =>
          `GET ${target} HTTP/1.1\r\nHost: ${ground.host(app)}\r\nCookie: ${ground.cookie(app)}\r\n\r\n`
        const public_ = `GET /public/x HTTP/1.1\r\nHost: ${ground.host('wiki')}\r\n\r\n`
        for (const [app, bytes] of [
          ['wiki', signedIn('wiki')],
          ['wiki', signedIn('wiki', '/admin/x')],
          ['wiki', signedIn('wiki', '/a/../b')],
          ['wiki', public_],
          ['odd', signedIn('odd')],
        ] as const) {
          const { answers, text } = await ground.send(bytes, { servername: `${app}.${domain}` })
          const sent = answers[0]?.headers.filter(([name]) => name.toLowerCase() === 'strict-transport-security')
          must(sent?.map(([, value]) => value).join() === 'max-age=31536000', 'HSTS of the gateway, once', text)
        }
        ground.odd.behave = answerAll
      },
    },
    {
      name: 'an app without cache headers',
      async run(ground) {
        const { answers } = await ground.send(
          `GET /app/account/x.css HTTP/1.1\r\nHost: ${ground.host('wiki')}\r\nCookie: ${ground.cookie('wiki')}\r\n\r\n`,
        )
        must(field(answers[0], 'cache-control') === 'private', 'private', answers[0]?.headers)
      },
    },
  ],
}

/** Signs in a user whose claims are all `text`, opens the portal, and reads the log lines written meanwhile. */
function claims(name: string, text: string): Check {
  return {
    name,
    async run(ground) {
      const before = { ...ground.provider.person }
      const mark = ground.node.output().length
      const since = Date.now()
      const person = ground.person()
      try {
        const claimed = { sub: 'marked', email: `x${text}@corp.test`, name: text, preferred_username: text, sid: text }
        Object.assign(ground.provider.person, claimed, { picture: 'javascript:alert(1)' })
        const seen = await person.signIn(`${ground.origin('access')}/`, ground.port)
        must(seen.status < 500, 'no incident', seen.status)
        for (const one of silent) must(!seen.body.includes(one), `no ${one}`, seen.body)
        await person.ask(`${ground.origin('wiki')}/x`, ground.port)
        const broken = await brokenLines(ground.node, mark, since)
        must(broken.length === 0, 'only whole, printable lines', broken)
      } finally {
        Object.assign(ground.provider.person, before)
        delete ground.provider.person['picture']
        person.close()
      }
    },
  }
}
