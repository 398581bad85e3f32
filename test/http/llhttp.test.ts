// Heads as our own front and client read them: what a field is, and what has no meaning at all.

import { expect, test } from 'vitest'
import { isPossibleRequestLine, parseRequestHead, parseResponseHead } from '../../src/http/llhttp.ts'

const request = (text: string) => parseRequestHead(Buffer.from(text, 'latin1'), 0, text.length, text)
const response = (text: string) => parseResponseHead(Buffer.from(text, 'latin1'), 0, text.length, text)

test('values lose the blanks around them, and an empty one is a value wherever it stands', () => {
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
  ['a line feed alone', 'GET / HTTP/1.1\r\nX-A: b\nX-B: c\r\n\r\n'],
  ['an end of line feeds', 'GET / HTTP/1.1\r\nX-A: b\n\r\n\r\n'],
  ['a blank before the colon', 'GET / HTTP/1.1\r\nX-A : b\r\n\r\n'],
  ['NUL', 'GET / HTTP/1.1\r\nX-A: \0\r\n\r\n'],
  ['two lengths', 'POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n'],
  ['length and chunks', 'POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['another coding', 'POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'],
  ['chunks over HTTP/1.0', 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['two heads in one', 'GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n'],
])('is none: %s', (_name, text) => {
  expect(request(text)).toBe('malformed')
  // An answer in chunks over HTTP/1.0 is taken, by Node and undici too, and its connection is not kept.
  if (text.includes('HTTP/1.0')) return
  const answer = text.replace(/^\S+ \/ HTTP\/1\.1/, 'HTTP/1.1 200 OK').replace('GET / HTTP/1.1', 'HTTP/1.1 200')
  expect(response(answer)).toBe('malformed')
})

test('many fields are too many, and larger heads find room', () => {
  expect(request(`GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(1_500)}\r\n`)).toBe('too_many')
  expect(request(`GET / HTTP/1.1\r\nX-A: ${'a'.repeat(200_000)}\r\n\r\n`)).toMatchObject({ bytes: 200_004 })
})

test('a beginning is told from what can never become a request', () => {
  const may = (text: string): boolean => isPossibleRequestLine(Buffer.from(text, 'latin1'), 0, text.length)
  expect(['G', 'GET /', 'GET / HTTP/1.1\r\nHo', 'POST / HTTP/1.1\r\nContent-Length: 1'].every(may)).toBe(true)
  expect(['\x16\x03\x01', 'GET / HTTP/1.1\nHost', 'PRI * HTTP/2.0\r\n\r\nX', '\0'].some(may)).toBe(false)
})
