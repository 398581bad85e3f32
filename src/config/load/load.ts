// Loads the configuration files: parse, resolve secrets, validate, build. Returns a configuration or all problems.

import { createHash } from 'node:crypto'
import { readFile as readFromDisk } from 'node:fs/promises'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import type { Configuration } from '../configuration.ts'
import type { Problem, TreePath } from './problem.ts'
import { sortProblems } from './problem.ts'
import type { LoadedFile, Diagnostics } from '../build/diagnostics.ts'
import { createDiagnostics } from '../build/diagnostics.ts'
import { buildConfiguration } from '../build/build.ts'
import { validateSchema } from './validate.ts'
import type { Included } from './include.ts'
import { findIncludes } from './include.ts'
import { maxFileBytes, parseSource } from './yaml.ts'
import { includeSchema, mainSchema } from '../schema/schema.ts'
import { redact, redactFile, resolveReferences, unreadable } from './secret-references.ts'
import { createTree } from './yaml-tree.ts'

export interface LoadOptions {
  readonly file: string
  /** In place of the main file's content (demo, tests). Paths in it stay relative to `file`. */
  readonly text?: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly readFile?: (path: string) => Promise<Buffer>
  /** Absolute paths of included files; overrides the globs of `include`. */
  readonly included?: readonly string[]
  /** Epoch milliseconds, for warnings about certificates. */
  readonly now?: () => number
}

export type Loaded =
  | {
      readonly state: 'valid'
      readonly configuration: Configuration
      readonly warnings: readonly Problem[]
      /** Absolute paths of the included files. */
      readonly included: readonly string[]
      /** A problem at a path of the main file, for checks that need more than the files themselves. */
      readonly locate: (path: TreePath, message: string) => Problem
    }
  | {
      readonly state: 'invalid'
      readonly problems: readonly Problem[]
      readonly warnings: readonly Problem[]
      /** Absolute paths that were read or are missing: a change of one may fix the problems. */
      readonly watched: readonly string[]
      readonly includes: readonly string[]
    }

/** Never rejects because of file contents or missing files: these are problems. */
export async function loadConfiguration(options: LoadOptions): Promise<Loaded> {
  const read = options.readFile ?? ((path: string) => readFromDisk(path))
  const check = createDiagnostics(read, (options.now ?? Date.now)())
  const main = resolve(options.file)
  const hash = createHash('sha256')
  const text = options.text ?? (await readText(check, main))
  check.watch(main)
  if (typeof text !== 'string') {
    return invalid(
      options.file,
      check,
      [{ file: options.file, line: 1, column: 1, path: '', message: text.message }],
      [],
    )
  }
  hash.update(text)

  const { file, problems, secrets } = await openFile(check, options.file, main, text, options)
  if (file === undefined) return invalid(options.file, check, problems, secrets)
  const form = validateSchema(mainSchema, file.source, file.tree)
  const formProblems = [...problems, ...form.problems]

  const found = await findIncludes(check, { file, path: ['include'] }, form.value.include)
  const included: Included[] = []
  const files = options.included ?? found.files
  for (const path of files) {
    const content = await readText(check, path)
    const shown = isAbsolute(options.file) ? path : join(dirname(options.file), relativeTo(dirname(main), path))
    if (typeof content !== 'string') {
      formProblems.push({ file: shown, line: 1, column: 1, path: '', message: content.message })
      continue
    }
    hash.update(`\0${path}\0${content}`)
    const opened = await openFile(check, shown, path, content, options)
    formProblems.push(...opened.problems)
    secrets.push(...opened.secrets)
    if (opened.file === undefined) continue
    const part = validateSchema(includeSchema, opened.file.source, opened.file.tree)
    formProblems.push(...part.problems)
    included.push({ file: opened.file, value: part.value })
  }

  const assembled = await buildConfiguration(check, { file, value: form.value }, included, formProblems.length === 0)
  const all = [...formProblems, ...check.problems]
  if (all.length > 0) return invalid(options.file, check, all, secrets, found.patterns)
  for (const path of assembled.hashed) hash.update(`\0${path}\0`).update(await check.read(path))
  const configuration: Configuration = {
    file: main,
    watched: [...check.watched],
    includes: found.patterns,
    hash: hash.digest('hex').slice(0, 16),
    ...assembled.settings,
  }
  return {
    state: 'valid',
    configuration,
    included: files,
    locate: (path, message) => file.source.problem(path, 'value', redact(message, [...secrets, ...check.secrets])),
    warnings: cleanProblems(check.warnings, [...secrets, ...check.secrets], options.file),
  }
}

function invalid(
  main: string,
  check: Diagnostics,
  problems: readonly Problem[],
  secrets: readonly string[],
  includes: readonly string[] = [],
): Loaded {
  const all = [...secrets, ...check.secrets]
  return {
    state: 'invalid',
    problems: cleanProblems(problems, all, main),
    warnings: cleanProblems(check.warnings, all, main),
    watched: [...check.watched],
    includes,
  }
}

function cleanProblems(problems: readonly Problem[], secrets: readonly string[], main: string): Problem[] {
  // Longest first: one secret may be part of another.
  const maxFirst = [...new Set(secrets)].sort((a, b) => b.length - a.length)
  return sortProblems(problems).map((problem) => ({
    ...problem,
    // The name of an included file may come from a secret reference; the main file's name comes from the caller.
    file: problem.file === main ? problem.file : redactFile(problem.file, maxFirst),
    message: redact(problem.message, maxFirst),
  }))
}

async function readText(check: Diagnostics, path: string): Promise<string | { message: string }> {
  try {
    const content = await check.read(path)
    if (content.length > maxFileBytes) return { message: 'the file is larger than 4 MB' }
    return new TextDecoder('utf-8', { fatal: true }).decode(content)
  } catch (error) {
    if (error instanceof TypeError) return { message: 'the file is not UTF-8 text' }
    return { message: `the file ${unreadable(error)}` }
  }
}

async function openFile(
  check: Diagnostics,
  shown: string,
  path: string,
  text: string,
  options: LoadOptions,
): Promise<{ file: LoadedFile | undefined; problems: Problem[]; secrets: string[] }> {
  const source = parseSource(shown, text)
  if (source.problems.length > 0) return { file: undefined, problems: [...source.problems], secrets: [] }
  const tree = createTree(source.value)
  if (tree === undefined) {
    return { file: undefined, problems: [source.problem([], 'value', 'aliases expand to too much')], secrets: [] }
  }
  const directory = dirname(path)
  const resolution = await resolveReferences(tree, directory, options.env, check.read)
  return {
    file: { source, tree, directory, referenced: resolution.referenced },
    problems: resolution.unresolved.map(({ path: place, message }) => source.problem(place, 'value', message)),
    secrets: [...resolution.secrets],
  }
}

function relativeTo(directory: string, path: string): string {
  return path.startsWith(`${directory}/`) ? path.slice(directory.length + 1) : path
}
