// The files of the program as every package contains them: bundle, launcher, licences. One list for npm, Debian and images.

import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { bundle, root } from './bundle.ts'
import { libraryAt, notices, type Library } from './notices.ts'

/** Copied as they are, by their path in the project. */
const copied = [
  'LICENSE',
  'README.md',
  'CHANGELOG.md',
  'SECURITY.md',
  'config/einlass.schema.json',
  'deploy/einlass.service',
]

/** The launcher for machines with an older Node; a package with a Node of its own needs none. */
export const launcher: readonly string[] = [
  'einlass.mjs',
  'node26.mjs',
  'missing-library.mjs',
  'system-packages.mjs',
].map((file) => `bin/${file}`)

export interface Program {
  /** Folder with all files below. */
  readonly folder: string
  /** Libraries in the bundle. */
  readonly libraries: readonly Library[]
}

/** Empties `folder` and writes the program into it. */
export async function writeProgram(folder: string): Promise<Program> {
  const { code, map, libraries } = await bundle()
  await rm(folder, { recursive: true, force: true })
  const contained = libraries.map(libraryAt)
  const written: readonly (readonly [string, string])[] = [
    ['dist/einlass.mjs', code],
    ['dist/einlass.mjs.map', map],
    ['THIRD-PARTY-LICENSES.txt', notices(contained)],
  ]
  for (const [file, content] of written) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await writeFile(join(folder, file), content)
  }
  for (const file of [...copied, ...launcher]) await cp(join(root, file), join(folder, file))
  return { folder, libraries: contained }
}
