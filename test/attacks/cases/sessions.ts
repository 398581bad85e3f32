// Attack class session: forged, replayed, stolen, expired and resurrected cookies and records.

import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Person } from '../../support/user-client.ts'
import { walk } from '../browser-steps.ts'
import { must, type AttackSuite, type RawAttack } from '../case.ts'
import type { Environment } from '../environment.ts'
import { summary } from '../run-raw-attack.ts'

const asks = (ground: Environment, cookie: string): string =>
  `GET /app/echo HTTP/1.1\r\nHost: ${ground.host('wiki')}\r\nCookie: ${cookie}\r\n\r\n`

const notBelieved = (name: string, cookie: (right: string) => string): RawAttack => ({
  name,
  bytes: (ground) => asks(ground, cookie(ground.cookie('wiki'))),
  expected: { status: [401, 302, 400, 431], atMost: 0, noSession: true },
})

const value = (cookie: string): string => cookie.split('=')[1]!
const withValue = (change: (value: string) => string) => (cookie: string) => `__Host-einlass=${change(value(cookie))}`

export const sessions: AttackSuite = {
  class: 'session',
  raw: [
    ...Array.from({ length: 6 }, (_, index) =>
      notBelieved(
        `a cookie with letter ${index * 8 + 1} changed`,
        withValue((text) => {
          const at = index * 8
          return text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)
        }),
      ),
    ),
    notBelieved(
      'a cookie cut short',
      withValue((text) => text.slice(0, -1)),
    ),
    notBelieved(
      'a cookie with more',
      withValue((text) => `${text}A`),
    ),
    notBelieved(
      'a cookie padded',
      withValue((text) => `${text}=`),
    ),
    notBelieved(
      'a cookie in capitals',
      withValue((text) => text.toUpperCase()),
    ),
    notBelieved(
      'a cookie in quotes',
      withValue((text) => `"${text}"`),
    ),
    notBelieved(
      'a cookie escaped',
      withValue((text) => `%${text.charCodeAt(0).toString(16)}${text.slice(1)}`),
    ),
    notBelieved(
      'a cookie with a NUL',
      withValue((text) => `${text}\0`),
    ),
    notBelieved(
      'a pattern',
      withValue(() => '*'),
    ),
    notBelieved(
      'a key of the store',
      withValue(() => 'sessions:all'),
    ),
    notBelieved(
      'a command',
      withValue(() => 'a\tFLUSHALL'),
    ),
    notBelieved(
      'a path',
      withValue(() => '../../etc/passwd'),
    ),
    notBelieved(
      '16 KB',
      withValue(() => 'A'.repeat(16_000)),
    ),
    notBelieved('another before the right one', (right) => `__Host-einlass=${'A'.repeat(43)}; ${right}`),
    notBelieved('another behind the right one', (right) => `${right}; __Host-einlass=${'A'.repeat(43)}`),
    notBelieved('the right one under another name', (right) => right.replace('__Host-', '__Secure-')),
    notBelieved('the right one in another case', (right) => right.replace('__Host', '__host')),
    notBelieved('the right one without a name', (right) => `=${right}`),
    notBelieved('the right one behind a no-break space', (right) => `\xa0${right}`),
    notBelieved('the right one within quotes', (right) => `a="; ${right.replace('=', '')}"`),
    notBelieved('the right one with a comma for a semicolon', (right) => `a=b, ${right}`),
    notBelieved('a thousand cookies', () =>
      Array.from({ length: 1000 }, (_, index) => `c${index}=${index}`).join('; '),
    ),
    notBelieved('nothing but separators', () => ';'.repeat(8000)),
  ],
  checks: [
    {
      name: 'every session cookie has all attributes and a new value',
      async run(ground) {
        const seen = new Set<string>()
        for (let round = 0; round < 3; round++) {
          const person = ground.person()
          const { hops } = await walk(ground, person, `${ground.origin('wiki')}/`)
          const left = await signOut(ground, person)
          const lines = [...hops.map(({ answer }) => answer), left].flatMap(
            ({ headers }) => headers['set-cookie'] ?? [],
          )
          must(lines.length >= 4, 'cookies', lines)
          for (const line of lines) {
            must(
              /^__Host-einlass(?:-[a-z]+(?:-[\w-]+)?)?=[\w.-]*; Path=\/; Secure; HttpOnly; SameSite=Lax/.test(line),
              'attributes',
              line,
            )
            must(!/domain=/i.test(line), 'no Domain', line)
            const given = /=([\w-]{40,});/.exec(line)?.[1]
            if (given === undefined || line.includes('-signin') || line.includes('-page')) continue
            must(given.length >= 43 && !seen.has(given), '256 bits, never the same', line)
            seen.add(given)
          }
          person.close()
        }
      },
    },
    {
      name: 'read access to the store yields no usable secret',
      async run(ground) {
        const files = (await readdir(ground.folder)).filter((file) => file.startsWith('state.db'))
        const all = (await Promise.all(files.map((file) => readFile(join(ground.folder, file), 'latin1')))).join('')
        must(all.includes('cookie:'), 'the store', files)
        must(!all.includes(value(ground.cookie('wiki'))), 'no cookie', 'one')
        must(!/eyJ[\w-]{10,}\.eyJ/.test(all) && !all.includes('Ada@Example.com'), 'nothing in clear', 'something')
      },
    },
    {
      name: 'a cookie replayed after sign-out',
      async run(ground) {
        const person = ground.person()
        await person.signIn(`${ground.origin('wiki')}/`, ground.port)
        const [wiki, access] = [ground.cookie('wiki', person), ground.cookie('access', person)]
        await signOut(ground, person)
        const heard = await ground.send(asks(ground, wiki))
        must(heard.answers[0]?.status === 401, '401', summary(heard))
        const bytes = `GET / HTTP/1.1\r\nHost: ${ground.host('access')}\r\nCookie: ${access}\r\n\r\n`
        const gateway = await ground.send(bytes, { servername: 'access.company.localhost' })
        must(gateway.answers[0]?.status !== 200, 'to be out everywhere', summary(gateway))
        person.close()
      },
    },
    {
      name: 'session fixation',
      async run(ground) {
        const person = ground.person()
        const planted = 'P'.repeat(43)
        for (const app of ['wiki', 'access'])
          person.jar.store(new URL(ground.origin(app)), [`__Host-einlass=${planted}; Path=/; Secure`])
        await person.signIn(`${ground.origin('wiki')}/`, ground.port)
        must(value(ground.cookie('wiki', person)) !== planted, 'a cookie of its own', 'the planted one')
        const before = value(ground.cookie('wiki', person))
        await person.signIn(`${ground.origin('vault')}/`, ground.port)
        person.jar.clear()
        await person.signIn(`${ground.origin('wiki')}/`, ground.port)
        must(value(ground.cookie('wiki', person)) !== before, 'another cookie at each sign-in', 'the same')
        person.close()
      },
    },
    {
      name: 'cookies stolen before a step-up, used after it',
      async run(ground) {
        const person = ground.person()
        const stated = (more: Record<string, unknown>) => (right: Record<string, unknown>) => ({ ...right, ...more })
        try {
          const weak = stated({ sub: 'stepping', acr: undefined, amr: ['pwd'] })
          ground.provider.deviation = { claims: weak, userInfo: weak }
          await person.signIn(`${ground.origin('wiki')}/`, ground.port)
          const stolen = { wiki: ground.cookie('wiki', person), access: ground.cookie('access', person) }
          const strong = stated({ sub: 'stepping', acr: 'urn:two', auth_time: Math.floor(Date.now() / 1000) })
          ground.provider.deviation = { claims: strong, userInfo: strong }
          const vault = await person.signIn(`${ground.origin('vault')}/`, ground.port)
          must(vault.status === 200, 'the owner to be let in', vault.status)
          const status = `GET /.einlass/session HTTP/1.1\r\nHost: ${ground.host('wiki')}\r\nCookie: ${stolen.wiki}\r\n\r\n`
          const told = await ground.send(status)
          must(/"mfa":false/.test(told.text), 'no strength gained', summary(told))
          const portal = `GET / HTTP/1.1\r\nHost: ${ground.host('access')}\r\nCookie: ${stolen.access}\r\n\r\n`
          const gateway = await ground.send(portal, { servername: 'access.company.localhost' })
          must(gateway.answers[0]?.status === 303, "the gateway's own cookie to open nothing", summary(gateway))
          const thief = ground.person()
          thief.jar.store(new URL(ground.origin('access')), [`${stolen.access}; Path=/; Secure`])
          thief.jar.store(new URL(ground.origin('wiki')), [`${stolen.wiki}; Path=/; Secure`])
          const { hops } = await walk(
            ground,
            thief,
            `${ground.origin('vault')}/`,
            (url) => url.pathname === '/authorize',
          )
          must(!hops.some(({ url }) => url.pathname === '/.einlass/arrive'), 'no ticket for the thief', hops.length)
          thief.close()
        } finally {
          ground.provider.deviation = {}
          person.close()
        }
      },
    },
    {
      name: 'a ticket used twice, at another host, or in another browser',
      async run(ground) {
        const [owner, thief] = [ground.person(), ground.person()]
        const arrives = (url: URL): boolean => url.pathname === '/.einlass/arrive'
        const { next } = await walk(ground, owner, `${ground.origin('wiki')}/`, arrives)
        must(next !== undefined, 'a ticket', 'none')
        const stolen = await thief.ask(next.href, ground.port, { page: true })
        must(stolen.status >= 400 && stolen.headers['set-cookie'] === undefined, 'nothing for the thief', stolen.status)
        const elsewhere = next.href.replace('wiki.', 'erp.')
        const other = await owner.ask(elsewhere, ground.port, { page: true })
        must(other.status >= 400, 'nothing on another host', other.status)
        const again = ground.person()
        const fresh = (await walk(ground, again, `${ground.origin('wiki')}/`, arrives)).next!
        const first = await again.ask(fresh.href, ground.port, { page: true })
        must(first.headers['set-cookie'] !== undefined, 'the owner to arrive', first.status)
        const second = await again.ask(fresh.href, ground.port, { page: true })
        must(second.headers['set-cookie'] === undefined, 'once', second.status)
        must(second.headers.location?.startsWith(`${ground.origin('wiki')}/`) === true, 'the own page', second.headers)
        again.jar.clear()
        const third = await again.ask(fresh.href, ground.port, { page: true })
        must(third.status >= 400 && third.headers['set-cookie'] === undefined, 'once', third.status)
        for (const person of [owner, thief, again]) person.close()
      },
    },
    {
      name: 'five megabytes with an ended session',
      async run(ground) {
        const before = ground.upstream.requests.length
        const body = 'x'.repeat(5_000_000)
        const bytes = `POST /form HTTP/1.1\r\nHost: ${ground.host('wiki')}\r\nCookie: __Host-einlass=${'A'.repeat(43)}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
        const heard = await ground.send(bytes)
        must([401, 0].includes(heard.answers[0]?.status ?? 0), '401', summary(heard))
        must(ground.upstream.requests.length === before, 'nothing upstream', 'a request')
      },
    },
    {
      name: 'concurrent requests and sign-out',
      async run(ground) {
        const person = ground.person()
        await person.signIn(`${ground.origin('wiki')}/`, ground.port)
        const cookie = ground.cookie('wiki', person)
        const busy = Array.from({ length: 20 }, () => person.ask(`${ground.origin('wiki')}/x`, ground.port))
        const over = signOut(ground, person)
        // A request in progress when the session ends is cut: no response is also correct.
        await Promise.allSettled(busy)
        must((await over).status < 400, 'to sign out', (await over).status)
        await pause(100)
        const heard = await ground.send(asks(ground, cookie))
        must(heard.answers[0]?.status === 401, 'to stay signed out', summary(heard))
        person.close()
      },
    },
  ],
}

export async function signOut(ground: Environment, person: Person) {
  return person.ask(`${ground.origin('wiki')}/.einlass/sign-out`, ground.port, { method: 'POST', page: true, body: '' })
}
