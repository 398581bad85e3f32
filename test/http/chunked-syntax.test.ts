// Syntax of the chunked transfer coding (RFC 9112 7.1), byte by byte: sizes, extensions, line ends, trailers, and their limits.

import { describe, expect, test } from 'vitest'
import { createChunkedDecoder, incomplete, malformed } from '../../src/http/chunked-decoder.ts'

/** Decodes a message in pieces of `step` bytes; what follows the content is another message. */
function decode(message: string, step = Infinity): { result: number; content: string; trailers: readonly string[] } {
  const bytes = Buffer.from(message, 'latin1')
  const decoder = createChunkedDecoder()
  let content = ''
  let result = incomplete
  for (let from = 0; from < bytes.length && result === incomplete; from += step) {
    const piece = bytes.subarray(from, Math.min(bytes.length, from + step))
    result = decoder.read(piece, 0, (start, end) => (content += piece.toString('latin1', start, end)))
    if (result >= 0) result += from
  }
  return { result, content, trailers: decoder.trailers }
}

const resultOf = (message: string): number => decode(message).result
const last = '0\r\n\r\n'

describe('content', () => {
  const message = 'a\r\n0123456789\r\nB;x=1\r\nhello world\r\n0\r\nX-Sum: 1\r\nX-End:\t2 \r\n\r\n'

  test.each([Infinity, 1, 2, 3, 7])('is the same however the bytes arrive: in pieces of %d', (step) => {
    expect(decode(message, step)).toEqual({
      result: message.length,
      content: '0123456789hello world',
      trailers: ['X-Sum', '1', 'X-End', '2'],
    })
  })

  test('ends before the bytes of the next message', () => {
    expect(resultOf(`1\r\nx\r\n${last}GET / HTTP/1.1\r\n`)).toBe(11)
  })

  test('is read from the offset on', () => {
    const bytes = Buffer.from(`head1\r\nx\r\n${last}`)
    const pieces: [number, number][] = []
    expect(createChunkedDecoder().read(bytes, 4, (from, to) => pieces.push([from, to]))).toBe(bytes.length)
    expect(pieces).toEqual([[7, 8]])
  })

  test.each([
    '',
    '1',
    '1\r',
    '1\r\n',
    '1\r\nx',
    '1\r\nx\r',
    '1\r\nx\r\n',
    '1\r\nx\r\n0',
    '0\r\n',
    '0\r\n\r',
    '0\r\na: b',
  ])('is incomplete after %j', (message) => expect(resultOf(message)).toBe(incomplete))

  test.each([
    ['more bytes than the size says', `1\r\nxy\r\n${last}`],
    ['a line feed alone after the bytes', `1\r\nx\n${last}`],
    ['another byte after the carriage return', `1\r\nx\r\r\n${last}`],
  ])('with %s is malformed', (_name, message) => expect(resultOf(message)).toBe(malformed))
})

describe('a chunk size', () => {
  test.each(['1', 'a', 'f', 'A', 'F', '9', '0001', '1fffffffffffff', '0000000000000000000001'])('may be %s', (size) => {
    expect(resultOf(`${size}\r\n`)).toBe(incomplete)
  })

  test.each(['g', 'G', '/', ':', '@', '`', '-1', '+1', '0x1', ' 1', '1 ', '1_0', '', ';x', 'ä', '\u00b1', '\0'])(
    'may not be %j',
    (size) => expect(resultOf(`${size}\r\n`)).toBe(malformed),
  )

  test('is at most what a number represents exactly: a larger one would lose its last digits', () => {
    expect(resultOf('20000000000000\r\n')).toBe(malformed)
    expect(resultOf('ffffffffffffffff1\r\n')).toBe(malformed)
  })

  test('has at most 16384 digits, leading zeros included', () => {
    expect(resultOf(`${'0'.repeat(16_383)}1\r\nx\r\n${last}`)).toBeGreaterThan(0)
    expect(resultOf(`${'0'.repeat(16_385)}`)).toBe(malformed)
  })

  test('is counted anew for each chunk', () => {
    const digits = `${'0'.repeat(9_999)}1\r\nx\r\n`
    expect(resultOf(`${digits}${digits}${last}`)).toBeGreaterThan(0)
    expect(resultOf(`1\r\nx\r\n\r\n`)).toBe(malformed)
  })

  test.each(['\n', '\r1', '\r\r', ' \r\n', '\t\r\n'])('ends with CR LF, not with %j', (end) => {
    expect(resultOf(`1${end}x`)).toBe(malformed)
  })
})

describe('chunk extensions', () => {
  test.each([';a', ';a=1', ';a="b c"', ';a="\\"\t"', ';a;b=2;c=""', ';a="\u00e4"'])('may be %j', (extension) => {
    expect(decode(`1${extension}\r\nx\r\n${last}`)).toMatchObject({ content: 'x' })
    expect(resultOf(`1${extension}\r\nx\r\n${last}`)).toBeGreaterThan(0)
  })

  test.each([
    ';',
    ';;a',
    ';a;',
    ';=1',
    ';a=',
    '; a',
    ';a =1',
    ';a= 1',
    ';a=1 ',
    ';a="b',
    ';a=b"',
    ';a="b"c',
    ';a=ä',
    ';a="\u007f"',
    ';a\n',
    ';a\0',
    ';a="\n"',
    ';a\r;b',
  ])('may not be %j', (extension) => {
    expect(resultOf(`1${extension}\r\nx\r\n${last}`)).toBe(malformed)
  })

  test('are at most 16384 bytes long (CVE-2024-22019)', () => {
    const of = (length: number) => `1;${'a'.repeat(length - 1)}\r\nx\r\n${last}`
    expect(resultOf(of(16_384))).toBeGreaterThan(0)
    expect(resultOf(of(16_385))).toBeGreaterThan(0)
    expect(resultOf(of(16_386))).toBe(malformed)
  })

  test('of one chunk are not those of the next', () => {
    const long = `1;${'a'.repeat(9_000)}\r\nx\r\n`
    expect(resultOf(`${long}${long}${last}`)).toBeGreaterThan(0)
  })
})

describe('a trailer section', () => {
  test.each(['a', ': b', 'a b: c', 'a : b', 'a: b\0', '\tfolded', 'a: b\nc: d', 'a: \u007f'])(
    'may not hold %j',
    (line) => expect(resultOf(`0\r\n${line}\r\n\r\n`)).toBe(malformed),
  )

  test('may hold a horizontal tab and obs-text in a value', () => {
    expect(decode('0\r\nX-A: b\tc\u00e4\r\n\r\n').trailers).toEqual(['X-A', 'b\tc\u00e4'])
  })

  test('ends each line with CR LF', () => {
    expect(resultOf('0\r\na: b\r\r\n\r\n')).toBe(malformed)
    expect(resultOf('0\r\na: b\n\r\n')).toBe(malformed)
  })

  test('has at most 16384 bytes of all its lines together', () => {
    const field = (length: number) => `a:${'b'.repeat(length - 2)}\r\n`
    expect(resultOf(`0\r\n${field(8_192)}${field(8_192)}\r\n`)).toBeGreaterThan(0)
    expect(resultOf(`0\r\n${field(8_192)}${field(8_193)}\r\n`)).toBe(malformed)
  })
})
