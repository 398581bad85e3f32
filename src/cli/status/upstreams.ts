// Upstreams in `einlass status`: untried, reachable or failing, with the cause.

import type { UpstreamStatus } from '../../server/management/status.ts'
import { escapeControls, formatTime } from '../table.ts'
import { line, type Section } from './section.ts'

export const upstreams: Section = {
  lines: (now, zone) => now.upstreams.map((one) => line('upstream', `${one.app}: ${one.origin} ${stateOf(one, zone)}`)),
  problems: (now, zone) =>
    now.upstreams
      .filter(({ state }) => state === 'failing')
      .map((one) => `${one.app}: ${one.origin} ${stateOf(one, zone)}. Requests to it are answered with 502 or 504`),
}

function stateOf({ state, since, cause }: UpstreamStatus, zone: string): string {
  switch (state) {
    case 'untried':
      return 'untried: nothing was sent to it yet'
    case 'reachable':
      return `reachable since ${formatTime(since, zone)}`
    case 'failing':
      return `failing since ${formatTime(since, zone)}: ${escapeControls(cause ?? 'unknown')}`
    // open: of a gateway of another version
    default:
      return escapeControls(state)
  }
}
