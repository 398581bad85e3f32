// The command that installs packages on this system, under the names they have there.

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** By the manager's program; names are Debian's where no other is given. */
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

/** `packages` by their names in Debian. Undefined where no manager of ours is on the PATH. */
export function installing(packages) {
  const manager = Object.keys(managers).find((program) => findProgram([program]))
  if (manager === undefined) return undefined
  const { command, names } = managers[manager]
  return `${command} ${[...new Set(packages.map((name) => names[name] || name))].join(' ')}`
}

/** Path of the first of `programs` that is on the PATH and may be run. */
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
