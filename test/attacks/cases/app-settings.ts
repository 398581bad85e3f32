// Attack class header injection: fields that an admin set for one app, stated by a client; and secrets among them, asked for.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { must, type AttackSuite } from '../case.ts'
import { domain, type Environment } from '../environment.ts'
import { apiKey } from '../configuration.ts'
import { handshake } from '../control-requests.ts'
import type { Received } from '../raw-tls-client.ts'

const forged = 'mallory-was-here'
const mapped = ['X-Webauth-User', 'X-Legacy-User', 'X-Legacy-Groups', 'X-Legacy-Key', 'Authorization']
const separators = ['-', '_', '.', '~', '+', '*', "'", '!', '|', '^', '`', '%', '&', '$', '#']

const send = (ground: Environment, line: string, fields = '', body = ''): Promise<Received> =>
  ground.send(
    `${line} HTTP/1.1\r\nHost: ${ground.host('legacy')}\r\nCookie: ${ground.cookie('legacy')}\r\n${fields}\r\n${body}`,
    { servername: `legacy.${domain}` },
  )
const lines = (names: readonly string[]): string => names.map((name) => `${name}: ${forged}\r\n`).join('')

/** What reached the app since: only our values, each once. */
function reachedClean(ground: Environment, before: number, count: number): void {
  const reached = ground.upstream.requests.slice(before)
  must(reached.length === count, `${count} requests at the app`, reached.length)
  for (const { fields, values } of reached) {
    must(!fields.join('\n').includes(forged), 'nothing the client stated', fields)
    must(values('x-webauth-user').join() === 'ada@example.com', 'the user', values('x-webauth-user'))
    must(values('x-legacy-key').join() === apiKey, 'the key', values('x-legacy-key'))
    must(values('authorization').length === 1, 'one Authorization', values('authorization'))
  }
}

export const appSettings: AttackSuite = {
  class: 'header-spoofing',
  checks: [
    {
      name: 'fields an app has of its own, in any spelling, on a request and a handshake',
      async run(ground) {
        const names = mapped.flatMap((name) => separators.map((mark) => name.replaceAll('-', mark)))
        const spelled = [...new Set([...names, ...names.map((name) => name.toUpperCase())])].filter(
          // Twice is refused as malformed.
          (name) => name.toLowerCase() !== 'authorization',
        )
        const before = ground.upstream.requests.length
        let count = 0
        for (let at = 0; at < spelled.length; at += 40) {
          const some = lines(spelled.slice(at, at + 40))
          const { answers, text } = await send(ground, 'GET /app/echo', `Authorization: Basic ${forged}\r\n${some}`)
          must(answers[0]?.status === 200, 'the answer', text)
          count++
        }
        const upgraded = await send(
          ground,
          'GET /socket',
          `${handshake}Origin: ${ground.origin('legacy')}\r\nauthorization: ${forged}\r\n${lines(mapped.slice(0, 4))}`,
        )
        must(upgraded.answers[0]?.status === 101, 'a tunnel', upgraded.text)
        reachedClean(ground, before, count + 1)
      },
    },
    {
      name: 'fields an app has of its own, twice, named in Connection, and in a trailer',
      async run(ground) {
        const before = ground.upstream.requests.length
        const own = mapped.slice(0, 4)
        await send(ground, 'GET /app/echo', lines([...own, ...own]))
        await send(ground, 'GET /app/echo', `Connection: ${mapped.join(', ')}\r\n${lines(own)}`)
        await send(
          ground,
          'POST /app/echo',
          `Origin: ${ground.origin('legacy')}\r\nTrailer: X-Legacy-Key\r\nTransfer-Encoding: chunked\r\n`,
          `0\r\n${lines(own)}\r\n`,
        )
        reachedClean(ground, before, 3)
      },
    },
    {
      name: 'two Authorization fields, to have one of them left',
      async run(ground) {
        const before = ground.upstream.requests.length
        const { answers, text } = await send(ground, 'GET /app/echo', lines(['Authorization', 'authorization']))
        must(answers[0]?.status === 400, 'malformed', text)
        must(ground.upstream.requests.length === before, 'nothing forwarded', ground.upstream.requests.length - before)
      },
    },
    {
      name: 'secrets of an app in answers to TRACE, malformed and refused requests, and in the log',
      async run(ground) {
        const asked = [
          await send(ground, 'TRACE /', 'Max-Forwards: 0\r\n'),
          await send(ground, 'GET /a%00b'),
          await send(ground, 'GET /', `X-Long: ${'a'.repeat(40_000)}\r\n`),
          await send(
            ground,
            'POST /',
            `Origin: ${ground.origin('legacy')}\r\nContent-Length: 5000\r\n`,
            'a'.repeat(5_000),
          ),
          await send(ground, 'GET /', 'Accept: text/html\r\nSec-Fetch-Site: cross-site\r\n'),
        ]
        must(asked[0]!.answers[0]?.status === 501, 'no TRACE', asked[0]!.text)
        must(asked[3]!.answers[0]?.status === 413, 'too large', asked[3]!.text)
        const log = ground.node.output() + (await readFile(join(ground.folder, 'a.jsonl'), 'utf8'))
        const basic = Buffer.from(`svc:${apiKey}`).toString('base64')
        for (const secret of [apiKey, basic]) {
          for (const { text } of asked) must(!text.includes(secret), 'no secret', text)
          must(!log.includes(secret), 'no secret in log and audit', 'a line with it')
        }
      },
    },
    {
      name: 'a head that only another app accepts',
      async run(ground) {
        const before = ground.upstream.requests.length
        const head = `X-Long: ${'a'.repeat(40_000)}\r\n`
        const asked = (app: string): Promise<Received> =>
          ground.send(
            `GET /app/echo HTTP/1.1\r\nHost: ${ground.host(app)}\r\nCookie: ${ground.cookie(app)}\r\n${head}\r\n`,
            { servername: `${app}.${domain}` },
          )
        const [large, usual] = [await asked('legacy'), await asked('wiki')]
        must(large.answers[0]?.status === 200, 'accepted where the app says so', large.text)
        must(usual.answers[0]?.status === 431, 'refused elsewhere', usual.text)
        must(ground.upstream.requests.length === before + 1, 'one request forwarded', ground.upstream.requests.length)
      },
    },
  ],
}
