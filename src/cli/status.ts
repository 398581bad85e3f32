// `einlass status`: health of a running gateway: store, audit, sessions, workers, upstreams.

import type { AuditStatus } from '../audit/recorder.ts'
import type { LastFailure } from '../identity/oidc/failure-log.ts'
import type { Status } from '../server/management/status.ts'
import { nameOf, versionNotes, versionWarnings, type ComponentName } from '../server/management/minimum-versions.ts'
import { certificateLines, certificatesNeedingAttention } from './certificate-lines.ts'
import { emergencyLine } from './emergency-lines.ts'
import { callApi, errorOf, socketHelp, socketOptions, socketPath } from './admin-client.ts'
import { json } from './json.ts'
import { formatTime, escapeControls } from './table.ts'
import { command } from './parse-arguments.ts'

export const status = command(
  {
    name: 'status',
    usage: 'einlass status [--socket PATH | --config FILE] [--json]',
    help: `Shows the status of a running gateway. Lines that begin with ! need attention.

${socketHelp}`,
    options: socketOptions,
  },
  async (values, io) => {
    const called = await callApi(await socketPath(values, io), 'GET', '/status')
    if (called.status !== 200) return (io.stderr(`einlass status: ${errorOf(called)}\n`), 1)
    const now = called.value as Status
    const attention = needsAttention(now, called.timeZone)
    io.stdout(values.json ? json({ ...now, attention }) : statusLines(now, attention, called.timeZone))
    return attention.length === 0 ? 0 : 1
  },
)

function statusLines(now: Status, attention: readonly string[], zone: string): string {
  const { configuration, store, open } = now
  const audit = now.audit as AuditStatus
  const behind = store.lag === null ? 'not read yet' : `read ${Math.round(store.lag)} ms ago`
  const lines = [
    ...now.emergencies.map((one) => `! ${emergencyLine(one, zone)}`),
    `einlass ${now.version}, process ${now.pid}, since ${formatTime(now.startedAt, zone)}`,
    `runs on        ${Object.entries(now.versions)
      .map(([part, version]) => `${nameOf(part as ComponentName)} ${version}`)
      .join(', ')}`,
    `               compared with the advisories known on ${now.advisoriesAsOf}`,
    `configuration  ${escapeControls(configuration.file)}, version ${configuration.hash}, since ${formatTime(configuration.appliedAt, zone)}`,
    `store          ${store.kind}, ${store.reachable ? 'reachable' : 'UNREACHABLE'}, changes ${behind}`,
    `audit          ${auditLines(audit)}`,
    ...deliveryText(audit, zone),
    `sessions       ${now.sessions ?? 'not known'}`,
    `grants         ${now.grants}`,
    `requests       ${now.requests.open} open${unreviewed(now)}`,
    `open           ${open['http'] ?? 0} requests, ${open['websocket'] ?? 0} WebSockets`,
    ...workersOf(now, zone),
    ...now.cookies.map(cookieLine),
    ...now.redirects.map(
      ({ host, port, detail }) =>
        `http           ${detail === null ? `redirects to https, on ${host} port ${port}` : `no redirect to https: ${escapeControls(detail)}`}`,
    ),
    ...certificateLines(now.certificates, zone),
    ...now.upstreams.map(
      ({ app, origin, healthy }) => `upstream       ${app}: ${origin} ${healthy ? 'healthy' : 'DOWN'}`,
    ),
    ...now.providers.map(
      ({ name, reachable, scopes, failure }) =>
        `provider       ${name}: ${reachable ? 'reachable' : 'DOES NOT ANSWER'}${failure ? ', SIGN-INS FAIL' : ''}${scopes ? ', NOT ALL SCOPES' : ''}`,
    ),
    ...now.observed.map(
      ({ app, rule, effect, requests }) =>
        `observed       ${app}: "${escapeControls(rule)}", mode monitor, would ${effect} ${requests} requests since the start`,
    ),
    ...versionNotes(now.outdated).map((what) => `note           ${what}`),
    // Emergencies stand first.
    ...attention.slice(now.emergencies.length).map((what) => `! ${what}`),
  ]
  return `${lines.join('\n')}\n`
}

function cookieLine({ app, name, change, detail }: Status['cookies'][number]): string {
  const what = {
    domain_removed: `set for ${detail}, kept for the host of the app alone`,
    path_refused: `dropped, its path ${detail} is outside the app's (cookie_path)`,
    host_prefix_refused: 'dropped, __Host- needs cookie_path: host',
  }[change]
  return `cookie         ${app}: ${escapeControls(name)} ${escapeControls(what)}`
}

function unreviewed({ requests }: Status): string {
  return requests.unreviewed === 0 ? '' : `, ${requests.unreviewed} emergencies not reviewed`
}

