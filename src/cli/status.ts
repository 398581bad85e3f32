// `einlass status`: health of a running gateway, problems first.

import type { Status } from '../server/management/status.ts'
import { versionNotes } from '../server/management/minimum-versions.ts'
import { emergencyLine } from './emergency-lines.ts'
import { callApi, errorOf, socketHelp, socketOptions, socketPath } from './admin-client.ts'
import { json } from './json.ts'
import { command } from './parse-arguments.ts'
import { cookies, observed, redirects } from './status/apps.ts'
import { audit } from './status/audit.ts'
import { certificates } from './status/certificates.ts'
import { configuration, counts, store, versions, workers } from './status/process.ts'
import { providers } from './status/providers.ts'
import { line, type Section } from './status/section.ts'
import { upstreams } from './status/upstreams.ts'

/** In the order of the output. */
const sections: readonly Section[] = [
  versions,
  configuration,
  store,
  audit,
  counts,
  workers,
  cookies,
  redirects,
  certificates,
  upstreams,
  providers,
  observed,
]

export const status = command(
  {
    name: 'status',
    usage: 'einlass status [--socket PATH | --config FILE] [--json]',
    help: `Shows the status of a running gateway. Lines that begin with ! need attention and stand first; with one, the
exit code is 1. Providers whose last answer is older than seconds are asked again.

${socketHelp}`,
    options: socketOptions,
  },
  async (values, io) => {
    const called = await callApi(await socketPath(values, io), 'GET', '/status')
    if (called.status !== 200) return (io.stderr(`einlass status: ${errorOf(called)}\n`), 1)
    const now = called.value as Status
    const zone = called.timeZone
    const attention = [
      ...now.emergencies.map((one) => emergencyLine(one, zone)),
      ...sections.flatMap((section) => section.problems(now, zone)),
    ]
    io.stdout(values.json ? json({ ...now, attention }) : text(now, attention, zone))
    return attention.length === 0 ? 0 : 1
  },
)

function text(now: Status, attention: readonly string[], zone: string): string {
  const lines = [
    ...attention.map((what) => `! ${what}`),
    ...sections.flatMap((section) => section.lines(now, zone)),
    ...versionNotes(now.outdated).map((what) => line('note', what)),
  ]
  return `${lines.join('\n')}\n`
}
