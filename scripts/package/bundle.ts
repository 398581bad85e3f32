// Bundles the program and its libraries into one file for Node 26, with a source map.

import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { embedFiles, packageOf } from './embed-files.ts'
import { loadWhenUsed } from './load-when-used.ts'

export const root = fileURLToPath(new URL('../../', import.meta.url))

/** Libraries of the demo alone: optional, and beside the bundle where a package has them. */
export const demoLibraries: readonly string[] = ['oidc-provider', 'ws']

export interface Bundle {
  readonly code: string
  readonly map: string
  /** Folders of the libraries whose code is in it, below the project's, sorted. */
  readonly libraries: readonly string[]
}

/**
 * One file and not one for each command: a running process reads no program code any more, so that an upgrade below it changes
 * nothing before the restart. Names are kept, so that a stack trace can be read without the map.
 */
export async function bundle(): Promise<Bundle> {
  const entry = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
  const building = await rolldown({
    input: entry,
    cwd: root,
    platform: 'node',
    tsconfig: false,
    plugins: [
      loadWhenUsed(demoLibraries),
      embedFiles({ sources: fileURLToPath(new URL('../../src/', import.meta.url)), entry }),
    ],
    onLog(level, log) {
      if (level === 'warn') throw new Error(`${log.message}`)
    },
  })
  const { output } = await building.generate({
    format: 'esm',
    codeSplitting: false,
    entryFileNames: 'einlass.mjs',
    sourcemap: 'hidden',
    sourcemapExcludeSources: true,
    minify: { mangle: false, compress: true },
  })
  await building.close()
  const [chunk] = output
  const libraries = new Set(Object.keys(chunk.modules).flatMap((id) => libraryFolder(id)))
  return { code: chunk.code, map: chunk.map!.toString(), libraries: [...libraries].toSorted() }
}

function libraryFolder(id: string): string[] {
  const name = packageOf(id)
  if (name === undefined) return []
  const start = id.lastIndexOf('node_modules/')
  return [id.slice(0, start + 'node_modules/'.length + name.length)]
}
