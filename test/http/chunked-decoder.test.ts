// Chunked decoder: framing fields in a trailer section are malformed in requests and responses, other trailers are not.

import { expect, test } from 'vitest'
import { createChunkedDecoder, malformed } from '../../src/http/chunked-decoder.ts'

test.each(['Transfer-Encoding: chunked', 'transfer-encoding: ', 'Content-Length: 5', 'CONTENT-LENGTH: x'])(
  'the framing field `%s` in a trailer section is malformed (RFC 9110 6.5.1)',
  (field) => {
    const bytes = Buffer.from(`2\r\nok\r\n0\r\n${field}\r\n\r\n`)
    expect(createChunkedDecoder().read(bytes, 0, () => {})).toBe(malformed)
  },
)

test('other fields of a trailer section are returned', () => {
  const decoder = createChunkedDecoder()
  const bytes = Buffer.from('2\r\nok\r\n0\r\nX-Content-Length: 5\r\nServer-Timing: a\r\n\r\n')
  expect(decoder.read(bytes, 0, () => {})).toBe(bytes.length)
  expect(decoder.trailers).toEqual(['X-Content-Length', '5', 'Server-Timing', 'a'])
})

test.each(['5\rXhello', '1\r\naX', '1\r\na\rX', '0\r\n\rX', '0\r\nA: b\rX', '1\n', 'X', ';', '1 ', '1\r\n\r\n'])(
  'a line end that is none is malformed: %j',
  (text) => expect(createChunkedDecoder().read(Buffer.from(`${text}\r\n0\r\n\r\n`), 0, () => {})).toBe(malformed),
)
