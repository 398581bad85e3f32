// `npm run test:tabs`: several tabs of one browser sign in at the same time, in Chromium, as a table; exits 1 when one is lost.

import {
  numberOf,
  positiveInteger,
  readCommandLine,
  refuseCommandLine,
  type CommandForm,
  type CommandOptions,
} from '../../scripts/command-line.ts'
import { scenariosWith } from './scenarios.ts'
import { openTabsStage } from './stage.ts'

const form = {
  name: 'test:tabs',
  about:
    'Signs in with several tabs of one browser at the same time, in Chromium, at a gateway with a real OpenID provider. Prints a row for each run, and exits 1 when a tab is not at its own page.',
  options: {
    runs: { type: 'string', default: '20', help: 'runs of each scenario' },
    only: { type: 'string', value: 'WORDS', help: 'only scenarios whose name contains these words' },
  },
} as const satisfies CommandForm<CommandOptions>
const values = readCommandLine(form)
const runs = numberOf(form, 'runs', values.runs, positiveInteger)
const chosen = scenariosWith(10).filter(({ name }) => name.includes(values.only ?? ''))
if (chosen.length === 0) refuseCommandLine(form, `no scenario contains ${JSON.stringify(values.only)}`)

const begun = Date.now()
const width = Math.max(...chosen.map(({ name }) => name.length))
const stage = await openTabsStage()
let tabs = 0
let lost = 0
try {
  process.stdout.write(`run  ${'scenario'.padEnd(width)}  tabs at their own page\n`)
  for (const { name, run } of chosen) {
    for (let number = 1; number <= runs; number += 1) {
      const context = await stage.browser()
      const outcome = await run(stage, context)
      await context.close()
      const own = outcome.tabs - outcome.wrong.length
      tabs += outcome.tabs
      lost += outcome.wrong.length
      const row = [String(number).padStart(3), name.padEnd(width), `${own} of ${outcome.tabs}`, ...outcome.wrong]
      process.stdout.write(`${row.join('  ')}\n`)
    }
  }
  const seconds = Math.round((Date.now() - begun) / 1000)
  process.stdout.write(`${runs * chosen.length} runs, ${tabs - lost} of ${tabs} tabs at their own page, ${seconds} s\n`)
  process.exitCode = lost === 0 ? 0 : 1
} finally {
  await stage.stop()
}
