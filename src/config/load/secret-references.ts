// Secret references (`env:NAME`, `file:PATH`): resolves them, and redacts their values in messages and output.

import { resolve } from 'node:path'
import { inspect } from 'node:util'
import { notReplaced, placeholderIn } from './placeholders.ts'
import type { TreePath } from './problem.ts'
import type { Tree } from './yaml-tree.ts'
import { isRecord } from './yaml-tree.ts'

export interface Resolution {
  readonly files: readonly string[]
  /** Every resolved value, for `redact`. */
  readonly secrets: readonly string[]
  /** Paths, as JSON, whose value came from a reference; they refer to the original tree. */
  readonly referenced: ReadonlySet<string>
  readonly unresolved: readonly { readonly path: TreePath; readonly message: string }[]
}

/** Values of these keys are paths: a leading `file:` is not a reference, and the schema rejects it. */
const pathKeys = new Set([
  'cert',
  'key',
  'ca',
  'client_ca',
  'client_cert',
  'client_key',
  'file',
  'path',
  'keys',
  'admin_socket',
  'include',
  'ics',
])
const maxSecretBytes = 64 * 1024

/** Replaces references in place; removes those that cannot be resolved. `directory`: that of the YAML file. */
export async function resolveReferences(
  tree: Tree,
  directory: string,
  env: Readonly<Record<string, string | undefined>>,
  readFile: (path: string) => Promise<Buffer>,
): Promise<Resolution> {
  const files: string[] = []
  const secrets: string[] = []
  const referenced = new Set<string>()
  const unresolved: { path: TreePath; message: string }[] = []

  const found: { path: TreePath; text: string }[] = []
  collect(tree.root, [], undefined, found)
  // Backwards, so that a removal does not shift the paths still to come.
  for (const { path, text } of found.toReversed()) {
    const placeholder = placeholderIn(text)
    if (placeholder !== undefined) {
      unresolved.push({ path, message: notReplaced(placeholder) })
      tree.remove(path)
      continue
    }
    const resolved = text.startsWith('env:') ? fromEnvironment(text.slice(4), env) : await fromFile(text.slice(5))
    if ('message' in resolved) {
      unresolved.push({ path, message: resolved.message })
      tree.remove(path)
      continue
    }
    secrets.push(resolved.value)
    referenced.add(JSON.stringify(path))
    tree.replace(path, resolved.value)
  }
  return { files, secrets, referenced, unresolved }

  async function fromFile(name: string): Promise<{ value: string } | { message: string }> {
    const path = resolve(directory, name)
    files.push(path)
    let content: Buffer
    try {
      content = await readFile(path)
    } catch (error) {
      return { message: `the secret file ${unreadable(error)}` }
    }
    if (content.length > maxSecretBytes) return { message: 'the secret file is larger than 64 KB' }
    const value = content.toString('utf8').replace(/\r?\n$/, '')
    return value === '' ? { message: 'the secret file is empty' } : { value }
  }
}

/** `cannot be read (CODE): the cause in words`. */
export function unreadable(error: unknown): string {
  const code = errorCode(error)
  const cause = Object.hasOwn(causes, code) ? `: ${causes[code]}` : ''
  return `cannot be read (${code})${cause}`
}

const causes: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file; paths are relative to the file that names them',
  ENOTDIR: 'a part of the path is no folder',
  EISDIR: 'this is a folder',
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
}

/** System error code such as `ENOENT`; never a message, which could quote a value. */
export function errorCode(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code
  return typeof code === 'string' && /^[A-Z0-9_]+$/.test(code) ? code : 'unreadable'
}

/**
 * Replaces secrets in a message with `***`: those of 16 characters and more anywhere, shorter ones only where a message
 * quotes them. A short one may be an ordinary word of the message, and the gap in `apps.***.polcy` would tell it.
 */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text
  for (const secret of secrets) {
    const escaped = JSON.stringify(secret)
    // Inside JSON, quotes and line breaks are escaped.
    const forms = secret.length < wholeSecret ? [`"${secret}"`, escaped] : [secret, escaped.slice(1, -1)]
    for (const form of forms) clean = clean.replaceAll(form, form.startsWith('"') ? '"***"' : '***')
  }
  return clean
}

/** The same for a file name, of which a secret is the whole or whole parts between slashes. */
export function redactFile(name: string, secrets: readonly string[]): string {
  let clean = redact(name, secrets)
  for (const secret of secrets) {
    if (`/${clean}/`.includes(`/${secret}/`)) clean = `/${clean}/`.replaceAll(`/${secret}/`, '/***/').slice(1, -1)
  }
  return clean
}

/** Characters of a secret that no sentence of a message can contain by chance. */
const wholeSecret = 16

/**
 * The same object, but `console.log`, `util.inspect` and `JSON.stringify` show `***` in place of the values of `keys`.
 */
export function concealValues<T extends object>(value: T, keys: readonly (keyof T)[]): T {
  const shown = (): Record<string, unknown> => {
    const copy: Record<string, unknown> = { ...(value as Record<string, unknown>) }
    for (const key of keys) if (copy[key as string] !== undefined) copy[key as string] = '***'
    return copy
  }
  Object.defineProperty(value, 'toJSON', { value: shown, enumerable: false })
  Object.defineProperty(value, inspect.custom, { value: shown, enumerable: false })
  return value
}

function fromEnvironment(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
): { value: string } | { message: string } {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return { message: 'env: must be followed by the name of a variable' }
  const value = Object.hasOwn(env, name) ? env[name] : undefined
  if (value === undefined) return { message: `the environment variable ${name} is not set` }
  return value === '' ? { message: `the environment variable ${name} is empty` } : { value }
}

/** Below `set` keys are names of header fields, `key` or `path` among them. */
function isPath(path: TreePath, key: string | undefined): boolean {
  return pathKeys.has(key ?? '') && path.at(-2) !== 'set'
}

function collect(
  node: unknown,
  path: TreePath,
  key: string | undefined,
  found: { path: TreePath; text: string }[],
): void {
  if (typeof node === 'string') {
    const reference = node.startsWith('env:') || (node.startsWith('file:') && !isPath(path, key))
    if (reference || placeholderIn(node) !== undefined) found.push({ path, text: node })
  } else if (Array.isArray(node)) {
    for (const [index, element] of node.entries()) collect(element, [...path, index], key, found)
  } else if (isRecord(node)) {
    for (const [name, element] of Object.entries(node)) collect(element, [...path, name], name, found)
  }
}
