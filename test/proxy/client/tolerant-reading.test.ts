// Tolerant reading of responses: line ends, folds and padding that RFC 9112 lets a recipient accept; doubt about framing never.

import { expect, test } from 'vitest'
import { parseRequestHead } from '../../../src/http/llhttp.ts'
import { createChunkedDecoder, malformed } from '../../../src/http/chunked-decoder.ts'
import { ResponseReader } from '../../../src/proxy/client/http1-response-reader.ts'

interface Reading {
  readonly heads: { readonly status: number; readonly headers: readonly string[] }[]
  content: string
  ends: string[]
  problem: string | undefined
}

/** `pieces`: as they arrive. */
function read(...pieces: readonly string[]): Reading {
  const reading: Reading = { heads: [], content: '', ends: [], problem: undefined }
  const reader = new ResponseReader(65_536, {
    head: ({ status, headers }) => reading.heads.push({ status, headers }) > 0,
    data(chunk) {
      reading.content += chunk.toString('latin1')
      return true
    },
    complete: (_head, trailers, clean) => void reading.ends.push(clean ? 'clean' : 'not clean', ...trailers),
    switched() {},
    malformed: (message) => (reading.problem = message),
  })
  reader.begin('GET')
  for (const piece of pieces) if (reading.problem === undefined) reader.read(Buffer.from(piece, 'latin1'))
  return reading
}

const everyByte = (text: string): string[] => [...text]

test.each([
  ['LF only', 'HTTP/1.1 200 OK\nX-A: b\nContent-Length: 2\n\nhi'],
  ['LF in one line', 'HTTP/1.1 200 OK\r\nX-A: b\nContent-Length: 2\r\n\r\nhi'],
  ['LF before the empty line', 'HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 2\n\r\nhi'],
  ['a bare empty line', 'HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 2\r\n\nhi'],
  ['Content-Length in equal copies', 'HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 2\r\ncontent-length: 2\r\n\r\nhi'],
])('line ends: %s', (_name, text) => {
  for (const pieces of [[text], everyByte(text)]) {
    const reading = read(...pieces)
    expect(reading.problem).toBeUndefined()
    expect(reading.heads).toEqual([{ status: 200, headers: ['X-A', 'b', 'Content-Length', '2'] }])
    expect(reading).toMatchObject({ content: 'hi', ends: ['clean'] })
  }
})

test('an empty line within the content does not end the head of a response with LF only', () => {
  const reading = read('HTTP/1.1 200 OK\nContent-Length: 8\n\nab\r\n\r\ncd')
  expect(reading).toMatchObject({ content: 'ab\r\n\r\ncd', ends: ['clean'], problem: undefined })
  const other = read('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nab\n\ncd')
  expect(other).toMatchObject({ content: 'ab\n\ncd', ends: ['clean'], problem: undefined })
})

test('a folded field is joined by a space', () => {
  const { heads } = read('HTTP/1.1 200 OK\r\nX-A: one\r\n  two\r\n\tthree \r\nX-B: four\r\nContent-Length: 0\r\n\r\n')
  expect(heads[0]!.headers).toEqual(['X-A', 'one two three', 'X-B', 'four', 'Content-Length', '0'])
})

test.each(['5   ', '5\t'])('a padded chunk size: %j', (size) => {
  const text = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${size}\r\nhello\r\n0  \r\nEnds: here\r\n\r\n`
  for (const pieces of [[text], everyByte(text)]) {
    expect(read(...pieces)).toMatchObject({ content: 'hello', ends: ['clean', 'Ends', 'here'], problem: undefined })
  }
})

test.each([
  ['digits after the padding', '5 5\r\nhello\r\n0\r\n\r\n'],
  ['padding before the size', ' 5\r\nhello\r\n0\r\n\r\n'],
  ['padding without an end', `5${' '.repeat(20_000)}\r\nhello\r\n0\r\n\r\n`],
  ['LF after the size', '5\nhello\r\n0\r\n\r\n'],
])('chunks stay strict: %s', (_name, chunks) => {
  expect(read(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`).problem).toBe('malformed chunk')
})

test.each([
  ['X-Foo (white space before the colon)', 'X-Foo : a'],
  ['X-Foo (a control character in the value)', 'X-Foo: a\0b'],
  ['X-Foo (a control character in the value)', 'X-Foo: a\rb'],
  ['X?Foo (a character that names may not contain)', 'X Foo: a'],
  ['X-Foo (a line without a colon)', 'X-Foo'],
  ['Content-Length (twice, with different values)', 'Content-Length: 5\r\nContent-Length: 6'],
  ['Content-Length (together with Transfer-Encoding)', 'Content-Length: 5\r\nTransfer-Encoding: chunked'],
  ['Content-Length (together with Transfer-Encoding)', 'Content-Length: 5\nTransfer-Encoding:\n chunked'],
  ['Content-Length (not a number of bytes)', 'Content-Length: 5, 6'],
  ['Transfer-Encoding (a transfer coding other than chunked)', 'Transfer-Encoding: gzip, chunked'],
  ['Transfer-Encoding (twice)', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked'],
])('a malformed head is told by its field: %s', (shown, lines) => {
  for (const end of ['\r\n', '\n']) {
    const { problem, heads } = read(`HTTP/1.1 200 OK${end}X-Good: a${end}${lines}${end}${end}`)
    expect(problem).toBe(`upstream sent an invalid field: ${shown}`)
    expect(heads).toEqual([])
  }
})

test.each([
  ['upstream sent an invalid status line', 'HTTP/1.1 abc OK\r\nX-A: b\r\n\r\n'],
  ['the response does not begin with HTTP/1.x', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ['the upstream expects TLS: write https:// in `to`', '\x15\x03\x01\x00\x02\x02\x46'],
  ['the upstream speaks HTTP/2 without TLS: write h2c:// in `to`', '\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64'],
  ['the response head exceeds 65536 bytes', `HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(70_000)}`],
])('no head of HTTP/1.x, and at once: %s', (shown, text) => {
  expect(read(text).problem).toBe(shown)
})

test('requests stay strict', () => {
  for (const text of ['GET / HTTP/1.1\nHost: a\n\n', 'GET / HTTP/1.1\r\nX-A: b\r\n c\r\n\r\n'])
    expect(parseRequestHead(Buffer.from(text), 0, text.length, text)).toBe('malformed')
  expect(createChunkedDecoder().read(Buffer.from('5 \r\nhello\r\n0\r\n\r\n'), 0, () => {})).toBe(malformed)
})
