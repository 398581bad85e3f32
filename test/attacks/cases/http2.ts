// Attack class HTTP/2 downgrade: pseudo headers and fields that would become different HTTP/1.1 text, and invalid frames.

import { setTimeout as pause } from 'node:timers/promises'
import { must, type AttackSuite, type Check } from '../case.ts'
import { domain, type Environment } from '../environment.ts'
import { connectHttp2, endHeaders, endStream, fieldsBlock, frame, frames, type RawHttp2 } from '../raw-http2-client.ts'

export type Field = readonly [name: string, value: string]

interface Asked {
  readonly change?: (fields: readonly Field[]) => readonly Field[]
  readonly body?: readonly string[]
}

export const right = (ground: Environment): readonly Field[] => [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':authority', ground.host('wiki')],
  [':path', '/app/echo'],
  ['cookie', ground.cookie('wiki')],
]

export const connect = (ground: Environment): Promise<RawHttp2> =>
  connectHttp2(ground.port, `wiki.${domain}`, ground.ca)

/** -1: the connection ended without a response. */
async function ask(ground: Environment, { change = (fields) => fields, body }: Asked): Promise<number> {
  const client = await connect(ground)
  try {
    const block = fieldsBlock(change(right(ground)))
    client.send(frame(frames.headers, endHeaders | (body === undefined ? endStream : 0), 1, block))
    body?.forEach((text, index) =>
      client.send(frame(frames.data, index === body.length - 1 ? endStream : 0, 1, Buffer.from(text))),
    )
    await client.settled(1)
    return client.statuses().get(1) ?? -1
  } finally {
    client.end()
  }
}

export const set =
  (name: string, value: string) =>
  (fields: readonly Field[]): readonly Field[] =>
    fields.map((field) => (field[0] === name ? [name, value] : field))
const add =
  (...more: readonly Field[]) =>
  (fields: readonly Field[]): readonly Field[] => [...fields, ...more]
const first =
  (...more: readonly Field[]) =>
  (fields: readonly Field[]): readonly Field[] => [...more, ...fields]
const without =
  (name: string) =>
  (fields: readonly Field[]): readonly Field[] =>
    fields.filter((field) => field[0] !== name)

/** Each must be rejected and not forwarded. */
export const refused: Readonly<Record<string, (ground: Environment) => readonly Asked[]>> = {
  'a path that is none': (ground) =>
    [
      '/ HTTP/1.1\r\nHost: x',
      '/ HTTP/1.1\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n',
      '/a b',
      '/a#b',
      'http://evil.test/',
      `${ground.origin('wiki')}/x`,
      '',
      '*',
      'app/echo',
      '/a\\b',
      '/a\0',
      '/../admin/secret',
      '/%2e%2e/admin',
      '/admin/secret',
      '//admin/secret',
    ].map((path) => ({ change: set(':path', path) })),
  'a method that is none': () =>
    ['GET /admin HTTP/1.1', 'GET\r\nX: y', 'get', '', 'TRACE', 'CONNECT', 'PRI', 'G\0T'].map((method) => ({
      change: set(':method', method),
    })),
  'an invalid authority, or two': (ground) => [
    { change: set(':authority', `user@${ground.host('wiki')}`) },
    { change: set(':authority', `${ground.host('wiki')}/x`) },
    { change: set(':authority', '') },
    { change: set(':authority', ground.host('erp')) },
    { change: first([':authority', ground.host('erp')]) },
    { change: add(['host', ground.host('erp')]) },
    { change: add(['host', ground.host('wiki')], ['host', ground.host('erp')]) },
    { change: add(['host', 'evil.test']) },
    { change: without(':authority') },
  ],
  'pseudo-fields twice, late, missing or unknown': () => [
    { change: first([':path', '/admin/secret']) },
    { change: first([':method', 'DELETE']) },
    { change: first([':scheme', 'http']) },
    { change: (fields) => [...fields.filter(([name]) => name !== ':path'), [':path', '/app/echo']] },
    { change: first([':foo', 'x']) },
    { change: first([':status', '200']) },
    { change: first([':protocol', 'websocket']) },
    { change: without(':path') },
    { change: without(':method') },
    { change: without(':scheme') },
  ],
  'fields of a single hop': () =>
    [
      ['transfer-encoding', 'chunked'],
      ['connection', 'close'],
      ['connection', 'x-forwarded-user'],
      ['upgrade', 'websocket'],
      ['keep-alive', 'timeout=9'],
      ['proxy-connection', 'keep-alive'],
      ['te', 'gzip'],
    ].map((field) => ({ change: add(field as unknown as Field) })),
  'a length that is none, or two': () =>
    [['5', '6'], ['-1'], ['+5'], ['5, 5'], ['0x5'], ['9'.repeat(30)]].map((lengths) => ({
      change: (fields) =>
        add(...lengths.map((length): Field => ['content-length', length]))(set(':method', 'POST')(fields)),
      body: ['hello'],
    })),
  'too many header fields': () => [
    { change: add(...Array.from({ length: 150 }, (_, index): Field => [`x-${index}`, 'a'])) },
  ],
}

