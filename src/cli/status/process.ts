// The process in `einlass status`: versions, configuration, store, sessions, grants, requests, workers.

import type { Status } from '../../server/management/status.ts'
import { nameOf, versionWarnings, type ComponentName } from '../../server/management/minimum-versions.ts'
import { escapeControls, formatTime } from '../table.ts'
import { line, type Section } from './section.ts'

export const versions: Section = {
  lines: (now, zone) => [
    `einlass ${now.version}, process ${now.pid}, since ${formatTime(now.startedAt, zone)}`,
    line(
      'runs on',
      Object.entries(now.versions)
        .map(([part, version]) => `${nameOf(part as ComponentName)} ${version}`)
        .join(', '),
    ),
    line('', `compared with the advisories known on ${now.advisoriesAsOf}`),
  ],
  problems: (now) => versionWarnings(now.outdated),
}

export const configuration: Section = {
  lines: ({ configuration: { file, hash, appliedAt } }, zone) => [
    line('configuration', `${escapeControls(file)}, version ${hash}, since ${formatTime(appliedAt, zone)}`),
  ],
  problems: (now) =>
    now.configuration.refused.map(
      (problem) => `the changed configuration file was rejected: ${escapeControls(problem)}`,
    ),
}

export const store: Section = {
  lines({ store: { kind, reachable, lag } }) {
    const behind = lag === null ? 'not read yet' : `read ${Math.round(lag)} ms ago`
    return [line('store', `${kind}, ${reachable ? 'reachable' : 'UNREACHABLE'}, changes ${behind}`)]
  },
  problems: ({ store: { reachable, error } }) =>
    reachable ? [] : [`the store does not respond: no new sessions${error ? `: ${escapeControls(error)}` : ''}`],
}

export const counts: Section = {
  lines: (now) => [
    line('sessions', String(now.sessions ?? 'not known')),
    line('grants', String(now.grants)),
    line('requests', `${now.requests.open} open${unreviewed(now)}`),
    line('open', openText(now.open)),
  ],
  problems: ({ requests: { overdue } }) =>
    overdue === 0 ? [] : [`${overdue} emergencies are overdue for review: einlass requests list --state unreviewed`],
}

/** Omitted for a single worker that was configured. */
export const workers: Section = {
  lines({ workers: { why, restarts, processes } }, zone) {
    if (processes.length === 1 && restarts === 0)
      return why === null ? [] : [line('workers', `one: ${escapeControls(why)}`)]
    const died = restarts === 0 ? '' : `, ${restarts} restarted after a crash`
    return [
      line('workers', `${processes.length}${died}`),
      ...processes.map(({ pid, state, startedAt, open }) =>
        line('worker', `process ${pid}, ${state} since ${formatTime(startedAt, zone)}, ${openText(open)}`),
      ),
    ]
  },
  problems({ workers: { wanted, processes } }) {
    const serving = processes.filter(({ state }) => state === 'serving').length
    return wanted > 1 && serving < wanted ? [`${serving} of ${wanted} workers serve; see the log`] : []
  },
}

function unreviewed({ requests }: Status): string {
  return requests.unreviewed === 0 ? '' : `, ${requests.unreviewed} emergencies not reviewed`
}

function openText(open: Status['open']): string {
  return `${open['http'] ?? 0} requests, ${open['websocket'] ?? 0} WebSockets`
}
