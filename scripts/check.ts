// `npm run check`: format, lint, types, architecture, generated files current. Runs all, then lists those that failed.

import { spawnSync } from 'node:child_process'

/** JavaScript files, run by the current Node: the links in `.bin` would use the system's Node. */
const steps: readonly (readonly [string, readonly string[]])[] = [
  ['format', ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.']],
  ['lint', ['node_modules/oxlint/bin/oxlint', '--quiet']],
  ['types', ['node_modules/typescript/bin/tsc']],
  ['architecture', ['node_modules/vitest/vitest.mjs', 'run', 'test/architecture.test.ts', '--reporter=dot']],
  ['generated', ['scripts/generate.ts', '--check']],
]

const failed = steps.filter(([name, args]) => {
  console.log(`check: ${name}`)
  return spawnSync(process.execPath, args, { stdio: 'inherit' }).status !== 0
})
if (failed.length > 0) {
  console.error(`check failed: ${failed.map(([name]) => name).join(', ')}`)
  process.exitCode = 1
} else console.log(`check: ${steps.length} passed`)
