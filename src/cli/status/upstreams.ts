// Upstreams in `einlass status`: untried, reachable or failing, with the cause.

import type { Status, UpstreamStatus } from '../../server/management/status.ts'
import { escapeControls, formatTime } from '../table.ts'
import { line, type Section } from './section.ts'

export const upstreams: Section = {
  lines: (now) => now.upstreams.map((one) => line('upstream', `${one.app}: ${one.origin} ${stateOf(one)}`)),
  problems: (now: Status) =>
    now.upstreams
      .filter(({ state }) => state === 'failing')
      .map((one) => `${one.app}: ${one.origin} ${stateOf(one)}. Requests to it are answered with 502 or 504`),
}

function stateOf({ state, since, cause }: UpstreamStatus): string {
  switch (state) {
    case 'untried':
      return 'untried: nothing was sent to it yet'
    case 'reachable':
      return `reachable since ${formatTime(since)}`
    case 'failing':
      return `failing since ${formatTime(since)}: ${escapeControls(cause ?? 'unknown')}`
    // open: of a gateway of another version
    default:
      return escapeControls(state)
  }
}
