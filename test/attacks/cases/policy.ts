// Attack class policy bypass: by method, time, stale decision, or a look-alike name.

import { setTimeout as pause } from 'node:timers/promises'
import { must, type AttackSuite } from '../case.ts'
import { withConfiguration } from '../run-cli.ts'
import { handshake } from '../control-requests.ts'
import { domain, type Environment, type Json } from '../environment.ts'
import { summary } from '../run-raw-attack.ts'

const ask = (ground: Environment, line: string, app = 'wiki', fields = ''): string =>
  `${line} HTTP/1.1\r\nHost: ${ground.host(app)}\r\nCookie: ${ground.cookie(app)}\r\n${fields}\r\n`

const timed = `gateway: { url: http://access.localhost:8080, operations: false }
store: "memory:"
identity: { issuer: http://127.0.0.1:1, client_id: einlass, client_secret: env:TEST_SECRET }
schedules:
  day: { days: [mon..fri], from: "08:00", to: "13:00", tz: Europe/Berlin }
  night: { days: [mon], from: "22:00", to: "02:00", tz: Europe/Berlin }
  gap: { from: "02:00", to: "03:00", tz: Europe/Berlin }
apps:
  day: { from: "http://day.localhost:8080", to: "http://127.0.0.1:1", policy: [{ allow: { schedule: day } }] }
  night: { from: "http://night.localhost:8080", to: "http://127.0.0.1:1", policy: [{ allow: { schedule: night } }] }
  gap: { from: "http://gap.localhost:8080", to: "http://127.0.0.1:1", policy: [{ allow: { schedule: gap } }] }
  granted: { from: "http://granted.localhost:8080", to: "http://127.0.0.1:1", policy: [{ allow: { grant: required } }] }
`

/** Exit code of `explain`: 0 allow, 3 challenge, 4 deny. */
async function decided(app: string, at: string, ...more: string[]): Promise<number | null> {
  const env = { ...process.env, TEST_SECRET: 'a secret' }
  const words = (file: string) => [
    'explain',
    '--config',
    file,
    '--app',
    app,
    '--user',
    'a@example.com',
    '--at',
    at,
    ...more,
  ]
  return (await withConfiguration(timed, words, env)).code
}

