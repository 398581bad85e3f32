// Explains syntax errors of YAML: one message per mistake, at the place where it was made.

import { isCollection, isScalar, visit } from 'yaml'
import type { Document, ErrorCode, Node, YAMLError } from 'yaml'
import { notReplaced, placeholderIn } from './placeholders.ts'

export interface YamlProblem {
  readonly offset: number
  readonly message: string
}

/** Errors that leave the structure as it is, so that those after them are mistakes of their own. */
const independent: ReadonlySet<string> = new Set(['DUPLICATE_KEY', 'BAD_ALIAS', 'TAG_RESOLVE_FAILED', 'BAD_DIRECTIVE'])

/**
 * In the order of the file, up to the first error of structure: whatever the parser reports after it follows from it.
 */
export function yamlProblems(document: Document.Parsed, text: string): YamlProblem[] {
  const errors = [...document.errors, ...document.warnings].toSorted((a, b) => a.pos[0] - b.pos[0])
  const first = errors.findIndex(({ code }) => !independent.has(code))
  const own = first < 0 ? errors : errors.slice(0, first + 1)
  return own.map((error) => explain(error, document, text))
}

/** Own messages: the parser's quote the text, which may be a secret. */
function explain(error: YAMLError, document: Document.Parsed, text: string): YamlProblem {
  const offset = error.pos[0]
  const placeholder = independent.has(error.code) ? undefined : placeholderBefore(text, offset)
  if (placeholder !== undefined) return placeholder
  if (error.code === 'MISSING_CHAR') {
    const opened = openedBefore(document, offset)
    if (opened !== undefined) return opened
  }
  if (error.code === 'MULTILINE_IMPLICIT_KEY' && /^[\s-]*[\w-]+:[^\s]/.test(lineAt(text, offset).line)) {
    return { offset, message: 'a blank is missing after the colon' }
  }
  return { offset, message: yamlMessages[error.code] ?? 'not valid YAML' }
}

/** `${NAME}` in a flow mapping, which YAML reads as the beginning of another one. */
function placeholderBefore(text: string, offset: number): YamlProblem | undefined {
  const { line, start } = lineAt(text, offset)
  const found = placeholderIn(line)
  if (found === undefined || start + found.index > offset + 2) return undefined
  const alone = /[:,[-]\s*$/.test(line.slice(0, found.index))
  return { offset: start + found.index, message: notReplaced({ ...found, alone }) }
}

/** The quote or bracket that is still open where the text ends too early. */
function openedBefore(document: Document.Parsed, offset: number): YamlProblem | undefined {
  let found: YamlProblem | undefined
  visit(document, {
    Node(_key, node) {
      const [start, end] = (node as Node).range ?? []
      if (start === undefined || end === undefined || start >= offset || end < offset) return
      if (isScalar(node) && (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE'))
        found = { offset: start, message: 'this quote is never closed' }
      else if (isCollection(node) && node.flow === true)
        found = { offset: start, message: 'this bracket is not closed, or a comma is missing after a value in it' }
    },
  })
  return found
}

function lineAt(text: string, offset: number): { readonly line: string; readonly start: number } {
  const start = text.lastIndexOf('\n', offset - 1) + 1
  const end = text.indexOf('\n', offset)
  return { line: text.slice(start, end < 0 ? undefined : end), start }
}

export const yamlMessages: Readonly<Partial<Record<ErrorCode, string>>> = {
  ALIAS_PROPS: 'an alias cannot have an anchor or a tag',
  BAD_ALIAS: 'this alias has no anchor before it (quote a text that begins with * or &)',
  BAD_DIRECTIVE: 'unknown YAML directive',
  BAD_DQ_ESCAPE: 'unknown escape sequence in a double-quoted text (in single quotes, \\ is literal)',
  BAD_INDENT: 'the indentation does not fit the lines before it',
  BAD_SCALAR_START: 'a text that begins with this character must be quoted',
  BLOCK_AS_IMPLICIT_KEY:
    'a mapping cannot begin on the line of another key (quote a text with a colon at its end or before a space)',
  BLOCK_IN_FLOW: 'an indented block cannot stand inside [ ] or { }',
  DUPLICATE_KEY: 'duplicate key in this mapping',
  MISSING_CHAR: 'a character is missing here: a closing quote, bracket, comma or colon',
  MULTILINE_IMPLICIT_KEY: 'a key must be on one line (missing colon?)',
  MULTIPLE_DOCS: 'only one YAML document is supported (remove the --- line)',
  NON_STRING_KEY: 'a key must be a plain text',
  RESOURCE_EXHAUSTION: 'too deeply nested, or aliases expand to too much',
  TAB_AS_INDENT: 'indent with spaces, not with tabs',
  TAG_RESOLVE_FAILED: 'YAML tags are not supported; quote a text that begins with !',
  UNEXPECTED_TOKEN: 'unexpected token',
}
