// Regular expressions of the configuration, matched in linear time by RE2: what people send cannot keep a process busy.

import { RE2JS, RE2JSSyntaxException } from 're2js'

export type LinearPattern =
  /** Whether the whole text matches; false for a text that is too long. */
  { readonly state: 'valid'; matches(text: string): boolean } | { readonly state: 'invalid'; readonly message: string }

/** Characters of a pattern; states of its program, which repetitions multiply; characters of a text. */
const maxPatternLength = 200
const maxProgramSize = 5_000
const maxTextLength = 1_000

/**
 * Syntax of RE2 (https://github.com/google/re2/wiki/Syntax), which has no construct that needs backtracking. Time is
 * bounded by program size times text length. Node's own engine backtracks: `([A-Z]+-?)+[0-9]` takes seconds for thirty
 * letters, and the process answers no request meanwhile.
 */
export function linearPattern(source: string): LinearPattern {
  if (source.length > maxPatternLength) {
    return { state: 'invalid', message: `a pattern has at most ${maxPatternLength} characters` }
  }
  let compiled: RE2JS
  try {
    compiled = RE2JS.compile(source)
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error
    return { state: 'invalid', message: messageFor(source, error.getDescription()) }
  }
  if (compiled.programSize() > maxProgramSize) {
    return { state: 'invalid', message: 'the repetitions of this pattern are too large' }
  }
  return { state: 'valid', matches: (text) => text.length <= maxTextLength && compiled.matches(text) }
}

/** Says what is not supported where a pattern of another engine was written. */
function messageFor(source: string, description: string): string {
  if (/\(\?<?[=!]/.test(source))
    return 'look-ahead and look-behind are not supported: patterns are matched in linear time'
  if (/\\(?:[1-9]|k<)/.test(source)) return 'back-references are not supported: patterns are matched in linear time'
  return `expected a regular expression in the syntax of RE2: ${description}`
}
