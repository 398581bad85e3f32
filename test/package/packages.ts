// `npm run test:packages`: builds the packages, installs each where nothing of this project is, and prints a table.

import { mkdtemp, rm } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../../scripts/package/bundle.ts'
import { readCommandLine, type CommandForm, type CommandOptions } from '../../scripts/command-line.ts'
import { missing, type Case } from './case.ts'
import { chartCases } from './chart-case.ts'
import { debCases } from './deb-case.ts'
import { firstDayCases } from './first-day-case.ts'
import { imageCases } from './image-case.ts'
import { npmCases } from './npm-case.ts'
import { reproducibleCases } from './reproducible-case.ts'
import { startCases } from './start-case.ts'

const form = {
  name: 'test:packages',
  about: 'Installs every package where nothing of this project is, runs the demo in it, and prints a table.',
  options: {
    only: { type: 'string', value: 'WORDS', help: 'only cases whose name contains it' },
    base: { type: 'string', value: 'FOLDER', help: 'keeps the bare Debian there for the next run' },
    built: { type: 'boolean', default: false, help: 'takes what is in build/, without building' },
  },
} as const satisfies CommandForm<CommandOptions>
const { only = '', base, built } = readCommandLine(form)

const build = join(root, 'build')
if (!built || !existsSync(build)) {
  execFileSync(process.execPath, [join(root, 'scripts/package/package.ts'), '--arch', 'amd64'], { stdio: 'inherit' })
}
// Not below /tmp, which may be small and is mounted over inside.
const work = await mkdtemp('/var/tmp/einlass-packages-')
const context = { build, work, base: base ?? join(work, 'base') }
const cases: readonly Case[] = [
  ...npmCases,
  ...debCases,
  ...firstDayCases,
  ...imageCases,
  ...chartCases,
  ...startCases,
  ...reproducibleCases,
]
let failed = 0
try {
  for (const one of cases.filter(({ name }) => name.includes(only))) {
    const lacking = missing(one)
    const began = performance.now()
    const [mark, seen] =
      lacking.length > 0 ? ['-', `skipped: this machine lacks ${lacking.join(', ')}`] : await attempt(one)
    const seconds = lacking.length > 0 ? '' : ` (${((performance.now() - began) / 1000).toFixed(0)} s)`
    console.log(`  ${mark} ${one.name}${seconds}\n      ${seen}`)
  }
} finally {
  await rm(work, { recursive: true, force: true })
}
console.log(failed === 0 ? '\n  all passed' : `\n  ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

async function attempt(one: Case): Promise<readonly [mark: string, seen: string]> {
  try {
    return ['✓', await one.run(context)]
  } catch (error) {
    failed++
    return ['✗', (error instanceof Error ? error.message : String(error)).replaceAll('\n', '\n      ')]
  }
}
