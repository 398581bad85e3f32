// Attack class request smuggling: every ambiguous way to delimit a message (Content-Length, Transfer-Encoding, chunks).

import type { AttackSuite, RawAttack } from '../case.ts'
import type { Environment } from '../environment.ts'

const refused = { status: [400, 501, 0], closed: true, atMost: 0 } as const

/** A request of its own for a parser that ends the first one too early. */
const tail = 'GET /smuggled HTTP/1.1\r\nHost: anywhere\r\n\r\n'

const start = (ground: Environment, method = 'POST', version = '1.1'): string =>
  `${method} /form HTTP/${version}\r\nHost: ${ground.host('wiki')}\r\nCookie: ${ground.cookie('wiki')}\r\n`

const framing = (name: string, fields: string, rest: string, expected: RawAttack['expected'] = refused): RawAttack => ({
  name,
  bytes: (ground) => `${start(ground)}${fields}\r\n${rest}`,
  expected,
})

/** A valid head may already be forwarded when the body turns out to be invalid. */
const broken = { ...refused, atMost: 1, cutShort: true }

/** A parser that ignores the extension reads size `4`, and takes the chunk for a request. */
const chunkedTail = `${tail.length.toString(16)}\r\n${tail}\r\n0\r\n\r\n`

const codings: readonly (readonly [name: string, fields: string])[] = [
  ['an unknown coding before chunked', 'Transfer-Encoding: gzip, chunked\r\n'],
  ['chunked before another coding', 'Transfer-Encoding: chunked, gzip\r\n'],
  ['chunked twice in one field', 'Transfer-Encoding: chunked, chunked\r\n'],
  ['chunked in two fields', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n'],
  ['identity alone', 'Transfer-Encoding: identity\r\n'],
  ['a word that only begins like chunked', 'Transfer-Encoding: chunkedfoo\r\n'],
  ['a coding after a no-break space', 'Transfer-Encoding: \xa0chunked\r\n'],
  ['a coding after NUL', 'Transfer-Encoding: \0chunked\r\n'],
  ['a coding after a backspace', 'Transfer-Encoding: \bchunked\r\n'],
  ['a coding with a comment', 'Transfer-Encoding: chunked (really)\r\n'],
  ['a coding folded onto the next line', 'Transfer-Encoding:\r\n chunked\r\n'],
  ['a name with a tab before its colon', 'Transfer-Encoding\t: chunked\r\n'],
  ['a name behind a stray line feed', 'X-A: b\nTransfer-Encoding: chunked\r\n'],
  ['a name in a line that begins with a space', 'X-A: b\r\n Transfer-Encoding: chunked\r\n'],
  ['a name that begins with a control character', '\x01Transfer-Encoding: chunked\r\n'],
]

const lengths: readonly (readonly [name: string, value: string])[] = [
  ['a negative number', '-5'],
  ['a number with a point', '5.0'],
  ['a number with grouping', '1_0'],
  ['a number in quotes', '"5"'],
  ['the same number twice', '5, 5'],
  ['another number after a semicolon', '5;6'],
  ['digits of another script', '\xd9\xa5'],
  ['nothing at all', ''],
  ['more than any machine counts', '9'.repeat(40)],
]

const chunks: readonly (readonly [name: string, body: string])[] = [
  ['a size that is negative', `-5\r\nhello\r\n0\r\n\r\n`],
  ['a size after a space', ` 5\r\nhello\r\n0\r\n\r\n`],
  ['a size with an underscore', `1_0\r\nhello\r\n0\r\n\r\n`],
  ['a size that no machine counts', `fffffffffffffffff\r\nhello\r\n0\r\n\r\n`],
  ['a size ended by a carriage return alone', `5\rhello\r\n0\r\n\r\n`],
  ['content that is shorter than its size', `8\r\nhello\r\n0\r\n\r\n${tail}`],
  ['content ended by a line feed alone', `5\r\nhello\n0\r\n\r\n`],
  ['a terminator that is no zero', `5\r\nhello\r\nz\r\n\r\n${tail}`],
  ['an extension with a lone carriage return', `5;a=\rb\r\nhello\r\n0\r\n\r\n`],
  ['a trailer without a colon', `0\r\nnonsense\r\n\r\n${tail}`],
]

export const smuggling: AttackSuite = {
  class: 'request-smuggling',
  raw: [
    ...codings.map(([name, field]) => framing(`${name}, and a length`, `${field}Content-Length: 4\r\n`, chunkedTail)),
    ...codings.map(([name, field]) => framing(name, field, `0\r\n\r\n${tail}`)),
    ...lengths.map(([name, value]) =>
      framing(`a length that is ${name}`, `Content-Length: ${value}\r\n`, `hello${tail}`),
    ),
    ...chunks.map(([name, body]) => framing(`in chunks: ${name}`, 'Transfer-Encoding: chunked\r\n', body, broken)),
    framing('two lengths that differ', 'Content-Length: 0\r\nContent-Length: 42\r\n', tail),
    framing('a length before chunks', `Content-Length: 3\r\nTransfer-Encoding: chunked\r\n`, `0\r\n\r\n${tail}`),
    framing('lines ended by line feeds alone', 'X-A: b\n\n', tail),
    framing('a field without a name', ': nothing\r\n', tail),
    {
      name: 'chunks on HTTP/1.0',
      bytes: (ground) => `${start(ground, 'POST', '1.0')}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${tail}`,
      expected: refused,
    },
    {
      name: 'an invalid version',
      bytes: (ground) => `${start(ground, 'GET', '1.9')}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${tail}`,
      expected: { status: [400, 501, 505, 0], atMost: 0, closed: true },
    },
    {
      name: 'HTTP/2 in clear, unasked',
      bytes: () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      expected: refused,
    },
    {
      name: 'framing fields under another name',
      bytes: (ground) =>
        `${start(ground)}Content_Length: 42\r\nContent.Length: 42\r\nTransfer~Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello`,
      expected: { status: [200, 400] },
    },
    {
      name: 'a GET with content that is a request',
      bytes: (ground) => `${start(ground, 'GET')}Content-Length: ${tail.length}\r\n\r\n${tail}`,
      expected: { status: [200, 400] },
    },
    {
      name: 'a HEAD with content that is a request',
      bytes: (ground) => `${start(ground, 'HEAD')}Content-Length: ${tail.length}\r\n\r\n${tail}`,
      expected: { status: [200, 400] },
    },
    {
      name: 'an extension of a chunk',
      bytes: (ground) => `${start(ground)}Transfer-Encoding: chunked\r\n\r\n5;name="value"\r\nhello\r\n0;last\r\n\r\n`,
      expected: { status: [200, 400], plainChunks: true },
    },
    {
      name: 'an expectation, and content without waiting',
      bytes: (ground) => `${start(ground)}Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello`,
      expected: { status: [200], absent: ['expect'] },
    },
    {
      name: 'an early response to Expect without a session, whose content is a request',
      bytes: (ground) =>
        `POST /form HTTP/1.1\r\nHost: ${ground.host('wiki')}\r\nExpect: 100-continue\r\nContent-Length: ${tail.length}\r\n\r\n${tail}`,
      expected: { status: [401], atMost: 0 },
    },
    {
      name: 'invalid chunks without a session',
      bytes: (ground) =>
        `POST /form HTTP/1.1\r\nHost: ${ground.host('wiki')}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX${tail}`,
      expected: { status: [400, 401, 0], closed: true, atMost: 0 },
    },
    {
      name: 'a second request does not inherit the first one’s identity',
      bytes: (ground) => `${start(ground, 'GET')}\r\nGET /other HTTP/1.1\r\nHost: ${ground.host('wiki')}\r\n\r\n`,
      expected: { status: [200], second: [401] },
    },
    {
      name: 'no connection state carries over to another app',
      bytes: (ground) => `${start(ground, 'GET')}\r\nGET / HTTP/1.1\r\nHost: ${ground.host('erp')}\r\n\r\n`,
      expected: { status: [200], second: [421, 401] },
    },
  ],
}
