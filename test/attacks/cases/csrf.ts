// Attack class CSRF: a cross-site page sends requests with the user's cookies; nothing changes.

import { must, type AttackSuite } from '../case.ts'
import { domain, type Environment } from '../environment.ts'
import { summary } from '../run-raw-attack.ts'

const places = [
  ['wiki', '/.einlass/sign-out'],
  ['access', '/sign-out'],
  ['access', '/sessions/end'],
] as const

const form = 'Content-Type: application/x-www-form-urlencoded\r\n'

/** Headers of a POST that must be rejected. `own`: origin of the host it is sent to. */
const foreign: readonly (readonly [name: string, fields: (own: string, ground: Environment) => string])[] = [
  ['from another site, says the browser', () => `${form}Sec-Fetch-Site: cross-site\r\n`],
  ['from a sibling, says the browser', () => `${form}Sec-Fetch-Site: same-site\r\n`],
  ['typed in, says the browser', () => `${form}Sec-Fetch-Site: none\r\n`],
  ['from another site with our origin forged', (own) => `${form}Sec-Fetch-Site: cross-site\r\nOrigin: ${own}\r\n`],
  ['from an origin that is null', () => `${form}Origin: null\r\n`],
  ['from a sibling’s origin', (_own, ground) => `${form}Origin: ${ground.origin('erp')}\r\n`],
  ['from our host over http', (own) => `${form}Origin: ${own.replace('https', 'http')}\r\n`],
  ['from our host on another port', (own) => `${form}Origin: ${own.replace(/:\d+$/, ':1')}\r\n`],
  ['from a longer name', (own) => `${form}Origin: ${own.replace(/:\d+$/, '.evil.test')}\r\n`],
  ['from nowhere', () => form],
  ['with a Referer alone', (own) => `${form}Referer: ${own}/\r\n`],
  ['of two origins', (own) => `${form}Origin: ${own}\r\nOrigin: https://evil.test\r\n`],
  ['of two minds', () => `${form}Sec-Fetch-Site: same-origin\r\nSec-Fetch-Site: cross-site\r\n`],
  ['as JSON from our own page', (own) => `Origin: ${own}\r\nContent-Type: application/json\r\n`],
  ['as text from our own page', (own) => `Origin: ${own}\r\nContent-Type: text/plain\r\n`],
]

export const csrf: AttackSuite = {
  class: 'csrf',
  checks: [
    ...foreign.map(([name, fields]) => ({
      name: `a form ${name}`,
      async run(ground: Environment) {
        for (const [app, path] of places) {
          const head = `POST ${path} HTTP/1.1\r\nHost: ${ground.host(app)}\r\nCookie: ${ground.cookie(app)}\r\n`
          const bytes = `${head}${fields(ground.origin(app), ground)}Content-Length: 5\r\n\r\nall=1`
          const heard = await ground.send(bytes, { servername: `${app}.${domain}` })
          const { status = 0 } = heard.answers[0] ?? {}
          must([400, 403, 415].includes(status), '400, 403 or 415', `${path}: ${summary(heard)}`)
          await stays(ground, app)
        }
      },
    })),
    {
      name: 'a link, an image, another method or a method by another name',
      async run(ground) {
        for (const [app, path] of places) {
          for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
            const head = `${method} ${path}?_method=POST HTTP/1.1\r\nHost: ${ground.host(app)}\r\nCookie: ${ground.cookie(app)}\r\n`
            const bytes = `${head}X-HTTP-Method-Override: POST\r\nX-Method-Override: POST\r\nSec-Fetch-Site: cross-site\r\n\r\n`
            const heard = await ground.send(bytes, { servername: `${app}.${domain}` })
            must(heard.answers.length === 1, 'an answer', summary(heard))
            await stays(ground, app)
          }
        }
      },
    },
    {
      name: 'the same form from the own page does sign out',
      async run(ground) {
        const person = ground.person()
        await person.signIn(`${ground.origin('wiki')}/`, ground.port)
        const head = `POST /.einlass/sign-out HTTP/1.1\r\nHost: ${ground.host('wiki')}\r\nCookie: ${ground.cookie('wiki', person)}\r\n`
        const heard = await ground.send(`${head}${form}Origin: ${ground.origin('wiki')}\r\nContent-Length: 0\r\n\r\n`)
        must(heard.answers[0]?.status === 200, '200', summary(heard))
        const after = await ground.send(
          `GET / HTTP/1.1\r\nHost: ${ground.host('wiki')}\r\nCookie: ${ground.cookie('wiki', person)}\r\n\r\n`,
        )
        must(after.answers[0]?.status === 401, '401 afterwards', summary(after))
        person.close()
      },
    },
    {
      name: 'built-in pages cannot be framed and run no script',
      async run(ground) {
        for (const [app, path, person] of [
          ['access', '/', true],
          ['access', '/sign-in?journey=x', false],
          ['access', '/sign-out', true],
          ['access', '/signed-out', false],
          ['access', '/nowhere', true],
          ['wiki', '/.einlass/sign-out', true],
          ['books', '/', true],
        ] as const) {
          const cookie = person ? `Cookie: ${ground.cookie(app)}\r\n` : ''
          const bytes = `GET ${path} HTTP/1.1\r\nHost: ${ground.host(app)}\r\n${cookie}Accept: text/html\r\n\r\n`
          const { answers } = await ground.send(bytes, { servername: `${app}.${domain}` })
          const all = (answers[0]?.headers ?? []).map(([name, value]) => `${name.toLowerCase()}: ${value}`).join('\n')
          must(/content-security-policy: default-src 'none'/.test(all), 'a policy that begins with none', all)
          must(/frame-ancestors 'none'/.test(all) && !/unsafe-/.test(all), 'no frames, nothing unsafe', all)
          must(/x-frame-options: DENY/i.test(all) && /nosniff/.test(all), 'the same for old browsers', all)
        }
      },
    },
  ],
}

async function stays(ground: Environment, app: 'wiki' | 'access'): Promise<void> {
  const bytes = `GET / HTTP/1.1\r\nHost: ${ground.host(app)}\r\nCookie: ${ground.cookie(app)}\r\n\r\n`
  const heard = await ground.send(bytes, { servername: `${app}.${domain}` })
  must(heard.answers[0]?.status === 200, 'to stay signed in', summary(heard))
}
