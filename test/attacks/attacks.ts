// `npm run test:attacks`: runs every attack against the real gateway, prints a table of results, exits with 1 if one was not blocked.

import { readCommandLine } from '../../scripts/command-line.ts'
import {
  corpusCaseBy,
  corpusCaseNotApplicable,
  runControls,
  runCorpusCase,
  runSuite,
  type AttackResult,
} from './run.ts'
import { notApplicable, playedBy } from './corpus-checks.ts'
import { readCorpus, type CorpusCase } from './corpus.ts'
import { openEnvironment, type Environment } from './environment.ts'
import { report } from './report.ts'
import { suites } from './suites.ts'

readCommandLine({
  name: 'test:attacks',
  about:
    'Runs every attack against the real gateway and prints a table of results. Exits 1 if one was not blocked.\nEINLASS_ATTACKS names a corpus of further cases.',
  options: {},
})

const begun = Date.now()
const ended: AttackResult[] = []
const ground = await openEnvironment()
try {
  await runControls(ground)
  for (const table of suites) {
    const some = await runSuite(ground, table)
    ended.push(...some)
    progress(
      `${table.class}: ${some.length} built-in cases, the gateway at ${Math.round(ground.node.rss() / 2 ** 20)} MB`,
    )
  }
  ended.push(...(await runCorpus(ground, readCorpus(process.env))))
  await runControls(ground)
} finally {
  await ground.stop()
}
process.stdout.write(`${report(ended)}\n${Math.round((Date.now() - begun) / 1000)} s\n`)
process.exitCode = ended.some(({ outcome }) => outcome === 'not held') ? 1 : 0

async function runCorpus(where: Environment, corpus: readonly CorpusCase[] | undefined): Promise<AttackResult[]> {
  if (corpus === undefined) return (progress('no external corpus (EINLASS_ATTACKS names one)'), [])
  const own = new Map(ended.map((one) => [one.name, one]))
  const results: AttackResult[] = []
  for (const one of corpus) results.push(await runOne(where, one, own))
  progress(`${corpus.length} corpus cases`)
  return results
}

async function runOne(
  where: Environment,
  one: CorpusCase,
  own: ReadonlyMap<string, AttackResult>,
): Promise<AttackResult> {
  if (one.transport === 'h1') return runCorpusCase(where, one)
  const names = playedBy[one.id]
  if (names === undefined) return corpusCaseNotApplicable(one, notApplicable[one.id] ?? 'no test implements this peer')
  return corpusCaseBy(
    one,
    names.map((name) => {
      const found = own.get(name)
      if (found === undefined) throw new Error(`${one.id}: no check "${name}"`)
      return found
    }),
  )
}

function progress(text: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`)
}