export const policy: AttackSuite = {
  class: 'policy',
  raw: ['PROPFIND', 'get', 'Post', 'TRACE', 'TRACK', 'MOVE', 'M-SEARCH', 'BREW', 'SOURCE'].map((method) => ({
    name: `the method ${method}`,
    bytes: (ground: Environment) => ask(ground, `${method} /app/item`),
    expected: { status: [400, 403, 405, 501, 0], atMost: 0 },
  })),
  checks: [
    {
      name: 'a deny that matches beside an allow that matches',
      async run(ground) {
        const heard = await ground.send(ask(ground, 'GET /', 'books'), { servername: `books.${domain}` })
        must(heard.answers[0]?.status === 403, '403', summary(heard))
      },
    },
    {
      name: 'an address of a domain that another provider vouches for',
      async run(ground) {
        const person = ground.person()
        const admin = (claims: Json): Json => ({ ...claims, sub: 'second-admin', email: 'admin@corp.test' })
        ground.provider.deviation = { claims: admin, userInfo: admin }
        const mail = `${ground.origin('mail')}/`
        try {
          const before = (await person.signIn(mail, ground.port)).status
          must(before === 200, '200 while nobody else vouches', before)
          const settings = JSON.parse(ground.configurationText) as { identity: { providers: Record<string, Json> } }
          const { corp } = settings.identity.providers
          settings.identity.providers['company'] = { ...corp, domains: ['corp.test'] }
          await ground.configure(JSON.stringify(settings))
          const held = (await person.ask(mail, ground.port)).status
          must(held === 403, '403 for the session that is there', held)
          for (const [provider, expected] of [
            ['corp', 403],
            ['company', 200],
          ] as const) {
            const fresh = ground.person()
            const choice = await fresh.signIn(mail, ground.port)
            const link = [...choice.body.matchAll(/href="([^"]+)"/g)]
              .map(([, href]) => href!.replaceAll('&amp;', '&'))
              .find((href) => href.includes(`provider=${provider}`))
            must(link !== undefined, `a way to sign in at ${provider}`, choice.body.slice(0, 400))
            const { status } = await fresh.signIn(new URL(link, choice.url).href, ground.port)
            must(status === expected, `${expected} by ${provider}`, status)
            fresh.close()
          }
        } finally {
          ground.provider.deviation = {}
          await ground.configure(ground.configurationText)
          person.close()
        }
      },
    },
    {
      name: 'an account that has the address of somebody whose grant it was',
      async run(ground) {
        const press = `${ground.origin('press')}/`
        const who = 'corp|mailto:mo@corp.test'
        const cli = (...words: string[]) => ground.node.cli('grants', ...words)
        const given = await cli('add', '--who', who, '--app', 'press', '--for', '1h')
        must(given.code === 0, 'a grant', given)
        const entering = async (sub: string): Promise<{ status: number; body: string }> => {
          const person = ground.person()
          const claims = (right: Json): Json => ({ ...right, sub, email: 'mo@corp.test' })
          ground.provider.deviation = { claims, userInfo: claims }
          try {
            const { status } = await person.signIn(press, ground.port)
            const { body } = await person.ask(press, ground.port)
            return { status, body }
          } finally {
            ground.provider.deviation = {}
            person.close()
          }
        }
        const first = await entering('mo-1')
        must(first.status === 200, '200 for the first account', first)
        const before = ground.upstream.requests.length
        const later = await entering('mo-2')
        must(later.status === 403 && later.body.includes('grant_of_other_account'), '403 with its reason', later)
        must(ground.upstream.requests.length === before, 'nothing forwarded', 'a request')
        const again = await entering('mo-1')
        must(again.status === 200, '200 for the first account again', again)
        await ground.node.event((event) => JSON.stringify(event).includes('belongs to another account'))
        const { stdout } = await cli('list')
        must(stdout.includes(`${who} (bound to mo-1)`), 'the binding in the list', stdout)
      },
    },
    {
      name: 'an own request approved by a second account without an address',
      async run(ground) {
        type Settings = { identity: { providers: Record<string, Json> }; apps: Record<string, Json> }
        const settings = JSON.parse(ground.configurationText) as Settings
        settings.identity.providers['second'] = { ...settings.identity.providers['corp'] }
        const people = { eligible: { providers: ['corp'] }, approvers: { providers: ['second'] } }
        settings.apps['press'] = { ...settings.apps['press'], requests: { ...people, max_duration: '1h' } }
        const access = ground.origin('access')
        const enter = async (provider: string, sub: string) => {
          const person = ground.person()
          const claims = (right: Json): Json => ({ ...right, sub, email: undefined })
          ground.provider.deviation = { claims, userInfo: claims }
          await person.signIn(`${access}/sign-in?provider=${provider}`, ground.port)
          ground.provider.deviation = {}
          return person
        }
        try {
          await ground.configure(JSON.stringify(settings))
          const asker = await enter('corp', 'self-1')
          const wanted = { app: 'press', level: 'full', length: '3600000', begin: 'now', reason: 'mine' }
          const post = (person: typeof asker, path: string, fields: Record<string, string>) =>
            person.ask(`${access}${path}`, ground.port, {
              method: 'POST',
              page: true,
              body: new URLSearchParams(fields).toString(),
            })
          const asked = await post(asker, '/requests/new', wanted)
          const id = /\/requests\/([^?/]+)/.exec(asked.headers.location ?? '')?.[1]
          must(id !== undefined, 'a request', asked)
          const second = await enter('second', 'self-2')
          const approval = await post(second, `/approvals/${id}`, { act: 'approve', level: 'full', length: '3600000' })
          const told = approval.headers.location ?? ''
          must(told.includes('said=same_person_unclear'), 'a refusal with its reason', approval)
          const entered = await asker.signIn(`${ground.origin('press')}/`, ground.port)
          must(entered.status === 403, '403', entered.status)
          asker.close()
          second.close()
        } finally {
          ground.provider.deviation = {}
          await ground.configure(ground.configurationText)
        }
      },
    },
    {
      name: 'a user with read access tries every way to write',
      async run(ground) {
        const servername = { servername: `reading.${domain}` }
        const plain = await ground.send(ask(ground, 'GET /x', 'reading'), servername)
        must(plain.answers[0]?.status === 200, '200 for reading', summary(plain))
        const before = ground.upstream.requests.length
        for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
          const heard = await ground.send(ask(ground, `${method} /x`, 'reading', 'Content-Length: 0\r\n'), servername)
          must(heard.answers[0]?.status === 403, `403 for ${method}`, summary(heard))
        }
        const origin = `Origin: ${ground.origin('reading')}\r\n`
        const socket = await ground.send(ask(ground, 'GET /ws', 'reading', handshake + origin), servername)
        must(socket.answers[0]?.status === 403, '403 for a WebSocket', summary(socket))
        const override = 'X-HTTP-Method-Override: DELETE\r\nX-Method-Override: DELETE\r\nX-HTTP-Method: DELETE\r\n'
        await ground.send(ask(ground, 'GET /x', 'reading', override), servername)
        const reached = ground.upstream.requests.slice(before).filter(({ line }) => line.includes('/x'))
        const words = reached.map(({ line, fields }) => [line, ...fields].join('\n')).join('\n')
        must(reached.length === 1 && !words.includes('DELETE'), 'one GET upstream, and no other method', words)
      },
    },
    {
      name: 'an address that claims to be within the network',
      async run(ground) {
        const names = [
          'X-Forwarded-For',
          'X-Real-IP',
          'Forwarded',
          'True-Client-IP',
          'X-Client-IP',
          'CF-Connecting-IP',
          'X-Envoy-External-Address',
          'X-Original-Forwarded-For',
        ]
        const servername = `office.${domain}`
        for (const name of names) {
          const claim = name === 'Forwarded' ? 'for=127.0.0.77' : '127.0.0.77'
          const heard = await ground.send(ask(ground, 'GET /', 'office', `${name}: ${claim}\r\n`), { servername })
          must(heard.answers[0]?.status === 403, `403 with ${name}`, summary(heard))
        }
        const inside = await ground.send(ask(ground, 'GET /', 'office'), { servername, from: '127.0.0.77' })
        must(inside.answers[0]?.status === 200, '200 from within', summary(inside))
      },
    },
    {
      name: 'an address that a trusted proxy states unreadably, or not at all',
      async run(ground) {
        const from = '127.0.0.33'
        const through = async (app: string, stated: string | undefined) => {
          const field = stated === undefined ? '' : `X-Forwarded-For: ${stated}\r\n`
          const heard = await ground.send(ask(ground, 'GET /', app, field), { servername: `${app}.${domain}`, from })
          return heard.answers[0]?.status
        }
        for (const stated of ['203.0.113.9:51234', '"[::ffff:203.0.113.9]:1"', 'unknown', '_x', '', from, undefined]) {
          for (const app of ['front', 'noguests']) {
            const status = await through(app, stated)
            must(status === 403, `403 from ${app} for ${stated}`, status)
          }
        }
        const outside = await through('noguests', '198.51.100.4:51234')
        must(outside === 200, '200 for an address that is read', outside)
      },
    },
    {
      name: 'an expired grant, and a revoked one',
      async run(ground) {
        const url = `${ground.origin('press')}/x`
        const who = 'corp|person-1'
        const give = async (until: number): Promise<string> => {
          const given = await ground.node.admin('POST', '/grants', { who, app: 'press', until })
          must(given.status === 200, 'a grant', given)
          return (given.value as { id: string }).id
        }
        must((await ground.ada.ask(url, ground.port)).status === 403, '403 without', 'something else')
        const until = Date.now() + 1_500
        await give(until)
        must((await ground.ada.ask(url, ground.port)).status === 200, '200 with', 'something else')
        const socket = await ground.ada.socket(`${ground.origin('press')}/live`, ground.port)
        await pause(until - Date.now() + 5)
        must((await ground.ada.ask(url, ground.port)).status === 403, '403 the moment it ends', 'something else')
        await Promise.race([socket.ended, pause(2_000)])
        must((socket.endedAt() ?? Infinity) - until < 1_000, 'the WebSocket cut within 1 s', socket.endedAt())
        const id = await give(Date.now() + 60_000)
        must((await ground.ada.ask(url, ground.port)).status === 200, '200 with', 'something else')
        await ground.node.admin('POST', '/grants/revoke', { id })
        must((await ground.ada.ask(url, ground.port)).status === 403, '403 when taken back', 'something else')
      },
    },
    {
      name: 'a rule removed while a WebSocket is open',
      async run(ground) {
        const socket = await ground.ada.socket(`${ground.origin('erp')}/live`, ground.port)
        const parsed = JSON.parse(ground.configurationText) as { apps: Record<string, { policy: unknown }> }
        parsed.apps['erp']!.policy = [{ allow: { groups: ['nobody'] } }]
        const since = Date.now()
        try {
          await ground.configure(JSON.stringify(parsed))
          await Promise.race([socket.ended, pause(3_000)])
          must((socket.endedAt() ?? Infinity) - since < 2_000, 'it to be cut', socket.endedAt())
          must((await ground.ada.ask(`${ground.origin('erp')}/`, ground.port)).status === 403, '403', 'something else')
        } finally {
          await ground.configure(ground.configurationText)
        }
        must((await ground.ada.ask(`${ground.origin('erp')}/`, ground.port)).status === 200, '200 again', 'no')
      },
    },
    {
      name: 'the last moment of a window, and the first after it',
      async run() {
        const codes = await Promise.all(
          [
            '2026-11-30T07:59:59.999+01:00',
            '2026-11-30T08:00:00+01:00',
            '2026-11-30T12:59:59.999+01:00',
            '2026-11-30T13:00:00+01:00',
            '2026-11-29T09:00:00+01:00',
          ].map((at) => decided('day', at)),
        )
        must(codes.join() === '4,0,0,4,4', 'open from the first to the last moment only', codes.join())
      },
    },
    {
      name: 'a window over midnight, and hours that do not exist or exist twice',
      async run() {
        const night = await Promise.all(
          ['2026-12-01T01:00+01:00', '2026-12-02T01:00+01:00', '2026-11-30T23:00+01:00', '2026-12-01T02:00+01:00'].map(
            (at) => decided('night', at),
          ),
        )
        must(night.join() === '0,4,0,4', 'Monday’s window until Tuesday at two', night.join())
        // 02:00 to 03:00 does not exist on 28 March 2027; on 25 October 2026 it comes twice.
        const spring = await Promise.all(['2027-03-28T00:59:59Z', '2027-03-28T02:00Z'].map((at) => decided('gap', at)))
        must(spring.join() === '4,4', 'closed around the gap', spring.join())
        const grant = ['--grant', 'full,2026-10-25T00:00+02:00,2026-10-25T03:00+01:00']
        const autumn = await Promise.all(
          ['2026-10-25T01:59:59Z', '2026-10-25T02:00Z'].map((at) => decided('granted', at, ...grant)),
        )
        must(autumn.join() === '0,4', 'four hours that last four hours', autumn.join())
      },
    },
    {
      name: 'a denial during an upload',
      async run(ground) {
        const before = ground.upstream.requests.length
        const head = ask(ground, 'POST /upload', 'books', 'Content-Length: 3000000\r\n')
        const heard = await ground.send(head + 'x'.repeat(1_500_000), {
          servername: `books.${domain}`,
          untilClosed: true,
        })
        must(heard.answers[0]?.status === 403, '403', summary(heard))
        must(ground.upstream.requests.length === before, 'nothing upstream', 'a request')
      },
    },
  ],
}