/** Not a valid field, so the parser drops it (RFC 9113 8.2.1); rejecting the request would be correct too. */
export const noFields: Readonly<Record<string, readonly Field[]>> = {
  'line ends and NUL in a value': [
    ['x-a', 'b\r\ntransfer-encoding: chunked'],
    ['x-a', 'b\nx-forwarded-user: admin'],
    ['x-a', 'b\rc'],
    ['x-a', 'b\0c'],
    ['x-a', 'b\x7f'],
  ],
  'a name that is none': ['X-A', 'a b', 'foo: bar\r\nx', '', 'a:b', 'a\0', 'a(b)', 'x\xffy'].map((name) => [
    name,
    'mallory-was-here',
  ]),
}

export const http2: AttackSuite = {
  class: 'http2',
  checks: [
    {
      name: 'the same request without the attack',
      async run(ground) {
        must((await ask(ground, {})) === 200, '200', 'something else')
        const post = { change: set(':method', 'POST'), body: ['hel', 'lo'] }
        must((await ask(ground, post)) === 200, '200 for an upload', 'something else')
      },
    },
    ...Object.entries(refused).map(([name, spellings]): Check => ({
      name,
      async run(ground) {
        for (const asked of spellings(ground)) {
          const before = ground.upstream.requests.length
          const status = await ask(ground, asked)
          const what = JSON.stringify(asked.change?.([]) ?? [])
          must(
            status === -1 || status === 0 || (status >= 400 && status < 500) || status === 501,
            `a refusal of ${what}`,
            status,
          )
          const reached = ground.upstream.requests.slice(before).map(({ line }) => line)
          must(reached.length === 0, `nothing of ${what} upstream`, reached)
        }
      },
    })),
    ...Object.entries(noFields).map(([name, fields]): Check => ({
      name,
      async run(ground) {
        for (const field of fields) {
          const before = ground.upstream.requests.length
          const status = await ask(ground, { change: add(field) })
          must([-1, 0, 200, 400].includes(status), 'a refusal, or the request without it', status)
          const reached = ground.upstream.requests.slice(before).flatMap((request) => request.fields)
          const left = reached.filter((one) => /^(x-a|a.b|foo|x.y):|mallory|admin|chunked/i.test(one))
          must(left.length === 0, `nothing of ${JSON.stringify(field)} upstream`, left)
        }
      },
    })),
    {
      name: 'content longer or shorter than declared',
      async run(ground) {
        for (const [length, body] of [
          ['3', ['hello']],
          ['10', ['hello']],
          ['0', ['hello']],
        ] as const) {
          const before = ground.upstream.requests.length
          const change = (fields: readonly Field[]) => add(['content-length', length])(set(':method', 'POST')(fields))
          const status = await ask(ground, { change, body })
          must(status !== 200, 'no 200', status)
          await pause(20)
          const whole = ground.upstream.requests
            .slice(before)
            .filter(({ complete, body: got }) => complete && got === 'hello')
          must(whole.length === 0, 'no whole request', whole.length)
        }
      },
    },
    {
      name: 'identity fields in any spelling, and a split session cookie',
      async run(ground) {
        const forged: readonly Field[] = [
          'x-forwarded-user',
          'x_forwarded_user',
          'remote-user',
          'x-einlass-jwt-assertion',
          'forwarded',
        ].map((name) => [name, 'mallory-was-here'])
        const before = ground.upstream.requests.length
        const change = (fields: readonly Field[]) => add(...forged, ['cookie', 'a=1'], ['cookie', 'b=2'])(fields)
        must((await ask(ground, { change })) === 200, '200', 'something else')
        const [reached] = ground.upstream.requests.slice(before)
        must(!reached!.fields.join('\n').includes('mallory'), 'no forged field', reached!.fields)
        must(
          reached!.values('cookie').join() === 'a=1; b=2',
          'the other cookies, as one field',
          reached!.values('cookie'),
        )
        must(!/einlass=/i.test(reached!.fields.join('\n')), 'no cookie of ours', reached!.fields)
        const twice = await ask(ground, { change: add(['cookie', `__Host-einlass=${'A'.repeat(43)}`]) })
        must(twice === 401, '401 for two cookies of ours', twice)
      },
    },
    {
      name: 'a later stream does not inherit an earlier one’s identity',
      async run(ground) {
        const client = await connect(ground)
        client.send(frame(frames.headers, endHeaders | endStream, 1, fieldsBlock(right(ground))))
        await client.settled(1)
        client.send(frame(frames.headers, endHeaders | endStream, 3, fieldsBlock(without('cookie')(right(ground)))))
        await client.settled(3)
        must(client.statuses().get(1) === 200 && client.statuses().get(3) === 401, '200, then 401', [
          ...client.statuses(),
        ])
        client.end()
      },
    },
  ],
}
