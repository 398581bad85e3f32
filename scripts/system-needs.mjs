// System packages that Einlass and its tests need besides Node: detection, and installation on Debian.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { looksUnable, whyUnable } from '../bin/missing-library.mjs'
import { findNode26, isNode26 } from '../bin/node26.mjs'
import { findProgram, mayRun } from '../bin/system-packages.mjs'

/** `without`: the consequence when it is missing. `package`: name in Debian. */
const programs = [
  {
    name: 'redis-server',
    variable: 'REDIS_SERVER',
    programs: ['redis-server'],
    package: 'redis-server',
    without: 'the tests of stores and of several nodes cannot run',
  },
  {
    name: 'chromium',
    variable: 'CHROMIUM',
    programs: ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'],
    package: 'chromium',
    without: 'the tests in a browser cannot run',
  },
  {
    name: 'pebble',
    programs: ['pebble'],
    package: 'pebble',
    without: 'the tests of certificates that are ordered cannot run',
  },
  { name: 'openssl', programs: ['openssl'], package: 'openssl', without: 'the tests over TLS cannot run' },
]

const library = { name: 'libatomic.so.1', package: 'libatomic1', without: 'Node.js 26 cannot start' }

/** Missing packages, each with `name`, `package` and `without`. `onlyRuntime`: only what Node 26 needs to start. */
export function findMissing(onlyRuntime = false) {
  const found = onlyRuntime ? [] : programs.filter((one) => !isThere(one))
  return lacksLibrary() ? [library, ...found] : found
}

/** A variable that is set takes precedence, as in the tests: if it is wrong, the PATH is not searched. */
function isThere({ variable, programs }) {
  const named = variable && process.env[variable]
  return named ? mayRun(named) : findProgram(programs) !== undefined
}

/** Before `npm ci` there is no Node 26 to start, so paths are checked; afterwards starting it decides. */
function lacksLibrary() {
  if (isNode26 || !looksUnable()) return false
  const node = findNode26()
  return node === undefined || (whyUnable(node) || '').includes(library.name)
}

/** Root on Debian or Ubuntu, and not forbidden by `EINLASS_INSTALL=no`. */
export function mayInstall(release = '/etc/os-release') {
  if (process.env.EINLASS_INSTALL === 'no' || !process.getuid || process.getuid() !== 0) return false
  if (findProgram(['apt-get']) === undefined || !existsSync(release)) return false
  return /^ID=["']?(debian|ubuntu)["']?$/m.test(readFileSync(release, 'utf8'))
}

/** Installs Debian packages without starting their services. Returns nothing: call `findMissing` again to see failures. */
export function install(packages, policy = '/usr/sbin/policy-rc.d') {
  const kept = `${policy}.before-einlass`
  // Ctrl-C ends apt-get, but must not end this process before the policy file is restored.
  const stay = () => undefined
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, stay)
  if (existsSync(policy)) renameSync(policy, kept)
  try {
    // policy-rc.d exit code 101: action forbidden. The tests start their own Redis on free ports.
    writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
    apt('update', '-qq')
    apt('install', '--yes', '-qq', '--no-install-recommends', ...packages)
  } finally {
    rmSync(policy, { force: true })
    if (existsSync(kept)) renameSync(kept, policy)
    for (const signal of signals) process.off(signal, stay)
  }
}

function apt(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  // Standard output is dropped, errors are shown.
  spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env })
}
