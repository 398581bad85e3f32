// `npm run test:providers`: signs in at real OpenID providers and prints a table of what works with each of them.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readCommandLine } from '../../scripts/command-line.ts'
import { startProviderEnvironment } from './environment.ts'
import { keycloak, keycloakClientSecret } from './keycloak.ts'
import type { ProviderCase } from './provider-case.ts'
import { scenarios } from './scenarios.ts'

const { only } = readCommandLine({
  name: 'test:providers',
  about:
    'Runs every scenario with every real provider this machine can run, and names what is missing for the others. Exits 1 when one does not work.',
  options: { only: { type: 'string', value: 'SCENARIO', help: 'run only this scenario' } },
})

const cases: readonly (readonly [ProviderCase, clientSecret: string])[] = [[keycloak, keycloakClientSecret]]

let failed = 0
for (const [provider, clientSecret] of cases) {
  const missing = provider.missing()
  if (missing !== undefined) {
    process.stdout.write(`${provider.name}: skipped, this machine lacks ${missing}\n`)
    continue
  }
  failed += await run(provider, clientSecret)
}
process.exitCode = failed === 0 ? 0 : 1

/** Returns the number of scenarios that do not work. */
async function run(provider: ProviderCase, clientSecret: string): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'einlass-provider-'))
  const undo: (() => unknown)[] = [() => rm(folder, { recursive: true, force: true })]
  let broken = 0
  try {
    const environment = await startProviderEnvironment(join(folder, 'gateway'))
    undo.push(() => environment.stop())
    const startedAt = Date.now()
    const running = await provider.start(folder, { gateway: environment.gateway })
    undo.push(() => running.stop())
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(0)
    process.stdout.write(`${provider.name} ${running.version}, started and set up in ${seconds} s\n`)
    await environment.open(running.identity, clientSecret)
    for (const scenario of scenarios.filter(({ name }) => only === undefined || name === only)) {
      let outcome: string
      try {
        const took = await scenario.run({ environment, provider: running })
        outcome = took === undefined ? 'not available at this provider' : `works${took > 0 ? `  ${took} ms` : ''}`
      } catch (error) {
        broken++
        outcome = `FAILS  ${error instanceof Error ? error.message : String(error)}`
      }
      process.stdout.write(`  ${scenario.name.padEnd(20)} ${outcome}\n`)
    }
    return broken
  } finally {
    for (const step of undo.toReversed()) await step()
  }
}
