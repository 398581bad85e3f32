// Offers to start the new configuration as a systemd service, or prints the commands for root.

import type { Asker } from './asker.ts'
import { planService, runCommands } from './service.ts'
import { Cancelled } from './terminal.ts'

/** `wanted`: without asking. The configuration is written already: whatever happens here, it stays. */
export async function offerService(
  asker: Asker,
  directory: string,
  wanted: boolean,
): Promise<'running' | 'no' | 'failed'> {
  const { t } = asker
  const plan = planService(directory)
  if (plan === undefined) return 'no'
  asker.heading(t.service.heading)
  if (!plan.possible) {
    asker.say(`  ${t.service.commands}`)
    for (const words of plan.commands) asker.say(`    ${words.join(' ')}`)
    return 'no'
  }
  if (!(wanted || (await agreed(asker)))) return 'no'
  const failed = runCommands(plan.commands)
  asker.say(failed === undefined ? `  ${t.service.running}` : `  ✗ ${t.service.failed(failed.join(' '))}`)
  return failed === undefined ? 'running' : 'failed'
}

async function agreed(asker: Asker): Promise<boolean> {
  try {
    return await asker.confirm(`  ${asker.t.service.offer}`, true)
  } catch (error) {
    if (error instanceof Cancelled) return false
    throw error
  }
}
