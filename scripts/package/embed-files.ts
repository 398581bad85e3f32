// Plugin of the bundler that puts the files a module reads from beside itself into the bundle, and refuses what it cannot.

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'rolldown'

/** Code that depends on where it is, and would look in another place once bundled. */
const placed = /\bimport\.meta\.(?:url|dirname|filename)\b|\b__(?:dirname|filename)\b/

/** Libraries whose code mentions its place only in parts that are not used here, each with the part. */
const unusedParts: Readonly<Record<string, string>> = {
  ioredis: 'showFriendlyErrorStack',
  pino: 'transports in a thread of their own',
  'thread-stream': 'the thread of these transports',
  undici: 'the file name in a message of its mock client',
}

export interface EmbedOptions {
  /** Folder of the sources. */
  readonly sources: string
  /** The entry module, which becomes the bundle: its URL is the URL of the bundle. */
  readonly entry: string
}

/**
 * Replaces in the sources
 *
 * - `readFileSync(new URL('./folder/file', import.meta.url))`, also as a template that begins with a folder, by the content,
 * - `readFileSync(fileURLToPath(import.meta.resolve('package/file')))` by the content of that file of a library,
 * - `new URL('../path/of/entry.ts', import.meta.url)` by the URL of the bundle.
 *
 * Anything else that depends on the place of a module fails the build, with its file and line.
 */
export function embedFiles({ sources, entry }: EmbedOptions): Plugin {
  return {
    name: 'embed-files',
    transform: {
      filter: { id: /\.[cm]?[jt]s$/ },
      handler(code, id) {
        const name = packageOf(id)
        if (name !== undefined) {
          if (placed.test(withoutComments(code)) && !Object.hasOwn(unusedParts, name)) throw cannotBundle(id, code)
          // No source map of libraries: it would be larger than all the rest.
          return { code, map: { mappings: '' } }
        }
        if (!id.startsWith(sources)) return undefined
        const changed = embed(code, id, entry)
        if (placed.test(withoutComments(changed.replaceAll(ownUrl, '')))) throw cannotBundle(id, changed)
        return changed === code ? undefined : { code: changed, map: null }
      },
    },
  }
}

/** Name of the package a module belongs to; undefined for the project's own. */
export function packageOf(id: string): string | undefined {
  return /.*[/\\]node_modules[/\\]((?:@[^/\\]+[/\\])?[^/\\]+)/.exec(id)?.[1]?.replace('\\', '/')
}

const ownUrl = 'new URL(import.meta.url)'

function embed(code: string, id: string, entry: string): string {
  const folder = dirname(id)
  return code
    .replaceAll(/\breadFileSync\(\s*new URL\(('[^'\n]+'|`[^`\n]+`), import\.meta\.url\)/g, (found, path: string) => {
      // What the path begins with: all of it, or a folder.
      const fixed = path.slice(1).split(/\$\{|['`]/)[0]!
      const whole = !path.includes('${')
      if (!whole && !fixed.endsWith('/')) return found
      const files = whole ? [''] : filesBelow(resolve(folder, fixed))
      return `${reader(files.map((file) => [fixed + file, resolve(folder, fixed + file)]))}(${path}`
    })
    .replaceAll(
      /\breadFileSync\(\s*(?:fileURLToPath|new URL)\(import\.meta\.resolve\('([^'\n]+)'\)\)/g,
      (_, name: string) => `${reader([[name, fileURLToPath(import.meta.resolve(name))]])}('${name}'`,
    )
    .replaceAll(/\bnew URL\('([^'\n]+\.ts)', import\.meta\.url\)/g, (found, path: string) =>
      resolve(folder, path) === entry ? ownUrl : found,
    )
}

/** An expression: a function with the arguments of `readFileSync`, for the paths as they are written in the source. */
function reader(files: readonly (readonly [path: string, file: string])[]): string {
  const table = Object.fromEntries(files.map(([path, file]) => [path, readFileSync(file, 'base64')]))
  return `((path, encoding) => {
    const embedded = ${JSON.stringify(table)}
    if (!Object.hasOwn(embedded, path)) throw new Error('not in this package: ' + path)
    const bytes = Buffer.from(embedded[path], 'base64')
    return encoding === undefined ? bytes : bytes.toString(encoding)
  })`
}

/** Paths below `folder`, without the sources themselves. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile() && !name.endsWith('.ts'))
    .map((name) => name.replaceAll('\\', '/'))
    .toSorted()
}

function withoutComments(code: string): string {
  return code.replaceAll(/\/\*[^]*?\*\/|(?<![:'"`])\/\/.*$/gm, '')
}

function cannotBundle(id: string, code: string): Error {
  const line = code.split('\n').find((one) => placed.test(withoutComments(one))) ?? ''
  return new Error(`cannot bundle ${id}: it depends on its place: ${line.trim()}`)
}
