// `npm run test:providers`: signs in at OpenID providers, real and simulated, and prints a table of what works with each.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readCommandLine } from '../../scripts/command-line.ts'
import { dex } from './dex.ts'
import { startProviderEnvironment } from './environment.ts'
import { keycloak } from './keycloak.ts'
import type { ProviderCase } from './provider-case.ts'
import type { ScenarioName } from './scenario-names.ts'
import { scenarios } from './scenarios.ts'
import { simulated } from './simulated/simulated.ts'
import { printNotes, printOutcome, printTable, type Outcome, type Row } from './table.ts'

const { only, provider: wanted } = readCommandLine({
  name: 'test:providers',
  about:
    'Runs every scenario with every provider, real where this machine can run it and else simulated, and names what is missing. Exits 1 when one does not work.',
  options: {
    only: { type: 'string', value: 'SCENARIO', help: 'run only this scenario' },
    provider: { type: 'string', value: 'NAME', help: 'run only with this provider' },
  },
})

const chosen = scenarios.filter(({ name }) => only === undefined || name === only)
const cases = [keycloak, dex, ...simulated].filter(
  ({ name }) => wanted === undefined || name.toLowerCase() === wanted.toLowerCase(),
)
if (chosen.length === 0 || cases.length === 0) {
  process.stderr.write('test:providers: there is no such scenario or provider\n')
  process.exit(2)
}

const rows: Row[] = []
const skipped: string[] = []
for (const provider of cases) {
  const missing = provider.missing()
  if (missing === undefined) rows.push(await run(provider).catch((error: unknown) => notStarted(provider, error)))
  else skipped.push(`${provider.name}: skipped, this machine lacks ${missing}\n`)
}
if (rows.length > 1)
  process.stdout.write(
    `\n${printTable(
      rows,
      chosen.map(({ name }) => name),
    )}\n${printNotes(rows)}`,
  )
process.stdout.write(skipped.join(''))
const broken = rows.some(({ outcomes }) => [...outcomes.values()].some(({ state }) => state === 'fails'))
process.exitCode = broken ? 1 : 0

function notStarted({ name }: ProviderCase, error: unknown): Row {
  const why = `it did not start: ${error instanceof Error ? error.message : String(error)}`
  process.stdout.write(`${name}\n  ${why}\n`)
  return { provider: name, outcomes: new Map(chosen.map((scenario) => [scenario.name, { state: 'fails', why }])) }
}

async function run(provider: ProviderCase): Promise<Row> {
  const folder = await mkdtemp(join(tmpdir(), 'einlass-provider-'))
  const undo: (() => unknown)[] = [() => rm(folder, { recursive: true, force: true })]
  try {
    const environment = await startProviderEnvironment(join(folder, 'gateway'))
    undo.push(() => environment.stop())
    const startedAt = Date.now()
    const running = await provider.start(folder, { gateway: environment.gateway })
    undo.push(() => running.stop())
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(0)
    process.stdout.write(`${provider.name} (${running.version}), started and set up in ${seconds} s\n`)
    await environment.open(running)
    const outcomes = new Map<ScenarioName, Outcome>()
    for (const scenario of chosen) {
      const outcome = await outcomeOf(scenario, { environment, provider: running })
      outcomes.set(scenario.name, outcome)
      process.stdout.write(`  ${scenario.name.padEnd(20)} ${printOutcome(outcome)}\n`)
    }
    return { provider: `${provider.name} (${running.version})`, outcomes }
  } finally {
    for (const step of undo.toReversed()) await step()
  }
}

async function outcomeOf(
  { name, run: runScenario }: (typeof chosen)[number],
  context: Parameters<(typeof chosen)[number]['run']>[0],
): Promise<Outcome> {
  const why = context.provider.cannot[name]
  if (why !== undefined) return { state: 'none', why }
  const before = (await context.environment.failures()).length
  try {
    const took = await runScenario(context)
    if (took === undefined) return { state: 'none', why: 'nothing to change it by' }
    return typeof took === 'number' ? { state: 'works', took, note: '' } : { state: 'works', ...took }
  } catch (error) {
    const failures = (await context.environment.failures()).slice(before)
    const why = error instanceof Error ? error.message : String(error)
    return { state: 'fails', why: [why, ...new Set(failures)].join('; ') }
  }
}
