// Attacks on apps that share a host by path: other apps' paths, upstream paths outside the own one, cookies, redirects.

import { must, type AttackSuite } from '../case.ts'
import { answerAll, domain, type Environment } from '../environment.ts'
import { readAs } from '../permissive-parser.ts'
import type { Received } from '../raw-tls-client.ts'

const servername = `campus.${domain}`

function ask(ground: Environment, target: string): Promise<Received> {
  const bytes = `GET ${target} HTTP/1.1\r\nHost: ${ground.host('campus')}\r\nCookie: ${ground.cookie('campus')}\r\n\r\n`
  return ground.send(bytes, { servername })
}

/** Spellings of `/grades`, which only admins may open, and of ways out of `/lectures`. */
const spellings = (name: string): readonly string[] => [
  `/${name}`,
  `/${name}/`,
  `/${name}?x=/lectures/`,
  `/${name}/x`,
  `/%${name.charCodeAt(0).toString(16)}${name.slice(1)}/x`,
  `//${name}/x`,
  `/./${name}/x`,
  `/${name.toUpperCase()}/x`,
  `/${name};a=b/x`,
  `/${name}%2fx`,
  `/${name}%252fx`,
  `/${name}./x`,
  `/${name}%20/x`,
  `/lectures/../${name}/x`,
  `/lectures/%2e%2e/${name}/x`,
  `/lectures/.%2e/${name}/x`,
  `/lectures/..%2f${name}/x`,
  `/lectures%2f..%2f${name}/x`,
  `/lectures/x%2f..%2f..%2f${name}`,
  `/lectures/..%5c${name}/x`,
  `/lectures/..;/${name}/x`,
  `/lectures/..;a=b/${name}/x`,
  `/lectures/..%3b/${name}/x`,
  `/lectures/%252e%252e/${name}/x`,
  `/lectures/%25252e%25252e%25252f${name}/x`,
  `/lectures/..%20/${name}/x`,
  `/lectures/.%20./${name}/x`,
  `/lectures/..%00/${name}/x`,
  `/lectures/%c0%ae%c0%ae/${name}/x`,
  `/lectures/%ef%bc%8e%ef%bc%8e/${name}/x`,
  `/lectures/x%ef%bc%8f..%ef%bc%8f..%ef%bc%8f${name}`,
  `/lectures/.einlass/../../${name}/x`,
]

const targetOf = (line: string): string => line.split(' ')[1]!

function answerWith(...fields: string[]): Environment['odd']['behave'] {
  const head = ['HTTP/1.1 302 Found', ...fields, 'Content-Length: 0', '', ''].join('\r\n')
  return ({ socket }, whole) => void whole.then(() => socket.write(head))
}

const valuesOf = (heard: Received, wanted: string): string[] =>
  heard.answers[0]!.headers.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value)

