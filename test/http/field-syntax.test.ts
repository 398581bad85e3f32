// Field syntax against the ABNF of the RFCs, octet by octet, and against ReDoS (cubic time).

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as syntax from '../../src/http/field-syntax.ts'
import { createChunkedDecoder } from '../../src/http/chunked-decoder.ts'

// RFC 5234 B.1 and RFC 9110 5.5, 5.6.2, 5.6.4 as predicates of one octet.
const between = (code: number, low: number, high: number): boolean => code >= low && code <= high
const isVchar = (code: number): boolean => between(code, 0x21, 0x7e)
const isObsText = (code: number): boolean => between(code, 0x80, 0xff)
const isAlphaOrDigit = (code: number): boolean =>
  between(code, 0x30, 0x39) || between(code, 0x41, 0x5a) || between(code, 0x61, 0x7a)
const isTchar = (code: number): boolean => isAlphaOrDigit(code) || "!#$%&'*+-.^_`|~".includes(String.fromCharCode(code))
const isWhiteSpace = (code: number): boolean => code === 0x20 || code === 0x09
const isFieldText = (code: number): boolean => isVchar(code) || isObsText(code) || isWhiteSpace(code)

const codesOf = (text: string): number[] => [...text].map((character) => character.codePointAt(0)!)
const every = (text: string, is: (code: number) => boolean): boolean => codesOf(text).every(is)

/** Mostly common characters, so that both valid and invalid values are generated. */
const wire = fc.string({
  unit: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...'aZ9-_.!~ \t:;="\\,') },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 0xff }).map((code) => String.fromCharCode(code)) },
    { weight: 1, arbitrary: fc.constantFrom('\r', '\n', '\0', '\x7f', 'ā', '\u2028', '😀') },
  ),
  maxLength: 24,
})

describe('each octet, and code points beyond', () => {
  test.each(Array.from({ length: 0x180 }, (_, code) => code))('%i', (code) => {
    const one = String.fromCharCode(code)
    expect(syntax.isToken(one)).toBe(isTchar(code))
    expect(syntax.isFieldValue(one)).toBe(isFieldText(code))
    expect(syntax.isAsciiFieldValue(one)).toBe(isVchar(code) || isWhiteSpace(code))
    expect(syntax.isRequestTarget(one)).toBe(isVchar(code) || isObsText(code))
    expect(syntax.isUnescapedWord(one)).toBe(isVchar(code) && one !== '"' && one !== '\\')
    expect(syntax.isBlank(code)).toBe(isWhiteSpace(code))
  })
})

describe('arbitrary text', () => {
  test('is a token, field value or request target exactly as in the ABNF', () => {
    fc.assert(
      fc.property(wire, (text) => {
        expect(syntax.isToken(text)).toBe(text !== '' && every(text, isTchar))
        expect(syntax.isFieldValue(text)).toBe(every(text, isFieldText))
        expect(syntax.isAsciiFieldValue(text)).toBe(every(text, (code) => isFieldText(code) && code < 0x80))
        expect(syntax.isRequestTarget(text)).toBe(
          text !== '' && every(text, (code) => isVchar(code) || isObsText(code)),
        )
      }),
      { numRuns: 2000 },
    )
  })

  test('is a field line: name, colon, OWS, value, OWS (RFC 9112 5), without white space before the colon', () => {
    fc.assert(
      fc.property(wire, (text) => {
        const colon = text.indexOf(':')
        const [name, rest] = [text.slice(0, Math.max(0, colon)), text.slice(colon + 1)]
        const valid = name !== '' && every(name, isTchar) && every(rest, isFieldText)
        const value = rest.replace(/^[ \t]+/, '').replace(/[ \t]+$/, '')
        expect(syntax.parseFieldLine(text)).toEqual(valid ? [name, value] : undefined)
      }),
      { numRuns: 2000 },
    )
  })

  test('chunk extensions: names, tokens and quoted strings', () => {
    const word = fc.string({ unit: fc.constantFrom(...'aZ9!~^`'), minLength: 1, maxLength: 5 })
    const inner = fc.oneof(
      fc.constantFrom(...'aZ9 \t!#[]~\x80\xff'),
      fc.constantFrom(...'\\" \taÿ').map((one) => `\\${one}`),
    )
    const quoted = fc.array(inner, { maxLength: 6 }).map((parts) => `"${parts.join('')}"`)
    const extension = fc.tuple(word, fc.option(fc.oneof(word, quoted), { nil: undefined }))
    const written = fc
      .array(extension, { maxLength: 4 })
      .map((all) => all.map(([name, value]) => `;${name}${value === undefined ? '' : `=${value}`}`).join(''))
    fc.assert(
      fc.property(written, (text) => {
        expect(syntax.isChunkExtensions(text)).toBe(true)
      }),
    )
    // A recipient may remove BWS (RFC 9110 5.6.3); here it is malformed, as in llhttp.
    for (const bad of [';', ';a=', ';a="', ';a="x', ';a="\x7f"', '; a', ';a =b', 'a', ';a;', ';a="x"y']) {
      expect([bad, syntax.isChunkExtensions(bad)]).toEqual([bad, false])
    }
  })
})

test('Content-Length is plain digits that a number represents exactly', () => {
  expect(['0', '007', '999999999999999'].map(syntax.parseContentLength)).toEqual([0, 7, 999_999_999_999_999])
  for (const bad of ['', '+1', '-1', ' 1', '1 ', '0x1', '1e3', '1,1', '1.0', '１', '1\n', '1000000000000000']) {
    expect([bad, syntax.parseContentLength(bad)]).toEqual([bad, undefined])
  }
})

test('a status line is of HTTP/1.x', () => {
  for (const head of ['HTTP/1.1 200 OK\r\n', 'HTTP/1.0 404\r\n']) expect(syntax.startsWithStatusLine(head)).toBe(true)
  for (const head of ['HTTP/2.0 200 OK\r\n', 'HTTP/1.1  200 OK', 'HTTP/1.1 2000\r\n', ' HTTP/1.1 200 OK', 'ICY 200 OK'])
    expect(syntax.startsWithStatusLine(head)).toBe(false)
})

// A regular expression with three overlapping runs of white space took over an hour for this line: cubic time.
test.each([
  ['ends in a control character', '\x7f'],
  ['ends in text', 'x'],
])('a trailer of white space that %s is parsed quickly (ReDoS)', (_name, last) => {
  const body = Buffer.from(`0\r\na:${' '.repeat(16_000)}${last}\r\n\r\n`, 'latin1')
  const begun = performance.now()
  createChunkedDecoder().read(body, 0, () => undefined)
  expect(performance.now() - begun).toBeLessThan(500)
})
