// What Einlass and its tests need of the system besides Node, whether it is there, and its installation on Debian.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { looksUnable, whyUnable } from '../bin/missing-library.mjs'
import { findNode26, isNode26 } from '../bin/node26.mjs'
import { findProgram, mayRun } from '../bin/system-packages.mjs'

/** `without`: what comes of its absence. The package is Debian's. */
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
  { name: 'openssl', programs: ['openssl'], package: 'openssl', without: 'the tests over TLS cannot run' },
]

const library = { name: 'libatomic.so.1', package: 'libatomic1', without: 'Node.js 26 cannot start' }

/** Each with `name`, `package` and `without`. `onlyRuntime`: just what Node 26 needs to start. */
export function findMissing(onlyRuntime = false) {
  const found = onlyRuntime ? [] : programs.filter((one) => !isThere(one))
  return lacksLibrary() ? [library, ...found] : found
}

/** A variable that is set counts alone, as in the tests: a wrong one is not made up for by the PATH. */
function isThere({ variable, programs }) {
  const named = variable && process.env[variable]
  return named ? mayRun(named) : findProgram(programs) !== undefined
}

/** Before `npm ci` there is no Node 26 to ask, so places are looked at; after it, what it says counts. */
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

/** Installs Debian packages without starting the services they bring. What failed shows in what is still missing. */
export function install(packages, policy = '/usr/sbin/policy-rc.d') {
  const kept = `${policy}.before-einlass`
  // Ctrl-C ends apt-get, and must not end us before the file is as it was.
  const stay = () => undefined
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, stay)
  if (existsSync(policy)) renameSync(policy, kept)
  try {
    // 101: the action is not allowed. The tests start their own Redis, on free ports.
    writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
    apt('update', '-qq')
    apt('install', '--yes', '-qq', '--no-install-recommends', ...packages)
  } finally {
    rmSync(policy, { force: true })
    if (existsSync(kept)) renameSync(kept, policy)
    for (const signal of signals) process.off(signal, stay)
  }
}

function apt(...words) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  // What it does was said; what goes wrong is seen.
  spawnSync('apt-get', words, { stdio: ['ignore', 'ignore', 'inherit'], env })
}
