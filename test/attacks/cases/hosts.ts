// Attack class Host confusion: look-alike names, and names that contradict each other.

import { must, type AttackSuite, type RawAttack } from '../case.ts'
import { domain, type Environment } from '../environment.ts'
import { plainRequest, summary } from '../run-raw-attack.ts'

const ask = (ground: Environment, hosts: readonly string[], target = '/app/echo'): string =>
  `GET ${target} HTTP/1.1\r\n${hosts.map((host) => `Host: ${host}\r\n`).join('')}Cookie: ${ground.cookie('wiki')}\r\n\r\n`

const named = (name: string, host: (ground: Environment) => string, status: readonly number[] = [400]): RawAttack => ({
  name: `a Host ${name}`,
  bytes: (ground) => ask(ground, [host(ground)]),
  expected: { status, atMost: 0 },
})

export const hosts: AttackSuite = {
  class: 'host-confusion',
  raw: [
    named('that is empty', () => ''),
    named('with user information before an @', (ground) => `user@${ground.host('wiki')}`),
    named('with a password', (ground) => `a:b@${ground.host('wiki')}`),
    named('with a path', (ground) => `${ground.host('wiki')}/x`),
    named('with a comma and another', (ground) => `${ground.host('wiki')}, ${ground.host('erp')}`),
    named('with a space', (ground) => `${ground.host('wiki')} x`),
    named('with a percent sign', (ground) => ground.host('wiki').replace('wiki', '%77iki')),
    named('with a letter of another script', (ground) => ground.host('wiki').replace('w', '\xd1\xa1')),
    named('with two dots', (ground) => ground.host('wiki').replace('.', '..')),
    named('with an underscore', (ground) => ground.host('wiki').replace('.', '_.')),
    named('with two ports', (ground) => `${ground.host('wiki')}:80`),
    named('with a port that is a word', () => `wiki.${domain}:https`),
    named('with port 0', () => `wiki.${domain}:0`),
    named('with a port beyond all', () => `wiki.${domain}:99999`),
    named('of more than a name can have', () => `${'a'.repeat(300)}.${domain}`),
    named('that begins with a bracket', () => '[::1'),
    {
      // RFC 3986 3.2.2: the same name, and so the same rules; the application is told the one it has.
      name: 'a Host with a dot at the end is the one without, before and behind the decision',
      bytes: (ground) =>
        `GET /page HTTP/1.1\r\nHost: ${ground.host('wiki').replace(`${domain}:`, `${domain}.:`)}\r\nCookie: ${ground.cookie('wiki')}\r\n\r\n`,
      expected: { status: [200], asDecided: true, once: ['x-forwarded-user'] },
    },
    {
      name: 'a Host with a dot at the end opens no closed area',
      bytes: (ground) =>
        `GET /admin HTTP/1.1\r\nHost: ${ground.host('wiki').replace(`${domain}:`, `${domain}.:`)}\r\nCookie: ${ground.cookie('wiki')}\r\n\r\n`,
      expected: { status: [403], atMost: 0 },
    },
    named(
      'with two dots at the end',
      (ground) => ground.host('wiki').replace(`${domain}:`, `${domain}..:`),
      [400, 404, 421],
    ),
    named('that ours is the beginning of', (ground) => `wiki.${domain}.evil.test:${ground.port}`, [404, 421]),
    named('that ours is the end of', (ground) => `evil-wiki.${domain}:${ground.port}`, [404, 421]),
    named('below ours', (ground) => `x.wiki.${domain}:${ground.port}`, [404, 421]),
    named('above ours', (ground) => `${domain}:${ground.port}`, [404, 421]),
    named('of loopback', (ground) => `127.0.0.1:${ground.port}`, [404, 421]),
    named('without the port that is part of ours', () => `wiki.${domain}`, [404, 421]),
    named('of another app, with this one’s cookie', (ground) => ground.host('erp'), [421]),
    named('of the gateway, with an app’s cookie', (ground) => ground.host('access'), [421]),
    {
      name: 'no Host',
      bytes: (ground) => ask(ground, []),
      expected: { status: [400], atMost: 0 },
    },
    {
      name: 'the same Host twice',
      bytes: (ground) => ask(ground, [ground.host('wiki'), ground.host('wiki')]),
      expected: { status: [400], atMost: 0 },
    },
    {
      name: 'two Hosts',
      bytes: (ground) => ask(ground, [ground.host('wiki'), ground.host('erp')]),
      expected: { status: [400], atMost: 0 },
    },
    {
      name: 'a target that names another app',
      bytes: (ground) => ask(ground, [ground.host('wiki')], `${ground.origin('erp')}/x`),
      expected: { status: [400], atMost: 0 },
    },
    {
      name: 'a target of another scheme',
      bytes: (ground) => ask(ground, [ground.host('wiki')], `http://${ground.host('wiki')}/x`),
      expected: { status: [400], atMost: 0 },
    },
    {
      name: 'a target with user information before an @',
      bytes: (ground) => ask(ground, [ground.host('wiki')], `https://x@${ground.host('wiki')}/x`),
      expected: { status: [400], atMost: 0 },
    },
    {
      name: 'a target of an unsupported scheme',
      bytes: (ground) => ask(ground, [ground.host('wiki')], 'file:///etc/passwd'),
      expected: { status: [400], atMost: 0 },
    },
    {
      name: 'Host in capitals is the same app',
      bytes: (ground) => ask(ground, [ground.host('wiki').toUpperCase()]),
      expected: { status: [200], likePlain: true, once: ['host'] },
    },
  ],
  checks: [
    {
      name: 'SNI of one app and Host of another',
      async run(ground) {
        for (const servername of [`erp.${domain}`, `access.${domain}`, `unknown.${domain}`]) {
          const heard = await ground.send(plainRequest(ground), { servername })
          must(heard.answers[0]?.status === 421, '421', `${servername}: ${summary(heard)}`)
        }
      },
    },
    {
      name: 'SNI in capitals is the same app',
      async run(ground) {
        const heard = await ground.send(plainRequest(ground), { servername: `WIKI.${domain.toUpperCase()}` })
        must(heard.answers[0]?.status === 200, '200', summary(heard))
        const other = await ground.send(plainRequest(ground, 'erp'), { servername: `WIKI.${domain.toUpperCase()}` })
        must(other.answers[0]?.status === 421, '421 for another app', summary(other))
      },
    },
    {
      name: 'a cookie of one app is invalid at another',
      async run(ground) {
        const bytes = `GET / HTTP/1.1\r\nHost: ${ground.host('erp')}\r\nCookie: ${ground.cookie('wiki')}\r\n\r\n`
        const heard = await ground.send(bytes, { servername: `erp.${domain}` })
        must(heard.answers[0]?.status === 401, '401', summary(heard))
      },
    },
    {
      name: 'nothing in a request chooses the upstream',
      async run(ground) {
        const before = ground.odd.upstream.requests.length
        const there = ground.odd.upstream.origin
        for (const target of [`/?url=${there}`, `/app/echo?upstream=${encodeURIComponent(there)}`]) {
          const bytes = plainRequest(ground)
            .replace('/app/echo', target)
            .replace(
              /\r\n\r\n$/,
              `\r\nX-Upstream: ${there}\r\nX-Forwarded-Host: ${ground.host('odd')}\r\nX-Skipper-Proxy: ${there}\r\nX-Backend: ${there}\r\nReferer: ${ground.origin('odd')}/\r\n\r\n`,
            )
          const heard = await ground.send(bytes)
          must(heard.answers[0]?.status === 200, '200 from its own upstream', summary(heard))
        }
        must(ground.odd.upstream.requests.length === before, 'nothing at the other upstream', 'a request')
      },
    },
  ],
}
