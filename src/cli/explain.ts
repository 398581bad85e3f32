// `einlass explain`: the decision for a person, an app and a moment, with every condition and why. Asks nobody: it is
// the very policy the gateway enforces, on the facts given.

import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { loadConfiguration } from '../config/load.ts'
import { printProblem } from '../config/problem.ts'
import { compilePolicy } from '../policy/compile.ts'
import type { Effect } from '../policy/decision.ts'
import { explain as explainPolicy } from '../policy/explain.ts'
import type { Io } from './command.ts'
import { explained } from './explained.ts'
import { BadFact, suppose } from './suppose.ts'

const help = `Usage: einlass explain --config FILE --app APP [--user ADDRESS|SUBJECT] [facts] [--json]

Without --user: what a stranger gets. Facts, all optional:
  --group NAME ...       groups the provider states        --provider NAME     which provider signed them in
  --acr X, --amr X ...   how they proved it                --auth-age 5m       how long ago
  --method GET           --path /                          --ip 192.0.2.1      where they come from
  --posture FILE         the device, as JSON in the normal form
  --grant full,2026-12-01T08:00,2026-12-15T18:00           a grant they have
  --at 2026-11-30T14:00+01:00                              when; default: now

Exit 0: allowed. 3: something is needed from the person first. 4: denied.
`

const options = {
  config: { type: 'string' },
  app: { type: 'string' },
  user: { type: 'string' },
  group: { type: 'string', multiple: true },
  provider: { type: 'string' },
  acr: { type: 'string' },
  amr: { type: 'string', multiple: true },
  'auth-age': { type: 'string' },
  method: { type: 'string' },
  path: { type: 'string' },
  ip: { type: 'string' },
  posture: { type: 'string' },
  grant: { type: 'string', multiple: true },
  at: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const

const exitCodes: Readonly<Record<Effect, number>> = { allow: 0, challenge: 3, deny: 4 }

export async function explain(args: readonly string[], io: Io): Promise<number> {
  const { values } = parseArgs({ args: [...args], options })
  if (values.help) return (io.stdout(help), 0)
  if (values.config === undefined || values.app === undefined) return (io.stderr(help), 2)

  const loaded = await loadConfiguration({ file: resolve(io.cwd, values.config), env: io.env })
  if (loaded.state === 'invalid') {
    io.stderr(loaded.problems.map((problem) => `${printProblem(problem)}\n`).join(''))
    return 1
  }
  const { configuration } = loaded
  const app = configuration.apps.get(values.app)
  if (app === undefined) {
    io.stderr(
      `einlass explain: there is no app "${values.app}"; there are: ${[...configuration.apps.keys()].join(', ')}\n`,
    )
    return 2
  }
  try {
    const access = suppose(configuration, app, values, Date.now(), io.cwd)
    const policy = compilePolicy(app.declaration, {
      roles: configuration.roles,
      schedules: configuration.schedules,
      postures: configuration.devices.postures,
    })
    const explanation = explainPolicy(policy, access)
    io.stdout(values.json ? `${JSON.stringify(explanation)}\n` : explained(app, explanation))
    return exitCodes[explanation.decision.effect]
  } catch (error) {
    if (!(error instanceof BadFact)) throw error
    io.stderr(`einlass explain: ${error.message}\n`)
    return 2
  }
}
