// Validates the YAML tree against the schema: unknown keys, wrong types, invalid values. Invalid parts are removed, so
// that the rest can still be checked. Messages never quote a value: it may be a secret.

import type { z } from 'zod'
import type { Problem, TreePath } from './problem.ts'
import { didYouMean, unknownKeyHint } from './problem.ts'
import type { Source } from './yaml.ts'
import type { Tree } from './yaml-tree.ts'
import { isRecord } from './yaml-tree.ts'
import type { JsonSchema } from '../schema/schema.ts'
import { jsonSchema } from '../schema/schema.ts'

type Issue = z.core.$ZodIssue

export interface ValidationResult<T> {
  /** The valid part of the tree; always usable. */
  readonly value: T
  readonly problems: readonly Problem[]
}

export function validateSchema<T extends z.ZodType>(
  schema: T,
  source: Source,
  tree: Tree,
): ValidationResult<z.output<T>> {
  const problems: Problem[] = []
  let json: JsonSchema | undefined
  // Terminates: each round removes at least one node.
  for (let round = 0; ; round++) {
    const result = schema.safeParse(tree.root)
    if (result.success) return { value: result.data, problems }
    const issues = result.error.issues.flatMap(flatten)
    if (round === 0) {
      json = jsonSchema(schema)
      for (const issue of issues) problems.push(...explain(issue, source, tree, json))
    }
    for (const path of truncatedIssues(issues)) tree.remove(path)
  }
}

/** For a union, the issues of the branch whose type matches the value. */
function flatten(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue]
  const branch = issue.errors.find(
    (errors) =>
      errors.length > 0 &&
      !errors.some(
        (error) => error.path.length === 0 && (error.code === 'invalid_type' || error.code === 'invalid_value'),
      ),
  )
  if (branch === undefined) return [issue]
  return branch.flatMap((error) => flatten({ ...error, path: [...issue.path, ...error.path] }))
}

function explain(issue: Issue, source: Source, tree: Tree, json: JsonSchema): Problem[] {
  const path = treePath(issue.path)
  const place = tree.original(path)
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) =>
        source.problem([...place, key], 'key', `unknown key${unknownKeyHint([...place, key], keysAt(json, path))}`),
      )
    case 'invalid_key':
      return [source.problem(place, 'key', issue.issues[0]?.message ?? 'this name is not allowed')]
    case 'invalid_type':
      return [source.problem(place, 'value', expected(issue.message, issue.expected, tree.at(path)))]
    case 'invalid_value': {
      const options = issue.values.map(String)
      const found = tree.at(path)
      const hint = typeof found === 'string' ? didYouMean(found, options) : ''
      const message = issue.message.startsWith('Invalid') ? `expected ${anyOf(options)}` : issue.message
      return [source.problem(place, 'value', message + hint)]
    }
    case 'custom':
      return [source.problem(place, issue.params?.['later'] === true ? 'key' : 'value', issue.message)]
    case 'too_small':
      if (issue.message.startsWith('Too')) return [source.problem(place, 'value', `must be at least ${issue.minimum}`)]
      return [source.problem(place, 'value', issue.message)]
    case 'too_big':
      if (issue.message.startsWith('Too')) return [source.problem(place, 'value', `must be at most ${issue.maximum}`)]
      return [source.problem(place, 'value', issue.message)]
    // open: any other issue code of the validator
    default:
      return [source.problem(place, 'value', issue.message)]
  }
}

/** Keeps a schema's own message; replaces the library's default. */
function expected(message: string, type: string, found: unknown): string {
  if (!message.startsWith('Invalid input')) return message
  return `expected ${typeNames[type] ?? type}, found ${typeOf(found)}`
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
}

function typeOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'string') return 'a text'
  if (typeof value === 'boolean') return 'true or false (quote it if it is a text)'
  if (typeof value === 'number' || typeof value === 'bigint') return 'a number (quote it if it is a text)'
  return 'a mapping'
}

function anyOf(options: readonly string[]): string {
  return options.length < 2 ? options.join('') : `${options.slice(0, -1).join(', ')} or ${options.at(-1)}`
}

/**
 * Paths to remove, deepest and last first, so that a removal does not shift the others; without paths below another.
 */
function truncatedIssues(issues: readonly Issue[]): TreePath[] {
  const paths = issues.flatMap((issue): TreePath[] => {
    const path = treePath(issue.path)
    return issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path]
  })
  const unique = [...new Map(paths.map((path) => [JSON.stringify(path), path])).values()]
  const outermost = unique.filter(
    (path) => !unique.some((other) => other.length < path.length && other.every((step, index) => step === path[index])),
  )
  return outermost.sort((a, b) => order(b, a))
}

function order(a: TreePath, b: TreePath): number {
  for (const [index, step] of a.entries()) {
    const other = b[index]
    if (other === undefined) return 1
    if (step === other) continue
    if (typeof step === 'number' && typeof other === 'number') return step - other
    return String(step) < String(other) ? -1 : 1
  }
  return a.length - b.length
}

function treePath(path: readonly PropertyKey[]): TreePath {
  return path.map((step) => (typeof step === 'number' ? step : String(step)))
}

/** Known keys of the mapping at this path. */
function keysAt(root: JsonSchema, path: TreePath): string[] {
  let nodes: unknown[] = [root]
  for (const step of path) {
    nodes = nodes
      .flatMap((node) => alternatives(node, root))
      .flatMap((node) => {
        if (typeof step === 'number') return [node['items']]
        const properties = node['properties']
        return isRecord(properties) && Object.hasOwn(properties, step)
          ? [properties[step]]
          : [node['additionalProperties']]
      })
  }
  return nodes
    .flatMap((node) => alternatives(node, root))
    .flatMap((node) => (isRecord(node['properties']) ? Object.keys(node['properties']) : []))
}

function alternatives(node: unknown, root: JsonSchema): Record<string, unknown>[] {
  if (!isRecord(node)) return []
  const reference = node['$ref']
  if (typeof reference === 'string') {
    const name = reference.replace(/^#\/\$defs\//, '')
    return reference === '#'
      ? [root]
      : alternatives((root['$defs'] as Record<string, unknown> | undefined)?.[name], root)
  }
  const branches = node['anyOf'] ?? node['oneOf']
  return Array.isArray(branches) ? branches.flatMap((branch) => alternatives(branch, root)) : [node]
}
