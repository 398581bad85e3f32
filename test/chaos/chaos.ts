// `npm run test:chaos`: fault injection: breaks one dependency at a time and checks the expected behaviour for each fault.

import {
  readCommandLine,
  refuseCommandLine,
  type CommandForm,
  type CommandOptions,
} from '../../scripts/command-line.ts'
import { auditFaults } from './audit-disk.ts'
import { clockFaults } from './clock.ts'
import { postureFaults } from './posture.ts'
import type { FaultGroup, Outcome, Expectation } from './expectation.ts'
import { providerFaults } from './provider.ts'
import { redisFaults } from './redis.ts'
import { upstreamFaults } from './upstream.ts'

const groups: readonly FaultGroup[] = [
  redisFaults,
  providerFaults,
  postureFaults,
  upstreamFaults,
  auditFaults,
  clockFaults,
]

const names = groups.map(({ name }) => name).join(', ')
const form = {
  name: 'test:chaos',
  about: 'Fault injection: breaks one dependency of the gateway at a time. Exits 1 when an expectation is not met.',
  options: { group: { type: 'string', value: 'NAME', multiple: true, help: `one of ${names}` } },
} as const satisfies CommandForm<CommandOptions>
const values = readCommandLine(form)
const unknown = values.group?.find((name) => !groups.some((group) => group.name === name))
if (unknown !== undefined) refuseCommandLine(form, `unknown group ${unknown}; groups: ${names}`)

const began = Date.now()
const outcomes: Outcome[] = []
for (const group of groups) {
  if (values.group !== undefined && !values.group.includes(group.name)) continue
  console.log(`\n${group.name}`)
  try {
    await group.run(promised)
  } catch (error) {
    note({
      fault: group.name,
      promise: 'the fault can be injected',
      kept: false,
      seen: String((error as Error).stack ?? error),
    })
  }
}
const broken = outcomes.filter(({ kept }) => !kept)
console.log(
  `\nchaos: ${outcomes.length - broken.length} of ${outcomes.length} expectations met, ${Math.round((Date.now() - began) / 1000)} s`,
)
for (const { fault, promise, seen } of broken) console.log(`  NOT met: ${fault}: ${promise}\n    ${seen}`)
process.exitCode = broken.length === 0 ? 0 : 1

async function promised(...[fault, promise, check]: Parameters<Expectation>): Promise<void> {
  try {
    note({ fault, promise, kept: true, seen: (await check()) ?? '' })
  } catch (error) {
    note({ fault, promise, kept: false, seen: (error as Error).message })
  }
}

function note(outcome: Outcome): void {
  outcomes.push(outcome)
  const { fault, promise, kept, seen } = outcome
  const cut = seen.split('\n')[0]!.slice(0, 60)
  console.log(`  ${fault.padEnd(34)} ${promise.padEnd(60)} ${kept ? 'met    ' : 'NOT met'}  ${cut}`)
}