/** Omitted for a single worker that was configured. */
function workersOf({ workers: { why, restarts, processes } }: Status, zone: string): string[] {
  if (processes.length === 1 && restarts === 0)
    return why === null ? [] : [`workers        one: ${escapeControls(why)}`]
  const died = restarts === 0 ? '' : `, ${restarts} restarted after a crash`
  return [
    `workers        ${processes.length}${died}`,
    ...processes.map(
      ({ pid, state, startedAt, open }) =>
        `worker         process ${pid}, ${state} since ${formatTime(startedAt, zone)}, ${open['http'] ?? 0} requests, ${open['websocket'] ?? 0} WebSockets`,
    ),
  ]
}

function missing({ workers: { wanted, processes } }: Status): string[] {
  const serving = processes.filter(({ state }) => state === 'serving').length
  return wanted > 1 && serving < wanted ? [`${serving} of ${wanted} workers serve; see the log`] : []
}

function failureLine(name: string, { code, detail, mend, since, count }: LastFailure, zone: string): string {
  const times = count === 1 ? 'once' : `${count} times`
  return `${name}: failed ${times} since ${formatTime(since, zone)}: ${code} (${escapeControls(detail)}). To mend it: ${mend}`
}

function auditLines({ sinks, queued }: AuditStatus): string {
  const each = sinks.map(
    ({ name, state, written }) => `${name} ${state === 'working' ? 'works' : 'FAILS'} (${written} written)`,
  )
  return [...(each.length === 0 ? ['nowhere'] : each), `${queued} waiting`].join(', ')
}

function deliveryText({ sinks }: AuditStatus, zone: string): string[] {
  return sinks.flatMap(({ name, delivery }) => {
    // Absent values are null in JSON.
    if (!delivery) return []
    const { state, delivered, waiting, dead, oldest } = delivery
    const since = oldest === undefined || waiting === 0 ? '' : ` (oldest ${formatTime(oldest, zone)})`
    const how = state === 'working' ? 'delivers' : 'CANNOT DELIVER'
    return `delivery       ${name} ${how}: ${delivered} delivered, ${waiting} waiting${since}, ${dead} dead`
  })
}

/** `scopes`: absent values are null in JSON. */
function scopeLine(name: string, { requested, missing }: NonNullable<Status['providers'][number]['scopes']>): string {
  const asked = escapeControls(requested.join(' '))
  return missing.length === 0
    ? `${name}: the provider refuses one of the scopes ${asked}: no one can sign in; permit them there, or set scopes`
    : `${name}: the provider does not grant ${escapeControls(missing.join(' '))} (requested: ${asked})`
}

function needsAttention(now: Status, zone: string): string[] {
  const { sinks } = now.audit as AuditStatus
  return [
    ...now.emergencies.map((one) => emergencyLine(one, zone)),
    ...versionWarnings(now.outdated),
    ...missing(now),
    ...(now.store.reachable ? [] : ['the store does not respond: no new sessions']),
    ...now.configuration.refused.map(
      (problem) => `the changed configuration file was rejected: ${escapeControls(problem)}`,
    ),
    ...(now.requests.overdue === 0
      ? []
      : [`${now.requests.overdue} emergencies are overdue for review: einlass requests list --state unreviewed`]),
    ...now.providers
      .filter(({ reachable }) => !reachable)
      .map(({ name }) => `${name}: the provider does not answer: no new sign-ins`),
    ...now.providers.flatMap(({ name, scopes }) => (scopes ? [scopeLine(name, scopes)] : [])),
    ...now.providers.flatMap(({ name, failure }) => (failure ? [failureLine(name, failure, zone)] : [])),
    ...certificatesNeedingAttention(now.certificates, zone),
    ...now.upstreams.filter(({ healthy }) => !healthy).map(({ app, origin }) => `${app}: ${origin} does not respond`),
    ...sinks.flatMap(({ name, state, error, lost }) => [
      ...(state === 'working' ? [] : [`audit: ${name} fails: ${escapeControls(error)}`]),
      ...(lost === 0 ? [] : [`audit: ${name} lost ${lost} events since the start`]),
    ]),
    ...sinks.flatMap(({ name, delivery }) => {
      // Absent values are null in JSON.
      if (!delivery) return []
      const { state, since, error, waiting, refused, dead } = delivery
      return [
        ...(state === 'working'
          ? []
          : [
              `audit: ${name} cannot deliver since ${formatTime(since, zone)}: ${escapeControls(error)}; ${waiting} messages wait`,
            ]),
        ...(refused === 0 ? [] : [`audit: ${name} dropped ${refused} messages since the start: its spool is full`]),
        ...(dead === 0 ? [] : [`audit: ${name} has ${dead} undeliverable messages, in the folder dead of its spool`]),
      ]
    }),
  ]
}
