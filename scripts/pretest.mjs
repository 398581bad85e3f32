// Checks the system packages that `npm test` needs: installs missing ones as root on Debian or Ubuntu, else prints the
// command that does. With `--runtime` (`npm start`, `npm run check`) only what Node 26 needs. Plain JavaScript for Node 18.

import { findMissing, mayInstall, install } from './system-needs.mjs'
import { installing } from '../bin/system-packages.mjs'

const runtime = process.argv.includes('--runtime')
const name = runtime ? 'einlass' : 'pretest'
let missing = findMissing(runtime)

if (missing.length > 0 && mayInstall()) {
  const packages = missing.map((one) => one.package)
  process.stdout.write(
    `${name}: installing ${packages.join(' ')} with apt-get (EINLASS_INSTALL=no keeps it from that)\n`,
  )
  install(packages)
  missing = findMissing(runtime)
}

// What the runtime lacks is reported by the program started next, in one line.
if (missing.length > 0 && !runtime) {
  for (const one of missing) process.stderr.write(`${name}: ${one.name} is missing: ${one.without}\n`)
  const command = installing(missing.map((one) => one.package))
  process.stderr.write(`${name}: ${command ? `install it: ${command}` : 'install it'}\n`)
  // Continuous integration must not pass with a part of the tests left out.
  if (process.env.CI === 'true') process.exitCode = 1
}
