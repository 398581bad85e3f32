// Attack class open redirect: only the server decides where a browser goes after sign-in or sign-out.

import { must, type AttackSuite, type RawAttack } from '../case.ts'
import { domain, type Environment } from '../environment.ts'
import { runRawAttack } from '../run-raw-attack.ts'

const elsewhere = [
  'https://evil.test',
  '//evil.test',
  '////evil.test',
  '/\\evil.test',
  '\\\\evil.test',
  '/%0d%0aLocation:%20https://evil.test',
  '/%2f%2fevil.test',
  '%2f%2fevil.test',
  'https:evil.test',
  'javascript:alert(1)',
  '/%09//evil.test',
  `https://access.${domain}@evil.test`,
  `https://access.${domain}.evil.test`,
  'https://evil.test%00.company.localhost',
]

const names = ['rd', 'next', 'return_to', 'returnTo', 'url', 'redirect', 'target', 'journey', 'state', 'continue']

const toSignIn = (name: string, query: string): RawAttack => ({
  name,
  bytes: (ground: Environment) =>
    `GET /sign-in?${query} HTTP/1.1\r\nHost: ${ground.host('access')}\r\nAccept: text/html\r\n\r\n`,
  expected: { ownHosts: true, silent: ['evil.test'] },
})

export const redirects: AttackSuite = {
  class: 'open-redirect',
  checks: [
    ...[
      ...elsewhere.map((text) => [text, `rd=${text}`]),
      ...names.map((name) => [name, `${name}=https://evil.test`]),
    ].map(([name, query]) => {
      const attack = toSignIn(`sign-in with ${name}`, query!)
      return { name: attack.name, run: (ground: Environment) => atGateway(ground, attack) }
    }),
    {
      name: 'a page whose own address looks like another site’s',
      async run(ground) {
        for (const target of ['//evil.test', '//evil.test/x', '/.//evil.test', '/%2f/evil.test', '/\\evil.test']) {
          const person = ground.person()
          try {
            const first = await ground.send(
              `GET ${target} HTTP/1.1\r\nHost: ${ground.host('erp')}\r\nAccept: text/html\r\n\r\n`,
              { servername: `erp.${domain}` },
            )
            const location = first.answers[0]?.headers.find(([name]) => name.toLowerCase() === 'location')?.[1]
            if (location === undefined) continue
            const cookies = first.answers[0]!.headers.filter(([name]) => name.toLowerCase() === 'set-cookie')
            person.jar.store(
              new URL(ground.origin('erp')),
              cookies.map(([, value]) => value),
            )
            const seen = await person.signIn(location, ground.port)
            must(seen.url.host === ground.host('erp'), 'to end on the app', seen.url.href)
          } finally {
            person.close()
          }
        }
      },
    },
    {
      name: 'sign-out with a target of the client’s choice',
      async run(ground) {
        const person = ground.person()
        await person.signIn(`${ground.origin('erp')}/`, ground.port)
        const url = `${ground.origin('erp')}/.einlass/sign-out?post_logout_redirect_uri=https://evil.test&rd=https://evil.test`
        const left = await person.ask(url, ground.port, { method: 'POST', page: true, body: 'rd=https://evil.test' })
        must(left.status === 200 || left.status === 303, 'to be signed out', left.status)
        must(!JSON.stringify(left).includes('evil.test'), 'no word of it', left.headers)
        person.close()
      },
    },
    {
      name: 'an app that redirects to its internal address',
      async run(ground) {
        const inside = ground.odd.upstream.origin
        ground.odd.behave = ({ socket }, whole) =>
          void whole.then(() =>
            socket.write(`HTTP/1.1 302 Found\r\nLocation: ${inside}/x?y\r\nContent-Length: 0\r\n\r\n`),
          )
        const answer = await ground.ada.ask(`${ground.origin('odd')}/go`, ground.port)
        must(answer.headers.location === `${ground.origin('odd')}/x?y`, 'the public address', answer.headers.location)
      },
    },
  ],
}

async function atGateway(ground: Environment, attack: RawAttack): Promise<void> {
  const servername = `access.${domain}`
  await runRawAttack({ ...ground, send: (bytes, how) => ground.send(bytes, { servername, ...how }) }, attack)
}
