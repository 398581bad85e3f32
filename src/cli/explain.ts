// `einlass explain`: the decision for a person, an app and a moment, with every condition and why. Asks nobody: it is
// the very policy the gateway enforces, on the facts given.

import { didYouMean, printProblem } from '../config/load/problem.ts'
import { compilePolicy } from '../policy/compile.ts'
import type { Effect } from '../policy/decision.ts'
import { explain as explainPolicy } from '../policy/explain.ts'
import { loadConfigurationFile, printWarning } from './configuration-file.ts'
import { explanationText, explanationJson } from './explain-output.ts'
import { settledBeforePolicy } from './suppose-session.ts'
import { BadFact, hypotheticalRequest, zoneOf } from './hypothetical-request.ts'
import { command, requiredOption } from './parse-arguments.ts'

const help = `Who would be let in? Without --user: what a stranger gets. Asks nobody, changes nothing.

  --user ADDRESS       the person: an e-mail address, or the subject the provider calls them by
  --provider NAME      which provider signed them in; needed only where it is not clear
  --group NAME         a group the provider states (again for each)
  --acr X, --amr X     how they proved it (--amr again for each)
  --auth-age 5m        how long ago; just now when left out
  --method POST        GET when left out
  --path /reports      / when left out
  --origin https://…   a WebSocket handshake, from a page of this origin
  --ip 192.0.2.1       where they come from; an address in no network when left out
  --posture FILE       the device, as JSON in the normal form; no known device when left out
  --grant full,2026-12-01T08:00,2026-12-15T18:00
                       a grant they have, besides those of the configuration (again for each)
  --at 2026-11-30T14:00+01:00
                       when; now when left out
  --json               for programs

Times without an offset are in the zone of the schedules the app uses; where it uses none, or several zones, in the
zone of this machine. The answer says in which.
`

const exitCodes: Readonly<Record<Effect, number>> = { allow: 0, challenge: 3, deny: 4 }

export const explain = command(
  {
    name: 'explain',
    usage: 'einlass explain --config FILE --app APP [--user ADDRESS] [facts] [--json]',
    help,
    options: {
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
      origin: { type: 'string' },
      ip: { type: 'string' },
      posture: { type: 'string' },
      grant: { type: 'string', multiple: true },
      at: { type: 'string' },
      json: { type: 'boolean' },
    },
  },
  async (values, io) => {
    const file = requiredOption(values.config, '--config')
    const name = requiredOption(values.app, '--app')
    const loaded = await loadConfigurationFile(file, io)
    for (const warning of loaded.warnings) io.stderr(`${printWarning(warning)}\n`)
    if (loaded.state === 'invalid') {
      for (const problem of loaded.problems) io.stderr(`${printProblem(problem)}\n`)
      return 1
    }
    const { configuration } = loaded
    const names = [...configuration.apps.keys()]
    const app = configuration.apps.get(name)
    if (app === undefined) {
      const known = didYouMean(name, names) || `; there are: ${names.join(', ') || 'none'}`
      io.stderr(`einlass explain: --app: there is no app "${name}"${known}\n`)
      return 2
    }
    try {
      const access = hypotheticalRequest(configuration, app, values, Date.now(), io.cwd)
      const policy = compilePolicy(app.declaration, {
        roles: configuration.roles,
        schedules: configuration.schedules,
        postures: configuration.devices.postures,
        external: configuration.external,
      })
      const explanation = explainPolicy(policy, access)
      const settled = settledBeforePolicy(configuration, app, policy, access, values.origin)
      const zone = zoneOf(configuration, app)
      const whole = settled === undefined ? explanation : { ...explanation, decision: settled }
      io.stdout(values.json ? explanationJson(app, access, whole) : explanationText(app, access, whole, zone))
      return exitCodes[whole.decision.effect]
    } catch (error) {
      if (!(error instanceof BadFact)) throw error
      io.stderr(`einlass explain: ${error.message}\n`)
      return 2
    }
  },
)
