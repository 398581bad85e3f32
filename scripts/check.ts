// `npm run check`: format, lint, types, architecture, generated files current. Runs all, then says which failed.

import { spawnSync } from 'node:child_process'

const steps: readonly (readonly [string, readonly string[]])[] = [
  ['format', ['prettier', '--check', '--log-level=warn', '.']],
  ['lint', ['oxlint', '--quiet']],
  ['types', ['tsc']],
  ['architecture', ['vitest', 'run', 'test/architecture.test.ts', '--reporter=dot']],
  ['generated', ['node', 'scripts/generate.ts', '--check']],
]

const failed = steps.filter(([name, [command, ...args]]) => {
  console.log(`check: ${name}`)
  return spawnSync(command!, args, { stdio: 'inherit' }).status !== 0
})
if (failed.length > 0) {
  console.error(`check failed: ${failed.map(([name]) => name).join(', ')}`)
  process.exitCode = 1
} else console.log(`check: ${steps.length} passed`)
