// Text with the licences of libraries that a package contains: required by their terms.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Manifest {
  readonly name: string
  readonly version: string
  readonly license?: string
  readonly author?: string | { readonly name?: string }
}

/** Licences that allow redistribution with nothing but their text. Another one needs a decision, so it fails the build. */
const permissive = new Set([
  'MIT',
  'MIT-0',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'OFL-1.1',
])

export interface Library {
  readonly name: string
  readonly version: string
  readonly license: string
  /** Texts of its licence files; its statement of copyright if it has none. */
  readonly text: string
}

/** `folder`: of the installed library. Throws when it has no licence, or one that is not permissive. */
export function libraryAt(folder: string): Library {
  const { name, version, license = '', author } = manifestAt(folder)
  if (!permissive.has(license))
    throw new Error(`${name}: the licence "${license}" is not in the list of scripts/package/notices.ts`)
  const files = readdirSync(folder)
    .filter((file) => /^(?:licen[cs]e|copying|notice)(?:[.-]|$)/i.test(file))
    .toSorted()
  const owner = typeof author === 'object' ? author.name : author
  const text = files.map((file) => readFileSync(join(folder, file), 'utf8').trim()).join('\n\n')
  return { name, version, license, text: text === '' ? `Copyright (c) ${owner ?? `the authors of ${name}`}` : text }
}

export function manifestAt(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
}

export function notices(libraries: readonly Library[]): string {
  const sections = libraries.map(({ name, version, license, text }) => {
    const title = `${name} ${version} (${license})`
    return `${title}\n${'-'.repeat(title.length)}\n\n${text.replaceAll('\r\n', '\n')}\n`
  })
  return `Einlass contains these libraries, each under its own licence.\n\n${sections.join('\n\n')}`
}
