// Text mutator: takes valid texts from a corpus, then cuts, doubles, swaps, and inserts known troublemakers.

import fc from 'fast-check'
import { never } from '../../src/policy/never.ts'

interface Edit {
  readonly kind: 'cut' | 'double' | 'insert' | 'replace' | 'move' | 'case' | 'repeat'
  /** Position and length in ten-thousandths of the text, so that an edit applies to every text. */
  readonly at: number
  readonly length: number
  readonly what: string
}

/** Up to `most` edits of one text of `corpus`; sometimes none, so that valid inputs occur too. */
export function mutate(corpus: readonly string[], dictionary: readonly string[], most = 5): fc.Arbitrary<string> {
  const edit: fc.Arbitrary<Edit> = fc.record({
    kind: fc.constantFrom<Edit['kind']>(
      'cut',
      'double',
      'insert',
      'insert',
      'replace',
      'replace',
      'move',
      'case',
      'repeat',
    ),
    at: fc.nat(9_999),
    length: fc.nat(24),
    what: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...dictionary) },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 3 }) },
      { weight: 1, arbitrary: fc.nat(255).map((code) => String.fromCharCode(code)) },
    ),
  })
  return fc
    .tuple(fc.constantFrom(...corpus), fc.array(edit, { maxLength: most }))
    .map(([text, edits]) => edits.reduce(apply, text))
}

function apply(text: string, { kind, at, length, what }: Edit): string {
  const from = Math.floor((at * (text.length + 1)) / 10_000)
  const to = Math.min(text.length, from + length)
  const piece = text.slice(from, to)
  const before = text.slice(0, from)
  const after = text.slice(to)
  switch (kind) {
    case 'cut':
      return before + after
    case 'double':
      return before + piece + piece + after
    case 'insert':
      return before + what + text.slice(from)
    case 'replace':
      return before + what + after
    case 'move':
      return after + before + piece
    case 'case':
      return before + (piece === piece.toUpperCase() ? piece.toLowerCase() : piece.toUpperCase()) + after
    case 'repeat':
      return before + what.repeat(Math.min(64, length * 4)) + text.slice(from)
    default:
      return never(kind)
  }
}

/** Known troublemakers for parsers of header fields, cookies and targets. */
export const salt: readonly string[] = [
  '\r',
  '\n',
  '\r\n',
  '\0',
  '\t',
  ' ',
  '\x0b',
  '\x7f',
  '\x80',
  '\x85',
  '\xa0',
  '\xff',
  '\u2028',
  '\u202e',
  '\u0130',
  '\ud800',
  ',',
  ';',
  ':',
  '=',
  '"',
  "'",
  '\\',
  '/',
  '//',
  '.',
  '..',
  '%',
  '%00',
  '%2e',
  '%2F',
  '%5c',
  '%25',
  '%0d%0a',
  '#',
  '?',
  '&',
  '@',
  '*',
  '<',
  '>',
  '[',
  ']',
  '{',
  '}',
  '|',
  '^',
  '`',
  '_',
  '-',
  '+',
  '0',
  '00',
  '-1',
  '9'.repeat(20),
  '0x10',
  '1e3',
  'null',
  '__proto__',
]
