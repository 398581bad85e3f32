// Preloaded into the gateway (`node --import`): on SIGUSR2 tries what a compromised process would try, and reports the results.

import { spawn } from 'node:child_process'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { open } from 'node:inspector'
import { dirname, join } from 'node:path'
import { Worker } from 'node:worker_threads'

const attempts = {
  'child process': () => spawn('/bin/true'),
  worker: () => new Worker('', { eval: true }),
  addon: () => process.dlopen({ exports: {} }, '/nowhere.node'),
  debugger: () => open(0),
  'code from text': () => new Function('return 1')(),
  'file of the system': () => readFileSync('/etc/passwd'),
  'own environment': () => readFileSync('/proc/self/environ'),
  'folder above': () => readdirSync('/'),
  'own program': () => writeFileSync(join(dirname(process.argv[1]), 'planted.mjs'), 'planted'),
  configuration: () => writeFileSync(process.env.CONFIGURATION, 'planted'),
}

// The built-in fetch would decompress responses of a provider or an app.
globalThis.fetch = () => {
  process.stderr.write('fetch was used\n')
  throw new TypeError('fetch is disabled in this test')
}

process.on('SIGUSR2', () => {
  for (const [name, attempt] of Object.entries(attempts)) {
    let outcome = 'DONE'
    try {
      attempt()
    } catch (error) {
      outcome = String(error.code ?? error.name)
    }
    process.stderr.write(`tried ${name}: ${outcome}\n`)
  }
  process.stderr.write('tried everything\n')
})
