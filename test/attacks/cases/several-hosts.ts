// Attacks on an application of several hosts: its tickets, the chain of redirects between its hosts, pages of siblings.

import type { Answer, Person } from '../../support/user-client.ts'
import { walk, type Hop } from '../browser-steps.ts'
import { must, type AttackSuite } from '../case.ts'
import { domain, type Environment } from '../environment.ts'

const [page, api] = ['spread', 'spread-api']
const isJoin = ({ pathname }: URL): boolean => pathname === '/.einlass/join'

/** Up to the first host that would get a session by a ticket; and up to the first one that would prove its browser. */
const untilTicket = (ground: Environment, person: Person): Promise<URL> => untilJoin(ground, person, 2)
const untilChain = (ground: Environment, person: Person): Promise<URL> => untilJoin(ground, person, 1)

async function untilJoin(ground: Environment, person: Person, visit: number): Promise<URL> {
  let seen = 0
  const { next } = await walk(ground, person, `${ground.origin(page)}/page`, (url) => isJoin(url) && ++seen === visit)
  must(next !== undefined, 'a redirect to the other host', 'none')
  return next
}

const setsSession = ({ headers }: Answer): boolean =>
  (headers['set-cookie'] ?? []).some((line) => line.startsWith('__Host-einlass=') && !line.includes('Max-Age=0'))

const sessionAt = (person: Person, host: string): string | undefined =>
  person.jar.value(`${host}.${domain}`, '__Host-einlass')

function staysHere(ground: Environment, hops: readonly Hop[]): void {
  for (const { url } of hops) must(url.host.endsWith(`.${domain}:${ground.port}`), 'own hosts only', url.href)
}

export const severalHosts: AttackSuite = {
  class: 'session',
  checks: [
    {
      name: 'a ticket for one host of an application at another, in another browser, or twice',
      async run(ground) {
        const [owner, thief, other] = [ground.person(), ground.person(), ground.person()]
        try {
          const ticket = await untilTicket(ground, owner)
          must(
            !setsSession(await thief.ask(ticket.href, ground.port, { page: true })),
            'nothing for the thief',
            'a session',
          )
          const elsewhere = new URL(ticket.href.replace(`${api}.`, 'erp.'))
          must(
            !setsSession(await owner.ask(elsewhere.href, ground.port, { page: true })),
            'nothing elsewhere',
            'a session',
          )
          const fresh = await untilTicket(ground, other)
          must(setsSession(await other.ask(fresh.href, ground.port, { page: true })), 'the owner to arrive', 'none')
          must(!setsSession(await other.ask(fresh.href, ground.port, { page: true })), 'once', 'twice')
          const { hops } = await walk(ground, owner, ticket.href)
          must(hops.at(-1)!.url.href === `${ground.origin(page)}/page`, 'the own page', hops.at(-1)!.url.href)
        } finally {
          for (const person of [owner, thief, other]) person.close()
        }
      },
    },
    {
      name: 'the chain of one’s own sign-in, opened by somebody else',
      async run(ground) {
        const [mallory, stranger, ada] = [ground.person(), ground.person(), ground.person()]
        const { person } = ground.provider
        const sub = person['sub']
        try {
          await ada.signIn(`${ground.origin(page)}/`, ground.port)
          const before = [page, api].map((host) => sessionAt(ada, host))
          person['sub'] = 'mallory'
          const chain = await untilChain(ground, mallory)
          // Nobody is signed in as Mallory: the chain leads to a sign-in of one's own.
          person['sub'] = sub
          const { hops } = await walk(ground, stranger, chain.href, (url) => url.pathname.startsWith('/callback/'))
          must(
            hops.some(({ url }) => url.pathname === '/sign-in'),
            'a sign-in',
            hops.at(-1)!.url.href,
          )
          for (const host of [page, api]) must(sessionAt(stranger, host) === undefined, 'no session', host)
          staysHere(ground, (await walk(ground, ada, chain.href)).hops)
          const after = [page, api].map((host) => sessionAt(ada, host))
          must(JSON.stringify(after) === JSON.stringify(before), 'the own sessions', after)
        } finally {
          person['sub'] = sub
          for (const one of [mallory, stranger, ada]) one.close()
        }
      },
    },
    {
      name: 'a chain that is to end at another site',
      async run(ground) {
        const person = ground.person()
        try {
          const chain = await untilChain(ground, person)
          const text = chain.searchParams.get('chain')!
          const forged = [
            '',
            'https://evil.test',
            '//evil.test',
            `${text}.evil.test`,
            text.slice(0, -1),
            `x${text}`,
            `${text}%0d%0a`,
            `${text}&host=evil.test&page=//evil.test&end=https://evil.test`,
            `${text}&chain=${text}`,
          ]
          for (const query of forged) {
            for (const url of [`${ground.origin(api)}/.einlass/join`, `${ground.origin('access')}/sign-in/hosts`]) {
              const { hops } = await walk(ground, person, `${url}?chain=${query}`)
              staysHere(ground, hops)
              must(
                !JSON.stringify(hops.map(({ answer }) => answer.headers)).includes('evil.test'),
                'no word of it',
                query,
              )
            }
          }
          const { hops } = await walk(ground, person, `${ground.origin(page)}/.einlass/arrive?page=//evil.test`)
          staysHere(ground, hops)
        } finally {
          person.close()
        }
      },
    },
    {
      name: 'the cookie of one host of an application at its other host',
      async run(ground) {
        const before = ground.upstream.requests.length
        for (const [from, to] of [
          [page, api],
          [api, page],
        ] as const) {
          const bytes = `GET /app/echo HTTP/1.1\r\nHost: ${ground.host(to)}\r\nCookie: ${cookieAt(ground, from)}\r\n\r\n`
          const heard = await ground.send(bytes, { servername: `${to}.${domain}` })
          must(heard.answers[0]?.status === 401, '401', heard.answers[0]?.status)
        }
        must(ground.upstream.requests.length === before, 'nothing at the application', ground.upstream.requests.length)
      },
    },
  ],
}

