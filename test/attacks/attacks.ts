// `npm run attacks`: every attack against the real gateway, a table of how it held, and exit code 1 where it did not.

import { readCommandLine } from '../../scripts/command-line.ts'
import { corpusCaseBy, corpusCaseNotApplicable, runControls, runCorpusCase, runTable, type Ended } from './run.ts'
import { notApplicable, playedBy } from './corpus-checks.ts'
import { readCorpus, type CorpusCase } from './corpus.ts'
import { openGround, type Ground } from './environment.ts'
import { report } from './report.ts'
import { tables } from './suites.ts'

readCommandLine({
  name: 'attacks',
  about:
    'Runs every attack against the real gateway and prints a table of how it held. Exits 1 where it did not.\nEINLASS_ATTACKS names a corpus of further cases.',
  options: {},
})

const begun = Date.now()
const ended: Ended[] = []
const ground = await openGround()
try {
  await runControls(ground)
  for (const table of tables) {
    const some = await runTable(ground, table)
    ended.push(...some)
    progress(`${table.class}: ${some.length} of our own`)
  }
  ended.push(...(await runCorpus(ground, readCorpus(process.env))))
  await runControls(ground)
} finally {
  await ground.stop()
}
process.stdout.write(`${report(ended)}\n${Math.round((Date.now() - begun) / 1000)} s\n`)
process.exitCode = ended.some(({ outcome }) => outcome === 'not held') ? 1 : 0

async function runCorpus(where: Ground, corpus: readonly CorpusCase[] | undefined): Promise<Ended[]> {
  if (corpus === undefined) return (progress('no corpus beside the project (EINLASS_ATTACKS names one)'), [])
  const own = new Map(ended.map((one) => [one.name, one]))
  const results: Ended[] = []
  for (const one of corpus) results.push(await runOne(where, one, own))
  progress(`${corpus.length} of the corpus`)
  return results
}

async function runOne(where: Ground, one: CorpusCase, own: ReadonlyMap<string, Ended>): Promise<Ended> {
  if (one.transport === 'h1') return runCorpusCase(where, one)
  const names = playedBy[one.id]
  if (names === undefined) return corpusCaseNotApplicable(one, notApplicable[one.id] ?? 'nothing here plays this peer')
  return corpusCaseBy(
    one,
    names.map((name) => {
      const found = own.get(name)
      if (found === undefined) throw new Error(`${one.id}: there is no check "${name}"`)
      return found
    }),
  )
}

function progress(text: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`)
}
