// `npm run test:mutation -- ROOM`: changes the code of one folder below src/, one mutant at a time, and lists what no test notices.

import { globSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'
import type { LogLevel } from '@stryker-mutator/api/core'
import { Stryker } from '@stryker-mutator/core'
import {
  integer,
  numberOf,
  positiveInteger,
  readCommandLine,
  refuseCommandLine,
  type CommandForm,
  type CommandOptions,
} from '../../scripts/command-line.ts'
import { readAccepted, staleEntries } from './accepted.ts'
import { sampleVariable, seedVariable } from './plugins.ts'
import { roomNamed, rooms, roomVariable, type Room } from './rooms.ts'
import { describeSurvivor, percent, scoreOf, table, type Score } from './score.ts'

const form = {
  name: 'test:mutation',
  command: 'npm run test:mutation -- ROOM',
  about: `Mutation testing of one of ${Object.keys(rooms).join(', ')}. Exits 1 below the threshold of the room, 2 when it could not run.`,
  options: {
    sample: { type: 'string', help: 'only so many mutants, chosen by the seed; default: all' },
    seed: { type: 'string', default: '1', help: 'a whole number' },
    files: { type: 'string', value: 'GLOB', multiple: true, help: 'only these files of the room' },
    threshold: { type: 'string', help: 'lowest score in percent; default: that of the room' },
    again: { type: 'boolean', help: 'reuses the results of the last run with --again for unchanged code and tests' },
  },
} as const satisfies CommandForm<CommandOptions>

const [name] = process.argv.splice(2, process.argv[2]?.startsWith('-') === false ? 1 : 0).slice(0, 1)
const values = readCommandLine(form)
const room = roomNamed(name)
if (room === undefined) refuseCommandLine(form, `ROOM is one of ${Object.keys(rooms).join(', ')}`)
const threshold = numberOf(form, 'threshold', values.threshold ?? `${room.threshold}`, {
  contains: (value) => value >= 0 && value <= 100,
  words: 'a number from 0 to 100',
})
const sample = values.sample === undefined ? undefined : numberOf(form, 'sample', values.sample, positiveInteger)
const seed = numberOf(form, 'seed', values.seed, integer)
process.exitCode = await run(name!, room)

async function run(name: string, room: Room): Promise<number> {
  process.env[roomVariable] = name
  process.env[sampleVariable] = `${sample ?? ''}`
  process.env[seedVariable] = `${seed}`
  // Before the run: somebody may edit them meanwhile.
  const entries = readAccepted(new URL('accepted.yaml', import.meta.url))
  const sources = new Map(globSync('src/**/*.ts').map((file) => [file, readFileSync(file, 'utf8')]))
  const files = values.files === undefined ? room.mutate : [...values.files]
  const results = await new Stryker(optionsFor(name, files)).runMutationTest().catch(() => undefined)
  // Stryker has written why, such as a test that fails without any change.
  if (results === undefined) return 2
  const relativePath = (file: string) => relative(process.cwd(), file)
  const score = scoreOf(results, sources, entries, relativePath)
  report(name, score)
  for (const { file, line } of staleEntries(entries, sources))
    console.log(`accepted.yaml: no such line in ${file}: ${line}`)
  for (const { file, line, to } of score.detectedEntries) {
    console.log(`accepted.yaml: now detected in ${file}: ${line} -> ${JSON.stringify(to)}`)
  }
  return percent(score.total) < threshold ? 1 : 0
}

function report(name: string, score: Score): void {
  for (const survivor of score.unreviewed) console.log(describeSurvivor(survivor))
  console.log(`\n${table(score)}\n`)
  const size = sample === undefined ? 'all mutants' : `a sample of ${sample} mutants, seed ${seed}`
  console.log(`${name}: ${percent(score.total).toFixed(1)} % of ${size}; at least ${threshold} % asked for`)
}

function optionsFor(name: string, mutate: readonly string[]): ConstructorParameters<typeof Stryker>[0] {
  return {
    testRunner: 'vitest',
    vitest: { configFile: 'test/mutation/vitest.config.ts', related: false, pool: 'forks' },
    plugins: ['@stryker-mutator/vitest-runner', './test/mutation/plugins.ts'],
    ignorers: ['texts'],
    checkers: sample === undefined ? [] : ['sample'],
    coverageAnalysis: 'perTest',
    concurrency: 1,
    mutate: [...mutate],
    // Stryker rewrites tsconfig.json by an API that TypeScript 7 no longer has; nothing here reads the copy.
    tsconfigFile: 'tmp/mutation/none.json',
    tempDirName: `tmp/mutation/${name}`,
    // Sandboxes of interrupted runs among them.
    ignorePatterns: ['docs/pictures', 'deploy', 'tmp'],
    incremental: values.again === true,
    incrementalFile: `tmp/mutation/${name}.incremental.json`,
    timeoutMS: 10_000,
    reporters: ['progress-append-only'],
    logLevel: 'warn' as LogLevel,
    allowConsoleColors: false,
    warnings: { slow: false, unknownOptions: true, preprocessorErrors: true, unserializableOptions: true },
  }
}
