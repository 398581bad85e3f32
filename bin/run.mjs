// Runs a file with Node 26, whatever Node runs this: `node bin/run.mjs FILE [arguments]`. What that file starts finds
// Node 26 as `node`.

import { delimiter, dirname } from 'node:path'
import { runNode26 } from './node26.mjs'

if (process.argv.length < 3) {
  process.stderr.write('usage: node bin/run.mjs FILE [arguments]\n')
  process.exitCode = 2
} else {
  // npm links the platform package as node_modules/.bin/node in some versions and not in others: nothing relies on it.
  runNode26(process.argv.slice(2), (node) => ({
    ...process.env,
    PATH: [dirname(node), process.env.PATH].filter(Boolean).join(delimiter),
  }))
}
