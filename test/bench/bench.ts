// `npm run bench`: cost of Einlass compared with plain forwarding, as ratios within one run. README.md explains the method.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import {
  numberOf,
  positive,
  positiveInteger,
  readCommandLine,
  type CommandForm,
  type CommandOptions,
} from '../../scripts/command-line.ts'
import { drawHistogram } from './chart.ts'
import { flame } from './flamegraph-run.ts'
import type { RegressionThresholds } from './regression-thresholds.ts'
import { full, type Full } from './full-run.ts'
import { growthPictures, growthSection, grow } from './growth-page.ts'
import { createEnvironment } from './environment.ts'
import { differences } from './result-ratios.ts'
import { sectionsOf } from './page.ts'
import { quick } from './quick-run.ts'
import { replaceSection } from './report.ts'

const form = {
  name: 'bench',
  about:
    'Compares Einlass with other proxies, as ratios within one run, and writes the tables of docs/explanation/performance.md.\nExits 1 when a row failed or a ratio fell. The method is in test/bench/README.md.',
  options: {
    quick: {
      type: 'boolean',
      default: false,
      help: 'only scenarios with a regression threshold, in about a minute; writes nothing',
    },
    growth: {
      type: 'boolean',
      default: false,
      help: 'cost of a request as the number of apps, grants and sessions grows',
    },
    flame: { type: 'string', value: 'NAME', help: 'a flame graph of the path, under this name' },
    rounds: { type: 'string', help: 'rounds of each comparison' },
    seconds: { type: 'string', help: 'seconds of each measurement' },
    only: { type: 'string', value: 'TEXT', help: 'only parts whose name contains this; prints instead of writing' },
    part: { type: 'string', default: '1', help: 'part of the sizes of --growth' },
    json: { type: 'string', value: 'FILE', help: 'keeps all figures of a full run' },
    against: { type: 'string', value: 'FILE', help: 'compares a full run with the figures kept there' },
    dry: {
      type: 'boolean',
      default: false,
      help: 'prints instead of writing docs/explanation/performance.md and its pictures',
    },
  },
} as const satisfies CommandForm<CommandOptions>
const values = readCommandLine(form)
const rounds = values.rounds === undefined ? undefined : numberOf(form, 'rounds', values.rounds, positiveInteger)
const seconds = values.seconds === undefined ? undefined : numberOf(form, 'seconds', values.seconds, positiveInteger)
const part = numberOf(form, 'part', values.part, positive)
const page = new URL('../../docs/explanation/performance.md', import.meta.url)
const pictures = new URL('../../docs/pictures/', import.meta.url)
const began = performance.now()
// Each child process adds an exit listener.
process.setMaxListeners(200)

const ground = await createEnvironment()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void ground.stop().finally(() => process.exit(130)))
}
try {
  process.exitCode = (await work()) ? 0 : 1
} finally {
  await ground.stop()
  process.stderr.write(`bench: took ${((performance.now() - began) / 1000).toFixed(0)} s\n`)
}

async function work(): Promise<boolean> {
  if (values.quick) {
    const floors = JSON.parse(
      readFileSync(new URL('regression-thresholds.json', import.meta.url), 'utf8'),
    ) as RegressionThresholds
    return quick(ground, floors, rounds ?? 3, seconds ?? 1)
  }
  if (values.flame !== undefined) {
    const { picture, text } = await flame(ground, values.flame, seconds ?? 8)
    write(new Map([[`flame-${values.flame}`, text]]), new Map([[`performance-flame-${values.flame}.svg`, picture]]))
    return true
  }
  if (values.growth) {
    const growth = await grow(ground, { rounds: rounds ?? 12, seconds: seconds ?? 1, progress }, part)
    write(new Map([['growth', growthSection(growth)]]), growthPictures(growth))
    for (const problem of growth.problems) process.stderr.write(`bench: failed: ${problem}\n`)
    return growth.problems.length === 0
  }
  const run = await full(ground, { rounds: rounds ?? 6, seconds: seconds ?? 1, progress, only: values.only })
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(run))
  write(sectionsOf(run), run.cut === undefined ? new Map() : new Map([['performance-cut.svg', drawCut(run.cut)]]))
  const failed = [
    ...run.problems.filter(({ missing }) => !missing).map(({ what, why }) => `${what}: ${why}`),
    ...run.results.flatMap(({ scenario, rows }) =>
      rows.filter((row) => row.failed !== undefined).map((row) => `${scenario}, ${row.name}: ${row.failed}`),
    ),
  ]
  for (const one of failed) process.stderr.write(`bench: failed: ${one}\n`)
  const differing =
    values.against === undefined ? [] : differences(run, JSON.parse(readFileSync(values.against, 'utf8')) as Full)
  for (const one of differing) process.stderr.write(`bench: does not agree with the earlier run: ${one}\n`)
  return failed.length === 0 && differing.length === 0
}

function progress(text: string): void {
  process.stderr.write(`bench: ${text}\n`)
}

function write(sections: ReadonlyMap<string, string>, drawn: ReadonlyMap<string, string>): void {
  if (values.dry || values.only !== undefined) {
    for (const [name, text] of sections) process.stdout.write(`\n## ${name}\n\n${text}\n`)
    return
  }
  let text = readFileSync(page, 'utf8')
  for (const [name, section] of sections) text = replaceSection(text, name, section)
  writeFileSync(page, text)
  mkdirSync(pictures, { recursive: true })
  for (const [name, picture] of drawn) writeFileSync(new URL(name, pictures), picture)
  process.stdout.write(`docs/explanation/performance.md: ${[...sections.keys()].join(', ')}\n`)
}

function drawCut(cut: { readonly same: readonly number[]; readonly other: readonly number[] }): string {
  return drawHistogram({
    title: 'A thousand open connections on two nodes, from the order to the end of each',
    x: 'milliseconds',
    y: 'connections',
    groups: [
      { name: 'the node that was told', values: cut.same },
      { name: 'the other node', values: cut.other },
    ],
    marks: [],
  })
}
