// Inline SVG icons: decoration beside text of the same meaning, so hidden from screen readers.

import { html, type Html } from './html.ts'

export type Icon = keyof typeof shapes

export function icon(name: Icon): Html {
  return html`<svg
    class="icon"
    viewBox="0 0 24 24"
    width="24"
    height="24"
    fill="none"
    stroke="currentColor"
    stroke-width="1.75"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
    focusable="false"
  >
    ${shapes[name]}
  </svg>`
}

const shapes = {
  lock: html`<rect x="5" y="11" width="14" height="9" rx="2" /> <path d="M8 11V8a4 4 0 0 1 8 0v3" />`,
  key: html`<circle cx="7.75" cy="16.25" r="4.25" /> <path d="m10.75 13.25 9.25-9.25m-4 4 3.5 3.5m-6.75-.25 2 2" />`,
  clock: html`<circle cx="12" cy="12" r="8.5" /> <path d="M12 7.5V12l3 2" />`,
  device: html`<rect x="4" y="5" width="16" height="11" rx="2" /> <path d="M2.5 19.5h19" />`,
  phone: html`<rect x="7" y="3" width="10" height="18" rx="2.5" /> <path d="M11 17.75h2" />`,
  network: html`<circle cx="12" cy="12" r="8.5" /> <path d="M3.5 12h17M12 3.5c5 5 5 12 0 17c-5-5-5-12 0-17" />`,
  person: html`<circle cx="12" cy="8.5" r="3.75" /> <path d="M4.5 20c1-4 4-5.5 7.5-5.5s6.5 1.5 7.5 5.5" />`,
  plug: html`<path d="M9 3v5m6-5v5M6.5 8h11v3a5.5 5.5 0 0 1-11 0zM12 16.5V21" />`,
  alert: html`<path d="M12 4.5 3.5 19.5h17z" /> <path d="M12 10.5v4m0 2.5v.01" />`,
  check: html`<path d="m5 12.5 4.5 4.5L19 7.5" />`,
  compass: html`<circle cx="12" cy="12" r="8.5" /> <path d="m15.5 8.5-2 5-5 2 2-5z" />`,
  search: html`<circle cx="10.5" cy="10.5" r="6" /> <path d="m15 15 5 5" />`,
  arrow: html`<path d="M5 12h14m-5.5-5.5L19 12l-5.5 5.5" />`,
  leave: html`<path d="M10 4H6a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h4M9.5 12H20m-4-4 4 4-4 4" />`,
} as const
