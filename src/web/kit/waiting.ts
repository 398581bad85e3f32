// Pages that wait load themselves again every 15 seconds, with a button that stops it.

import { html, type Html } from './html.ts'
import { texts, type Language } from './language.ts'
import { countRefresh, refreshState } from './preference-cookies.ts'

export const refreshPath = '/.einlass/refresh'

/** Seconds between two loads. */
const interval = 15
/** Ten minutes: an unattended page does not keep a session from its idle timeout for longer. */
const maxLoads = 40

export interface Waiting {
  /** With the button; undefined in frames. */
  readonly line: Html | undefined
  /** Flat header list. */
  readonly headers: readonly string[]
}

/** In a frame nothing loads itself: the frame around it is another page. */
export function waitingOf(
  requester: { readonly frame?: object | undefined; header(name: string): string | undefined },
  language: Language,
): Waiting {
  if (requester.frame !== undefined) return { line: undefined, headers: [] }
  const state = refreshState(requester.header('cookie'))
  const say = words[language]
  if (state === 'off' || state >= maxLoads) {
    return { line: form(state === 'off' ? say.off : say.tired, say.start, 'on'), headers: [] }
  }
  return {
    line: form(say.on, say.stop, 'off'),
    headers: ['Refresh', String(interval), 'Set-Cookie', countRefresh(state + 1)],
  }
}

function form(text: string, label: string, value: 'on' | 'off'): Html {
  return html`<form class="refreshing" method="post" action="${refreshPath}">
    <span>${text}</span>
    <button class="link" type="submit" name="refresh" value="${value}">${label}</button>
  </form>`
}

const words = texts({
  en: {
    on: 'This page looks again every 15 seconds.',
    off: 'This page does not look again by itself.',
    tired: 'This page has stopped looking again by itself.',
    stop: 'Stop',
    start: 'Look again every 15 seconds',
  },
  de: {
    on: 'Diese Seite sieht alle 15 Sekunden nach.',
    off: 'Diese Seite sieht nicht von selbst nach.',
    tired: 'Diese Seite sieht nicht mehr von selbst nach.',
    stop: 'Anhalten',
    start: 'Alle 15 Sekunden nachsehen',
  },
})
