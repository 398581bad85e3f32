// Remarks about apps in `einlass status`: changed cookies, rules in mode monitor; and the plain listeners.

import type { CookieStatus } from '../../server/management/status.ts'
import { escapeControls } from '../table.ts'
import { line, type Section } from './section.ts'

const none = (): readonly string[] => []

export const cookies: Section = {
  lines: (now) => now.cookies.map(cookieLine),
  problems: none,
}

export const redirects: Section = {
  lines: (now) =>
    now.redirects.map(({ host, port, detail }) =>
      line(
        'http',
        detail === null
          ? `redirects to https, on ${host} port ${port}`
          : `no redirect to https: ${escapeControls(detail)}`,
      ),
    ),
  problems: none,
}

export const observed: Section = {
  lines: (now) =>
    now.observed.map(({ app, rule, effect, requests }) =>
      line(
        'observed',
        `${app}: "${escapeControls(rule)}", mode monitor, would ${effect} ${requests} requests since the start`,
      ),
    ),
  problems: none,
}

function cookieLine({ app, name, change, detail }: CookieStatus): string {
  const what = {
    domain_removed: `set for ${detail}, kept for the host of the app alone`,
    path_refused: `dropped, its path ${detail} is outside the app's (cookie_path)`,
    host_prefix_refused: 'dropped, __Host- needs cookie_path: host',
  }[change]
  return line('cookie', `${app}: ${escapeControls(name)} ${escapeControls(what)}`)
}
