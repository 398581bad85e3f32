#!/usr/bin/env node
// Launcher: runs Einlass with Node 26, in this process if it is Node 26, else in a child process. Plain JavaScript, so
// that an older Node can report what is missing.

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isNode26, runNode26 } from './node26.mjs'

const self = fileURLToPath(import.meta.url)

if (isNode26) {
  // A checkout has the sources, a package has them bundled into one file.
  const folder = dirname(dirname(self))
  const sources = join(folder, 'src', 'cli', 'main.ts')
  await import(pathToFileURL(isThere(sources) ? sources : join(folder, 'dist', 'einlass.mjs')).href)
} else runNode26([self, ...process.argv.slice(2)])

function isThere(file) {
  try {
    return existsSync(file)
  } catch {
    // The permission model of Node refuses what its flags do not name.
    return false
  }
}
