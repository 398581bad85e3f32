// The program as packages contain it, built into a temporary folder.

import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../../scripts/package/bundle.ts'
import { writeProgram } from '../../scripts/package/program.ts'

export interface PackagedProgram {
  readonly folder: string
  /** The bundle, which Node 26 runs. */
  readonly bundle: string
  /** The libraries of the demo become those of the project. */
  linkLibraries(): Promise<void>
  remove(): Promise<void>
}

export async function buildPackagedProgram(): Promise<PackagedProgram> {
  const folder = await mkdtemp(join(tmpdir(), 'einlass-package-'))
  await writeProgram(folder)
  return {
    folder,
    bundle: join(folder, 'dist/einlass.mjs'),
    linkLibraries: () => symlink(join(root, 'node_modules'), join(folder, 'node_modules')),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
