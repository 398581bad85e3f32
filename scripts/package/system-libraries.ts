// The shared libraries an executable needs, taken from Debian's packages, for an image without anything else of Debian.

import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Architecture } from './node-binary.ts'
import { elfNeeds } from './elf-needs.ts'

const packages = ['libc6', 'libgcc-s1', 'libstdc++6', 'libatomic1']
const places: Readonly<Record<Architecture, { readonly triplet: string; readonly loader: string }>> = {
  amd64: { triplet: 'x86_64-linux-gnu', loader: '/lib64/ld-linux-x86-64.so.2' },
  arm64: { triplet: 'aarch64-linux-gnu', loader: '/lib/ld-linux-aarch64.so.1' },
}

export interface SystemPackage {
  readonly name: string
  readonly version: string
}

/**
 * Downloads the packages with apt, which verifies them, and copies into `folder` the libraries that `executable` needs, those
 * that they need, the loader, and the copyright files. `cache`: where the packages are kept.
 */
export function copySystemLibraries(
  executable: string,
  architecture: Architecture,
  folder: string,
  cache: string,
): readonly SystemPackage[] {
  const { triplet, loader } = places[architecture]
  const unpacked = join(cache, `system-${architecture}`)
  if (!existsSync(unpacked)) download(architecture, unpacked)
  const found = new Map<string, string>()
  const pending = [executable]
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    for (const { library } of elfNeeds(file)) {
      if (found.has(library)) continue
      const path = ['lib', 'usr/lib'].map((at) => join(unpacked, at, triplet, library)).find((at) => existsSync(at))
      if (path === undefined) throw new Error(`none of ${packages.join(', ')} contains ${library}`)
      found.set(library, path)
      pending.push(realpathSync(path))
    }
  }
  // A folder the loader searches without a cache of its own.
  const target = join(folder, 'lib', triplet)
  mkdirSync(target, { recursive: true })
  for (const [library, path] of found) cpSync(realpathSync(path), join(target, library))
  mkdirSync(join(folder, dirname(loader)), { recursive: true })
  if (!existsSync(join(folder, loader))) symlinkSync(`/lib/${triplet}/${basename(loader)}`, join(folder, loader))
  for (const name of packages) {
    // libgcc-s1 and others link to the folder of gcc's base package, which has the text.
    const from = join(unpacked, 'usr/share/doc', name, 'copyright')
    if (existsSync(from)) cpSync(realpathSync(from), join(folder, 'usr/share/doc', name, 'copyright'))
  }
  return packages.map((name) => ({ name, version: versionOf(unpacked, name) }))
}

function download(architecture: Architecture, folder: string): void {
  const temporary = `${folder}.part`
  rmSync(temporary, { recursive: true, force: true })
  mkdirSync(temporary, { recursive: true })
  const names = [...packages, 'gcc-12-base'].map((name) => `${name}:${architecture}`)
  execFileSync('apt-get', ['download', '-qq', '-o', 'APT::Sandbox::User=root', ...names], {
    cwd: temporary,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const files = readdirSync(temporary).filter((file) => file.endsWith('.deb'))
  for (const file of files) execFileSync('dpkg-deb', ['-x', join(temporary, file), temporary])
  execFileSync('mv', [temporary, folder])
}

/** From the name of the downloaded file: `libc6_2.36-9+deb12u10_amd64.deb`, a colon in the version as `%3a`. */
function versionOf(folder: string, name: string): string {
  const file = readdirSync(folder).find((one) => one.startsWith(`${name}_`) && one.endsWith('.deb'))
  return decodeURIComponent(file!.split('_')[1]!)
}