function cookieAt(ground: Environment, host: string): string {
  return ground.cookie(host)
}

const upgrade =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'

/** By a page of `origin`, with the session of the API's host. Resolves with the status. */
async function byPage(ground: Environment, origin: string, method: string): Promise<number | undefined> {
  const fields =
    method === 'OPTIONS'
      ? 'Access-Control-Request-Method: PUT\r\n'
      : `Cookie: ${cookieAt(ground, api)}\r\n${method === 'GET' ? upgrade : 'Content-Length: 0\r\n'}`
  const bytes = `${method} /app/orders HTTP/1.1\r\nHost: ${ground.host(api)}\r\nOrigin: ${origin}\r\n${fields}\r\n`
  const heard = await ground.send(bytes, { servername: `${api}.${domain}` })
  const allowed = heard.answers[0]?.headers.find(([name]) => name.toLowerCase() === 'access-control-allow-origin')
  must(allowed === undefined || allowed[1] !== '*', 'no *', allowed)
  return heard.answers[0]?.status
}

export const severalHostsPages: AttackSuite = {
  class: 'csrf',
  checks: [
    {
      name: 'pages of a sibling, or of a host that looks alike, at the API of an application',
      async run(ground) {
        const before = ground.upstream.requests.length
        const own = ground.origin(page)
        const foreign = [
          ground.origin('odd'),
          own.replace('https', 'http'),
          own.replace(/:\d+$/, ''),
          own.replace('//', '//x.'),
          `${own}.evil.test`,
          'null',
          'https://evil.test',
          `${own}, https://evil.test`,
        ]
        for (const origin of foreign) {
          for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'GET']) {
            const status = await byPage(ground, origin, method)
            must(status === 403, `403 to ${method} from ${origin}`, status)
          }
        }
        must(ground.upstream.requests.length === before, 'nothing at the application', ground.upstream.requests.length)
        for (const [method, right] of [
          ['POST', 200],
          ['OPTIONS', 200],
          ['GET', 101],
        ] as const) {
          const status = await byPage(ground, own, method)
          must(status === right, `${right} to ${method} of the own page`, status)
        }
      },
    },
  ],
}
