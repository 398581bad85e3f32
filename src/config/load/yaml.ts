// Parses YAML to plain data in which every value can be traced back to its line and column.

import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml'
import type { Document, Node, Pair } from 'yaml'
import type { Problem, TreePath } from './problem.ts'
import { printPath } from './problem.ts'
import { yamlMessages, yamlProblems } from './yaml-problems.ts'

export interface Source {
  /** File name as shown in problems. */
  readonly file: string
  /** Plain data; undefined if the text is not valid YAML. */
  readonly value: unknown
  readonly problems: readonly Problem[]
  /**
   * `at`: position of the key, or of its value. A path that does not exist yields the position of its nearest parent.
   */
  problem(path: TreePath, at: 'key' | 'value', message: string): Problem
}

/** Size limit of one file in bytes: far above real ones, and parsed in well under a second. */
export const maxFileBytes = 4 * 1024 * 1024
const maxAliases = 100
const maxDepth = 64

export function parseSource(file: string, text: string): Source {
  const at = (line: number, column: number, path: string, message: string): Problem => ({
    file,
    line,
    column,
    path,
    message,
  })
  const broken = (message: string): Source => ({
    file,
    value: undefined,
    problems: [at(1, 1, '', message)],
    problem: (path, _at, text) => at(1, 1, printPath(path), text),
  })

  if (Buffer.byteLength(text) > maxFileBytes) return broken('the file is larger than 4 MB')
  // The parser is recursive: deep nesting would overflow the stack.
  if (flowDepth(text) > maxDepth) return broken(`lists and mappings are nested deeper than ${maxDepth} levels`)

  const lines = new LineCounter()
  let document: Document.Parsed
  try {
    document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      version: '1.2',
      schema: 'core',
      resolveKnownTags: false,
      merge: false,
      uniqueKeys: true,
      stringKeys: true,
      // Not `silent`: that would also drop the error about a second document.
      logLevel: 'error',
    })
  } catch {
    return broken('not valid YAML')
  }
  const position = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(Math.max(0, Math.min(offset, text.length)))
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const problem = (path: TreePath, where: 'key' | 'value', message: string): Problem => {
    const { line, column } = position(offsetOf(document, path, where))
    return at(line, column, printPath(path), message)
  }
  const problems: Problem[] = []
  for (const { offset, message } of yamlProblems(document, text)) {
    const { line, column } = position(offset)
    problems.push(at(line, column, '', message))
  }
  if (document.directives.yaml.explicit === true && document.directives.yaml.version !== '1.2') {
    problems.push(at(1, 1, '', 'only YAML 1.2 is supported'))
  }
  for (const { offset, message } of forbidden(document)) {
    const { line, column } = position(offset)
    problems.push(at(line, column, '', message))
  }

  let value: unknown
  if (problems.length === 0) {
    try {
      value = document.toJS({ maxAliasCount: maxAliases })
    } catch {
      problems.push(at(1, 1, '', `aliases expand to too much`))
    }
  }
  return { file, value: problems.length === 0 ? (value ?? null) : undefined, problems, problem }
}

/** Offset of the key or value at `path`, or of its nearest existing parent. */
function offsetOf(document: Document.Parsed, path: TreePath, at: 'key' | 'value'): number {
  let node: unknown = document.contents
  let best = 0
  for (const [index, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document)
    if (isMap(node)) {
      const pair: Pair | undefined = node.items.find((item) => isScalar(item.key) && String(item.key.value) === step)
      if (pair === undefined) return best
      best = startOf(pair.key) ?? best
      node = pair.value
      if (index < path.length - 1 || at === 'value') {
        const start = startOf(node)
        // `key:` without a value: point at the key.
        const empty = isScalar(node) && node.range?.[0] === node.range?.[1]
        if (index === path.length - 1 && start !== undefined && !empty) best = start
      }
    } else if (isSeq(node) && typeof step === 'number') {
      node = node.items[step]
      const start = startOf(node)
      if (start === undefined) return best
      best = start
    } else return best
  }
  return best
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0]
}

/**
 * Rejects what the parser accepts: `__proto__`, which would be dropped silently later, and unresolved or cyclic
 * aliases.
 */
function forbidden(document: Document.Parsed): { offset: number; message: string }[] {
  const found: { offset: number; message: string }[] = []
  visit(document, {
    Pair(_index, pair) {
      if (!isScalar(pair.key) || pair.key.value !== '__proto__') return
      found.push({ offset: startOf(pair.key) ?? 0, message: 'this key is not allowed' })
    },
    Alias(_key, alias, path) {
      const target = alias.resolve(document)
      const message =
        target === undefined
          ? yamlMessages.BAD_ALIAS
          : path.includes(target)
            ? 'this alias refers to a node that contains it'
            : ''
      if (message !== undefined && message !== '') found.push({ offset: startOf(alias) ?? 0, message })
    },
  })
  return found
}

/** Nesting depth of brackets and indentation. Quoted brackets count too, which only makes the limit stricter. */
function flowDepth(text: string): number {
  let depth = 0
  let deepest = 0
  let indents: number[] = []
  for (const line of text.split('\n')) {
    const first = line.search(/\S/)
    if (first === -1) continue
    const dashes = /^\s*((?:[-?]\s+)*)/.exec(line)![1]!
    indents = indents.filter((indent) => indent < first)
    indents.push(first)
    let brackets = 0
    for (const character of line) {
      if (character === '[' || character === '{') brackets++
      else if (character === ']' || character === '}') brackets = Math.max(-depth, brackets - 1)
      deepest = Math.max(deepest, depth + brackets)
    }
    depth = Math.max(0, depth + brackets)
    deepest = Math.max(deepest, indents.length + dashes.replace(/\s/g, '').length)
  }
  return deepest
}
