// Install command of this system's package manager, with the package names it uses.

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** By the program of the package manager; package names are those of Debian unless mapped. */
const managers = {
  'apt-get': { command: 'apt-get install', names: {} },
  dnf: {
    command: 'dnf install',
    names: { 'redis-server': 'redis', libatomic1: 'libatomic', 'libstdc++6': 'libstdc++', 'libgcc-s1': 'libgcc' },
  },
  zypper: { command: 'zypper install', names: { 'redis-server': 'redis', 'libgcc-s1': 'libgcc_s1' } },
  pacman: {
    command: 'pacman -S',
    names: { 'redis-server': 'redis', libatomic1: 'gcc-libs', 'libstdc++6': 'gcc-libs', 'libgcc-s1': 'gcc-libs' },
  },
  brew: { command: 'brew install', names: { 'redis-server': 'redis' } },
}

/** `packages`: Debian names. Undefined when no known package manager is on the PATH. */
export function installing(packages) {
  const manager = Object.keys(managers).find((program) => findProgram([program]))
  if (manager === undefined) return undefined
  const { command, names } = managers[manager]
  return `${command} ${[...new Set(packages.map((name) => names[name] || name))].join(' ')}`
}

/** Path of the first of `programs` that is on the PATH and executable. */
export function findProgram(programs) {
  for (const folder of (process.env.PATH || '').split(delimiter)) {
    for (const program of folder === '' ? [] : programs) {
      if (mayRun(join(folder, program))) return join(folder, program)
    }
  }
  return undefined
}

export function mayRun(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
