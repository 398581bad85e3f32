// Parsing of HTTP/1.x heads for the native server and client: valid fields, and malformed heads (request smuggling).

import { expect, test } from 'vitest'
import { isPossibleRequestLine, parseRequestHead, parseResponseHead } from '../../src/http/llhttp.ts'

const request = (text: string) => parseRequestHead(Buffer.from(text, 'latin1'), 0, text.length, text)
const response = (text: string) => parseResponseHead(Buffer.from(text, 'latin1'), 0, text.length, text)

test('values are trimmed, and empty values are kept in any position', () => {
  expect(request('GET /a?b HTTP/1.1\r\nHost: a\r\nX-A:\r\nX-B: \t c d \t\r\nX-C:\r\n\r\n')).toMatchObject({
    method: 'GET',
    target: '/a?b',
    version: '1.1',
    headers: ['Host', 'a', 'X-A', '', 'X-B', 'c d', 'X-C', ''],
    length: undefined,
    chunked: false,
    keepAlive: true,
  })
  expect(response('HTTP/1.1 200\r\nX-A: \t\r\n\r\n')).toMatchObject({ status: 200, headers: ['X-A', ''] })
})

test.each([
  ['a folded field', 'GET / HTTP/1.1\r\nX-A: b\r\n c\r\n\r\n'],
  ['a bare LF', 'GET / HTTP/1.1\r\nX-A: b\nX-B: c\r\n\r\n'],
  ['a bare LF before the empty line', 'GET / HTTP/1.1\r\nX-A: b\n\r\n\r\n'],
  ['white space before the colon', 'GET / HTTP/1.1\r\nX-A : b\r\n\r\n'],
  ['NUL', 'GET / HTTP/1.1\r\nX-A: \0\r\n\r\n'],
  ['two Content-Length fields', 'POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n'],
  [
    'Content-Length with Transfer-Encoding',
    'POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n',
  ],
  ['another transfer coding', 'POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'],
  ['chunked over HTTP/1.0', 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['two heads in one', 'GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n'],
])('malformed: %s', (_name, text) => {
  expect(request(text)).toBe('malformed')
  // A chunked HTTP/1.0 response is accepted, as by Node and undici, and its connection is not reused.
  if (text.includes('HTTP/1.0')) return
  const answer = text.replace(/^\S+ \/ HTTP\/1\.1/, 'HTTP/1.1 200 OK').replace('GET / HTTP/1.1', 'HTTP/1.1 200')
  expect(response(answer)).toBe('malformed')
})

test('too many fields are rejected, and large heads enlarge the buffer', () => {
  expect(request(`GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(1_500)}\r\n`)).toBe('too_many')
  expect(request(`GET / HTTP/1.1\r\nX-A: ${'a'.repeat(200_000)}\r\n\r\n`)).toMatchObject({ bytes: 200_004 })
})

test('a valid beginning of a request is distinguished from bytes that can never become one', () => {
  const may = (text: string): boolean => isPossibleRequestLine(Buffer.from(text, 'latin1'), 0, text.length)
  expect(['G', 'GET /', 'GET / HTTP/1.1\r\nHo', 'POST / HTTP/1.1\r\nContent-Length: 1'].every(may)).toBe(true)
  expect(['\x16\x03\x01', 'GET / HTTP/1.1\nHost', 'PRI * HTTP/2.0\r\n\r\nX', '\0'].some(may)).toBe(false)
})

const head = (method: string, more = '') => `${method} /a%20b?c HTTP/1.1\r\nHost: a\r\nX-A:  b \r\n${more}\r\n`

test.each([
  'VERSION-CONTROL',
  'BASELINE-CONTROL',
  'CHECKIN',
  'UNCHECKOUT',
  'UPDATE',
  'LABEL',
  'MKWORKSPACE',
  'X',
  'XY',
  'XYZ',
  'RPC_IN_DATA',
  "!#$%&'*+.^_`|~",
  'PLAY',
  'DESCRIBE',
  'X'.repeat(64),
])('a method that the parser has no name for is read as any other: %s', (method) => {
  const text = head(method, 'Content-Length: 3\r\n')
  const usual = request(head('PUT', 'Content-Length: 3\r\n'))
  expect(request(text)).toEqual({ ...(usual as object), method })
  // Also when other bytes are before it, and as it arrives.
  const bytes = Buffer.from(`..${text}`, 'latin1')
  expect(parseRequestHead(bytes, 2, bytes.length, text)).toEqual({ ...(usual as object), method })
  for (let end = 3; end <= bytes.length; end++) expect([end, isPossibleRequestLine(bytes, 2, end)]).toEqual([end, true])
})

test.each([
  ['a character that is no part of a token', 'G@T / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['no method', ' / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['a tab behind it', 'CHECKIN\t/ HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['65 characters', `${'X'.repeat(65)} / HTTP/1.1\r\nHost: a\r\n\r\n`],
  ['the preface of HTTP/2', 'PRI * HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['an authority as its target', 'CHECKIN a.example:443 HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['two framings', 'CHECKIN / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['a folded field', 'CHECKIN / HTTP/1.1\r\nX-A: b\r\n c\r\n\r\n'],
  ['a bare LF', 'CHECKIN / HTTP/1.1\nHost: a\r\n\r\n'],
])('malformed, whatever the method: %s', (_name, text) => {
  expect(request(text)).toBe('malformed')
})