export const sharedHosts: AttackSuite = {
  class: 'path-confusion',
  checks: [
    {
      name: 'another app of the same host, in any spelling of its path',
      async run(ground) {
        const before = ground.upstream.requests.length
        for (const target of [...spellings('grades'), `${ground.origin('campus')}/grades/x`]) {
          const heard = await ask(ground, target)
          const status = heard.answers[0]?.status
          // The app that has the whole host gets paths that are none of the others, as they are.
          must([200, 400, 403, 404].includes(status ?? 0), 'to be decided or refused', { target, status })
        }
        const reached = ground.upstream.requests.slice(before).map(({ line }) => targetOf(line))
        const open = reached.filter((target) => readAs(target).some((path) => path.startsWith('/secret-grades')))
        must(open.length === 0, 'no request for the other app', open)
      },
    },
    {
      name: 'out of the path that an upstream is asked below, in any spelling',
      async run(ground) {
        ground.odd.behave = answerAll
        const before = ground.odd.upstream.requests.length
        for (const target of spellings('admin').filter((one) => one.startsWith('/lectures'))) await ask(ground, target)
        const inside = await ask(ground, '/lectures/a..b/c')
        must(inside.answers[0]?.status === 200, 'a name with dots to pass', inside.answers[0]?.status)
        const reached = ground.odd.upstream.requests.slice(before).map(({ line }) => targetOf(line))
        must(reached.includes('/doku/a..b/c'), 'the upstream’s path', reached)
        const outside = reached.filter((target) => readAs(target).some((path) => !/^\/doku(?:\/|$)/.test(path)))
        must(outside.length === 0, 'no request outside /doku', outside)
      },
    },
    {
      name: 'an app sets cookies for the other apps of its host',
      async run(ground) {
        const cookies = [
          'a=1',
          'b=1; Path=/',
          'c=1; Path=/grades',
          'd=1; path = /Lectures',
          'e=1; Path=/doku; Path=/',
          'f=1; Path="/"',
          'g=1; Path=',
          'h=1; PATH=/lectures/../',
          'i=1; Path=/%6cectures',
          `j=1; Domain=${domain}; Path=/`,
          '__Host-k=1; Path=/; Secure',
          '__host-l=1; Path=/; Secure',
          '__Host-einlass=stolen; Path=/lectures; Secure',
          ' __Host-einlass=stolen; Path=/',
          '=__Host-einlass=stolen; Path=/',
        ]
        ground.odd.behave = answerWith(...cookies.map((one) => `Set-Cookie: ${one}`))
        for (const target of ['/lectures', '/lectures?x', '/lectures/']) {
          for (const value of valuesOf(await ask(ground, target), 'set-cookie')) {
            // A browser takes the folder of the request where there is no path: `/` for `/lectures`.
            const path = /;\s*path\s*=\s*([^;]*)/i.exec(value)?.[1]?.trim()
            const confined = path?.startsWith('/') === true ? /^\/lectures(?:\/|$)/.test(path) : target === '/lectures/'
            must(confined, 'a cookie below /lectures', { target, value })
            must(!/domain|einlass|__host-/i.test(value), 'neither a domain nor a name of the host', value)
          }
        }
      },
    },
    {
      name: 'an app under a path redirects elsewhere through what is mapped',
      async run(ground) {
        const { origin } = ground.odd.upstream
        const own = ground.origin('campus')
        const sent = [
          '/doku//evil.test',
          '/doku/\\evil.test',
          '/doku/\t/evil.test',
          '/doku@evil.test/',
          `${origin}//evil.test`,
          `${origin}/doku//evil.test`,
          `${origin}@evil.test/doku`,
          `${origin}.evil.test/doku`,
          `${origin}\\@evil.test/doku`,
          `${origin}:80@evil.test/doku`,
          `//${ground.host('campus')}@evil.test/doku`,
          `http://campus.${domain}.evil.test/doku`,
          `http://campus.${domain}:99/doku//evil.test`,
          'https:evil.test',
          '//evil.test',
          '\\\\evil.test',
          '/\\evil.test',
        ]
        for (const reference of sent) {
          ground.odd.behave = answerWith(
            `Location: ${reference}`,
            `Content-Location: ${reference}`,
            `Refresh: 0; url=${reference}`,
            `Link: <${reference}>; rel=next`,
          )
          const heard = await ask(ground, '/lectures/x')
          const found = ['location', 'content-location', 'refresh', 'link'].flatMap((name) => valuesOf(heard, name))
          must(found.length === 4, 'four fields', found)
          for (const [index, value] of found.entries()) {
            const mapped = [value, value, value.slice('0; url='.length), value.slice(1, -'>; rel=next'.length)][index]!
            // Where the application itself named another site, it is for it to answer; nothing of it is changed.
            must(mapped === reference || new URL(mapped, own).origin === own, 'its own host', { reference, mapped })
          }
        }
      },
    },
    {
      name: 'the assertion that one app of a host receives, used at the other',
      async run(ground) {
        ground.odd.behave = answerAll
        const [one, other] = [ground.upstream.requests.length, ground.odd.upstream.requests.length]
        await ask(ground, '/x')
        await ask(ground, '/lectures/x')
        const audiences = [ground.upstream.requests[one], ground.odd.upstream.requests[other]].map((request) => {
          const [assertion] = request!.values('x-einlass-jwt-assertion')
          const claims = Buffer.from(assertion?.split('.')[1] ?? '', 'base64url').toString()
          return (JSON.parse(claims) as { readonly aud: string }).aud
        })
        const expected = [ground.origin('campus'), `${ground.origin('campus')}/lectures`]
        must(audiences.join(' ') === expected.join(' '), 'one audience each', audiences)
      },
    },
  ],
}
