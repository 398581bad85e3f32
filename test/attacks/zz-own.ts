import { runControls, runSuite } from './run.ts'
import { openEnvironment } from './environment.ts'
import { pages } from './cases/pages.ts'
import { configuration } from './cases/configuration.ts'
const ground = await openEnvironment()
try {
  await runControls(ground)
  const mine = /search of the portal|whose gateway|language and refreshing|an accent that|markup in the title|markup in an e-mail/
  for (const suite of [pages, configuration])
    for (const one of await runSuite(ground, { ...suite, raw: [], checks: suite.checks!.filter(({ name }) => mine.test(name)) }))
      console.log(one.outcome, one.name, one.detail ?? '')
} finally { await ground.stop() }
