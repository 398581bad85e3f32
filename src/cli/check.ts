// `einlass check`: validates a configuration, and with `--against` reports who would gain or lose access.

import { compareConfigurations } from '../config/diff/diff.ts'
import type { Loaded } from '../config/load/load.ts'
import { printProblem, type Problem } from '../config/load/problem.ts'
import { checkConfigurationFile, loadConfigurationFile, printWarning } from './configuration-file.ts'
import { json } from './json.ts'
import { printOnlineCheck } from './online/online-check.ts'
import { askOnline } from './online-checks.ts'
import { command, requiredOption } from './parse-arguments.ts'

/** Exit code: 0 valid, 1 problems or a peer that does not answer as needed (`--online`), 2 wrong usage. `--against`: the configuration in use. */
export const check = command(
  {
    name: 'check',
    usage: 'einlass check --config FILE [--against FILE] [--online] [--json]',
    help: `Validates the configuration. Prints all problems and warnings, as file:line:column: path: message.

  --config FILE    the configuration to check
  --against FILE   the configuration it would replace: prints who gains and who loses access
  --online         also asks everything it names, in seconds, and changes nothing: DNS and certificate of every host,
                   providers (metadata, keys, client, redirect URI, group directory), every upstream, the store,
                   mail servers and webhooks (nothing is sent), and the clock
  --json           JSON output
`,
    options: {
      config: { type: 'string' },
      against: { type: 'string' },
      online: { type: 'boolean' },
      json: { type: 'boolean' },
    },
  },
  async (values, io) => {
    const file = requiredOption(values.config, '--config')
    const loaded = await checkConfigurationFile(file, io)
    const against = values.against === undefined ? undefined : await loadConfigurationFile(values.against, io)
    const problems = [...problemsOf(loaded), ...(against === undefined ? [] : problemsOf(against))]
    const changes =
      loaded.state === 'valid' && against?.state === 'valid'
        ? compareConfigurations(against.configuration, loaded.configuration)
        : undefined
    const online = values.online && loaded.state === 'valid' ? await askOnline(loaded.configuration, io.env) : undefined
    const works = online?.every(({ ok }) => ok) ?? true

    if (values.json) {
      const hash = loaded.state === 'valid' ? loaded.configuration.hash : undefined
      io.stdout(json({ valid: problems.length === 0, hash, problems, warnings: loaded.warnings, changes, online }))
      return problems.length === 0 && works ? 0 : 1
    }
    for (const problem of problems) io.stdout(`${printProblem(problem)}\n`)
    for (const warning of loaded.warnings) io.stdout(`${printWarning(warning)}\n`)
    if (problems.length > 0) {
      io.stderr(
        `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}: the configuration is not valid\n`,
      )
      return 1
    }
    if (changes !== undefined)
      for (const line of changes.length === 0 ? ['no access changes'] : changes) io.stdout(`${line}\n`)
    if (loaded.state === 'valid' && changes === undefined) {
      const { apps, hash } = loaded.configuration
      io.stdout(`${file}: valid (${apps.size} ${apps.size === 1 ? 'app' : 'apps'}, version ${hash})\n`)
    }
    for (const one of online ?? []) io.stdout(`${printOnlineCheck(one)}\n`)
    return works ? 0 : 1
  },
)

function problemsOf(loaded: Loaded): readonly Problem[] {
  return loaded.state === 'valid' ? [] : loaded.problems
}
