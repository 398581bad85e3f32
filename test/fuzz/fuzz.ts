// `npm run test:fuzz`: runs every target in turns until the time is over, reports inputs per target, exits 1 on a find.

import { randomInt } from 'node:crypto'
import fc from 'fast-check'
import {
  integer,
  numberOf,
  positive,
  readCommandLine,
  refuseCommandLine,
  type CommandForm,
  type CommandOptions,
} from '../../scripts/command-line.ts'
import type { FuzzTarget, Opened } from './target.ts'
import { targets } from './targets.ts'

interface Tally {
  inputs: number
  milliseconds: number
  finds: number
}

/** Maximum milliseconds of a turn for a target of weight 1: short enough for every target to run in a short session. */
const longestTurn = 2_000
/** Finds of a target before it is skipped, since further ones would repeat them. */
const mostFinds = 3

const form = {
  name: 'test:fuzz',
  about:
    'Runs every target in turns until the time is over. Exits 1 on a find, which it prints with its seed and path.',
  options: {
    minutes: { type: 'string', default: '10', help: 'minutes in all' },
    seed: { type: 'string', help: 'a whole number; default: random' },
    target: {
      type: 'string',
      value: 'NAME',
      multiple: true,
      help: `one of ${targets.map(({ name }) => name).join(', ')}`,
    },
    path: { type: 'string', value: 'PATH', help: 'plays one find again, with its --target and --seed' },
  },
} as const satisfies CommandForm<CommandOptions>
const values = readCommandLine(form)
const minutes = numberOf(form, 'minutes', values.minutes, positive)
const seed = values.seed === undefined ? randomInt(2 ** 31) : numberOf(form, 'seed', values.seed, integer)
const chosen = targets.filter(({ name }) => values.target === undefined || values.target.includes(name))
const unknown = values.target?.find((name) => !targets.some((target) => target.name === name))
if (unknown !== undefined) {
  refuseCommandLine(form, `unknown target ${unknown}; targets: ${targets.map(({ name }) => name).join(', ')}`)
}
if (values.path !== undefined && (chosen.length !== 1 || values.seed === undefined)) {
  refuseCommandLine(form, '--path goes with one --target and the --seed of the find')
}
process.exitCode = values.path === undefined ? await fuzz(chosen) : await replay(chosen[0]!, values.path)

async function fuzz(all: readonly FuzzTarget[]): Promise<number> {
  console.log(`fuzz: seed ${seed}, ${minutes} min, ${all.length} targets`)
  const until = performance.now() + minutes * 60_000
  const running = new Map<FuzzTarget, Opened>()
  const tally = new Map<FuzzTarget, Tally>(all.map((target) => [target, { inputs: 0, milliseconds: 0, finds: 0 }]))
  const weights = all.reduce((sum, { weight }) => sum + weight, 0)
  const turn = Math.min(longestTurn, (minutes * 60_000) / weights / 2)
  let round = 0
  try {
    for (; performance.now() < until; round++) {
      for (const target of all) {
        const mine = tally.get(target)!
        if (performance.now() >= until || mine.finds >= mostFinds) continue
        if (!running.has(target)) running.set(target, await target.open())
        const from = performance.now()
        await take(target, running.get(target)!, mine, Math.min(until, from + turn * target.weight), round)
        mine.milliseconds += performance.now() - from
      }
      if (all.every((target) => tally.get(target)!.finds >= mostFinds)) break
    }
  } finally {
    for (const opened of running.values()) await opened.close()
  }
  return report(all, tally)
}

/** One turn. Inputs come in small batches with seeds of their own, so that a find can be replayed alone. */
async function take(target: FuzzTarget, opened: Opened, mine: Tally, until: number, round: number): Promise<void> {
  let batch = 20
  for (let number = 0; performance.now() < until && mine.finds < mostFinds; number++) {
    const own = (seed + round * 1_000_003 + number * 101) | 0
    const from = performance.now()
    const found = await run(opened, { seed: own, numRuns: batch })
    mine.inputs += found.inputs
    let failure = found.failure
    failure ??= await opened.settle?.().then(
      () => undefined,
      (error: unknown) => ({ path: '', text: `after these inputs: ${String((error as Error).stack ?? error)}` }),
    )
    if (failure !== undefined) {
      mine.finds++
      tell(target, own, failure)
    }
    // About a quarter of a second each: little overhead, but ends in time.
    const spent = Math.max(1, performance.now() - from)
    batch = Math.max(5, Math.min(5_000, Math.round((batch * 250) / spent)))
  }
}

interface Failure {
  readonly path: string
  readonly text: string
}

async function run(
  opened: Opened,
  how: { readonly seed: number; readonly numRuns: number; readonly path?: string },
): Promise<{ inputs: number; failure: Failure | undefined }> {
  let inputs = 0
  const counted = (input: unknown): void | Promise<void> => {
    inputs += opened.count?.(input) ?? 1
    return opened.check(input)
  }
  const details = await fc.check(
    fc.asyncProperty(opened.inputs, async (input) => counted(input) as Promise<void>),
    {
      ...how,
      endOnFailure: false,
      includeErrorInReport: true,
    },
  )
  if (!details.failed) return { inputs, failure: undefined }
  const cause = details.errorInstance as Error | undefined
  const input = fc.stringify(details.counterexample?.[0])
  return {
    inputs,
    failure: {
      path: details.counterexamplePath ?? '',
      text: `${cause?.message ?? 'failed'}\n  input: ${input.length > 4_000 ? `${input.slice(0, 4_000)} ...` : input}`,
    },
  }
}

async function replay(target: FuzzTarget, path: string): Promise<number> {
  const opened = await target.open()
  try {
    const { failure } = await run(opened, { seed, numRuns: 5_000, path })
    if (failure === undefined) {
      console.log(`fuzz: ${target.name} holds for --seed ${seed} --path ${path}`)
      return 0
    }
    tell(target, seed, failure)
    return 1
  } finally {
    await opened.close()
  }
}

function tell(target: FuzzTarget, own: number, { path, text }: Failure): void {
  console.log(`\nFIND in ${target.name}: ${text}`)
  const again = path === '' ? '' : ` --path ${path}`
  console.log(`  again: npm run test:fuzz -- --target ${target.name} --seed ${own}${again}\n`)
}

function report(all: readonly FuzzTarget[], tally: ReadonlyMap<FuzzTarget, Tally>): number {
  console.log(
    `\n${'target'.padEnd(16)}${'inputs'.padStart(10)}${'a second'.padStart(10)}${'finds'.padStart(7)}  what held`,
  )
  let inputs = 0
  let finds = 0
  for (const target of all) {
    const mine = tally.get(target)!
    inputs += mine.inputs
    finds += mine.finds
    const rate = mine.milliseconds > 0 ? Math.round((mine.inputs * 1000) / mine.milliseconds) : 0
    console.log(
      `${target.name.padEnd(16)}${String(mine.inputs).padStart(10)}${String(rate).padStart(10)}${String(mine.finds).padStart(7)}  ${target.law}`,
    )
  }
  console.log(`fuzz: ${inputs} inputs, ${finds} ${finds === 1 ? 'find' : 'finds'}, seed ${seed}`)
  const idle = all.filter((target) => tally.get(target)!.inputs === 0)
  if (idle.length > 0) console.log(`fuzz: no time was left for ${idle.map(({ name }) => name).join(', ')}`)
  return finds === 0 && idle.length === 0 ? 0 : 1
}
