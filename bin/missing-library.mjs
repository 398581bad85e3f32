// Reports which shared library Node 26 lacks on this machine, and the command that installs it.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { installing } from './system-packages.mjs'

/** The only library Node 26 for Linux is linked with that a system with an older Node may lack. */
const atomic = 'libatomic.so.1'
const triplets = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }

/** True when the library is in none of the usual folders. The loader may still find it: only starting Node tells for certain. */
export function looksUnable(folders = usualFolders()) {
  return process.platform === 'linux' && !folders.some((folder) => existsSync(join(folder, atomic)))
}

function usualFolders() {
  const triplet = triplets[process.arch] || ''
  const usual = [`/lib/${triplet}`, `/usr/lib/${triplet}`, '/lib64', '/usr/lib64', '/usr/lib']
  const named = (process.env.LD_LIBRARY_PATH || '').split(delimiter).filter((folder) => folder !== '')
  return [...usual, ...named]
}

/** Runs `node --version`; returns why it failed, one line without a period, or undefined when it works. */
export function whyUnable(node) {
  const { status, stderr, error } = spawnSync(node, ['--version'], { encoding: 'utf8' })
  if (status === 0) return undefined
  if (error) return error.message
  const library = /error while loading shared libraries: ([^\s:]+)/.exec(stderr)
  if (library) return `${library[1]} is missing; ${howToGet(library[1])}`
  return (stderr.trim().split('\n')[0] || `"${node} --version" ended with ${status}`).trim()
}

function howToGet(library) {
  const command = library in packageOf && installing([packageOf[library]])
  return command ? `install it: ${command}` : 'install the system package that contains it'
}

const packageOf = { [atomic]: 'libatomic1', 'libstdc++.so.6': 'libstdc++6', 'libgcc_s.so.1': 'libgcc-s1' }
