// `npm run check`: format, lint, types, architecture, generated files current. Runs all, then says which failed.

import { spawnSync } from 'node:child_process'

/** All are JavaScript, run by the Node that runs this: what npm links below `.bin` would take the system's. */
const steps: readonly (readonly [string, readonly string[]])[] = [
  ['format', ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.']],
  ['lint', ['node_modules/oxlint/bin/oxlint', '--quiet']],
  ['types', ['node_modules/typescript/bin/tsc']],
  ['architecture', ['node_modules/vitest/vitest.mjs', 'run', 'test/architecture.test.ts', '--reporter=dot']],
  ['generated', ['scripts/generate.ts', '--check']],
]

const failed = steps.filter(([name, words]) => {
  console.log(`check: ${name}`)
  return spawnSync(process.execPath, words, { stdio: 'inherit' }).status !== 0
})
if (failed.length > 0) {
  console.error(`check failed: ${failed.map(([name]) => name).join(', ')}`)
  process.exitCode = 1
} else console.log(`check: ${steps.length} passed`)
