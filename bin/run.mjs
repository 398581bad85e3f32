// Runs a file with Node 26 from any Node version: `node bin/run.mjs FILE [arguments]`. Child processes of that file find
// Node 26 as `node` on the PATH.

import { delimiter, dirname } from 'node:path'
import { runNode26 } from './node26.mjs'

if (process.argv.length < 3) {
  process.stderr.write('usage: node bin/run.mjs FILE [arguments]\n')
  process.exitCode = 2
} else {
  // Only some versions of npm link the platform package as node_modules/.bin/node, so do not rely on it.
  runNode26(process.argv.slice(2), (node) => ({
    ...process.env,
    PATH: [dirname(node), process.env.PATH].filter(Boolean).join(delimiter),
  }))
}
