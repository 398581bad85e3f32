// The npm package: the program, a manifest without dependencies, and Node 26 as optional packages of each platform.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { demoLibraries, root } from './bundle.ts'
import type { Program } from './program.ts'

/** Bytes of the packed file that it must stay below. */
const maxSize = 2_000_000

interface Manifest {
  readonly name: string
  readonly version: string
  readonly optionalDependencies: Readonly<Record<string, string>>
  readonly [key: string]: unknown
}

export const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest

/** Writes `einlass-VERSION.tgz` into `out` by `npm pack`, which writes the same bytes each time; returns its path. */
export async function packNpm(program: Program, out: string): Promise<string> {
  const folder = join(out, 'npm')
  await rm(folder, { recursive: true, force: true })
  await cp(program.folder, folder, { recursive: true })
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(packageManifest(), undefined, 2)}\n`)
  const [command, args] = npmCommand()
  const printed = execFileSync(command, [...args, 'pack', '--json', '--ignore-scripts', '--pack-destination', out], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [packed] = JSON.parse(printed) as readonly { readonly filename: string; readonly size: number }[]
  if (packed!.size > maxSize) throw new Error(`${packed!.filename}: ${packed!.size} bytes are more than ${maxSize}`)
  return join(out, packed!.filename)
}

/** Program and first arguments of the npm that runs this script, else of the one on the PATH. */
export function npmCommand(): readonly [command: string, args: readonly string[]] {
  const npm = process.env['npm_execpath']
  return npm === undefined ? ['npm', []] : [process.execPath, [npm]]
}

/**
 * The project's own manifest stays `private`, so that nobody publishes a checkout by mistake; this one is not. Libraries are
 * in the bundle; those of the demo are optional.
 */
export function packageManifest(): object {
  const { name, version, description, license, type, bin, engines, optionalDependencies } = manifest
  const kept = Object.entries(optionalDependencies).filter(
    ([one]) => demoLibraries.includes(one) || one.startsWith('node-'),
  )
  return {
    name,
    version,
    description,
    license,
    type,
    bin,
    engines,
    files: ['bin', 'dist', 'config', 'deploy', 'THIRD-PARTY-LICENSES.txt', 'CHANGELOG.md', 'SECURITY.md'],
    optionalDependencies: Object.fromEntries(kept),
  }
}
