// `einlass explain`: evaluates the policy for a hypothetical request and prints the decision with every condition.
// Offline: runs the same policy code as the gateway on the facts given.

import { printProblem } from '../config/load/problem.ts'
import { isDeclaredForm } from '../gateway/cross-site-post.ts'
import { isCrossOrigin } from '../gateway/origin-check.ts'
import { compilePolicy } from '../policy/compile.ts'
import type { Effect } from '../policy/decision.ts'
import { explain as explainPolicy } from '../policy/explain.ts'
import { vouchersOf } from '../policy/vouching.ts'
import { loadConfigurationFile, printWarning } from './configuration-file.ts'
import { explanationText, explanationJson } from './explain-output.ts'
import { decisionBeforePolicy } from './hypothetical-session.ts'
import { hypotheticalRequest, hypotheticalSource, zoneOf } from './hypothetical-request.ts'
import { InvalidArgument } from './invalid-argument.ts'
import { command, requiredOption } from './parse-arguments.ts'
import { checkAddressOptions, requestedAddress } from './requested-address.ts'

const help = `Evaluates the policy for a hypothetical request. Without --user, the request is anonymous. Contacts no provider and
no gateway, and changes nothing.

  --user ADDRESS       the user: e-mail address, or subject identifier at the provider
  --provider NAME      provider of the sign-in; required only if it is ambiguous
  --group NAME         group at the provider (repeatable)
  --claim NAME=VALUE   claim of the ID token (repeatable); a claim not given is absent
  --acr X, --amr X     authentication context and methods (--amr repeatable)
  --auth-age 5m        time since the sign-in; default 0s
  --method POST        default GET
  --path /reports      public path; default: the first page of the app
  --url https://…/reports
                       in place of --app and --path: any address of an app
  --destination /a     where COPY or MOVE writes to: both paths are decided on
  --origin https://…   from a page of this origin: with --method a request, without it a WebSocket handshake
                       (--method CONNECT: a handshake without Origin; OPTIONS: a CORS preflight)
  --fetch-site X       Sec-Fetch-Site: same-origin, same-site, cross-site or none
  --ip 192.0.2.1       client address, or "unknown"; default: an address outside all networks
  --posture FILE       device posture as JSON in the normal form; default: no known device
  --grant full,2026-12-01T08:00,2026-12-15T18:00
                       grant of the user, in addition to those of the configuration (repeatable)
  --at 2026-11-30T14:00+01:00
                       time of the request; default now
  --json               JSON output

Times without an offset are in the time zone of the schedules the app uses; if there is none, or if there are several,
in gateway.time_zone. The output states the zone.
`

const exitCodes: Readonly<Record<Effect, number>> = { allow: 0, challenge: 3, deny: 4 }

export const explain = command(
  {
    name: 'explain',
    usage: 'einlass explain --config FILE (--app APP | --url URL) [--user ADDRESS] [facts] [--json]',
    help,
    options: {
      config: { type: 'string' },
      app: { type: 'string' },
      user: { type: 'string' },
      group: { type: 'string', multiple: true },
      provider: { type: 'string' },
      claim: { type: 'string', multiple: true },
      acr: { type: 'string' },
      amr: { type: 'string', multiple: true },
      'auth-age': { type: 'string' },
      method: { type: 'string' },
      path: { type: 'string' },
      url: { type: 'string' },
      destination: { type: 'string' },
      origin: { type: 'string' },
      'fetch-site': { type: 'string' },
      ip: { type: 'string' },
      posture: { type: 'string' },
      grant: { type: 'string', multiple: true },
      at: { type: 'string' },
      json: { type: 'boolean' },
    },
  },
  async (values, io) => {
    const file = requiredOption(values.config, '--config')
    checkAddressOptions(values)
    const loaded = await loadConfigurationFile(file, io)
    for (const warning of loaded.warnings) io.stderr(`${printWarning(warning)}\n`)
    if (loaded.state === 'invalid') {
      for (const problem of loaded.problems) io.stderr(`${printProblem(problem)}\n`)
      return 1
    }
    const { configuration } = loaded
    try {
      const { app, address, path } = requestedAddress(configuration, values)
      const facts = { ...values, path }
      const access = hypotheticalRequest(configuration, app, facts, Date.now(), io.cwd)
      const policy = compilePolicy(app.declaration, {
        roles: configuration.roles,
        schedules: configuration.schedules,
        postures: configuration.devices.postures,
        external: configuration.external,
        vouchers: vouchersOf(configuration.providers.values()),
      })
      const explanation = explainPolicy(policy, access)
      const source = hypotheticalSource(values)
      const sentAgain = source !== undefined && isCrossOrigin(app, source) && isDeclaredForm(app, access.path, source)
      const settled = decisionBeforePolicy(configuration, app, policy, access, sentAgain ? undefined : source, address)
      const zone = zoneOf(configuration, app)
      const whole = settled === undefined ? explanation : { ...explanation, decision: settled }
      const text = values.json
        ? explanationJson(app, access, whole, sentAgain)
        : explanationText(app, access, whole, zone, { beforePolicy: settled !== undefined, sentAgain })
      io.stdout(text)
      return exitCodes[whole.decision.effect]
    } catch (error) {
      if (!(error instanceof InvalidArgument)) throw error
      io.stderr(`einlass explain: ${error.message}\n`)
      return 2
    }
  },
)
