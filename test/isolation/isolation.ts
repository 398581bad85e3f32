// `npm run test:isolation`: what a page of one application can do at another, in Chromium, as a table; exits 1 at a surprise.

import { readCommandLine } from '../../scripts/command-line.ts'
import { openStage } from './browser.ts'
import { browserState } from './browser-state.ts'
import { report, runAttempts } from './run.ts'

readCommandLine({
  name: 'test:isolation',
  about:
    'Tries in Chromium what a page of one application can do at another, at the portal and at sign-out. Prints a table, and exits 1 when an outcome is not the expected one.',
  options: {},
})

const begun = Date.now()
const stage = await openStage()
try {
  const tried = await runAttempts(stage)
  process.stdout.write(`${report(tried)}\n\n`)
  for (const { name, run } of browserState) process.stdout.write(`${name}: ${await run(stage)}\n`)
  const surprises = tried.filter(({ attempt, came }) => came !== attempt.outcome)
  process.stdout.write(
    `${tried.length} attempts, ${surprises.length} surprises, ${Math.round((Date.now() - begun) / 1000)} s\n`,
  )
  process.exitCode = surprises.length === 0 ? 0 : 1
} finally {
  await stage.stop()
}
