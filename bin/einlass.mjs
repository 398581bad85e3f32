#!/usr/bin/env node
// Launcher: runs Einlass with Node 26, in this process if it is Node 26, else in a child process. Plain JavaScript, so
// that an older Node can report what is missing.

import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isNode26, runNode26 } from './node26.mjs'

const self = fileURLToPath(import.meta.url)

if (isNode26) {
  const { run } = await import(pathToFileURL(join(dirname(dirname(self)), 'src', 'cli', 'cli.ts')).href)
  process.exitCode = await run(process.argv.slice(2))
} else runNode26([self, ...process.argv.slice(2)])
