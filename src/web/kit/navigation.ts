// Navigation bar of the built-in pages, with a badge for requests awaiting the user's decision.

import { html, type Html } from './html.ts'
import type { EmergencyNotices } from './emergency-banner.ts'
import { texts, type Language } from './language.ts'
import type { Person } from './person.ts'

export interface Navigation {
  readonly current: 'apps' | 'requests' | 'approvals' | 'external' | 'reviews' | 'sessions' | undefined
  /** Number of requests awaiting the user; undefined when the user is no approver. */
  readonly awaitingCount: number | undefined
  /** Of these, ended emergencies to review, which the banner announces. */
  readonly reviewCount?: number
  /** Whether to show the admin pages. */
  readonly console?: boolean
  /** The signed-in user, whose menu the page has. */
  readonly viewer?: Person
  /** Emergency access that every page announces. */
  readonly emergencies?: EmergencyNotices | undefined
}

export function navigation({ current, awaitingCount, console: isAdmin }: Navigation, language: Language): Html {
  const say = words[language]
  const link = (name: Exclude<Navigation['current'], 'sessions' | undefined>, href: string, count = 0) =>
    html`<li>
      <a href="${href}" ${name === current && html`aria-current="page"`}
        >${say[name]}${count > 0 && html` <span class="count">${count}<span class="hidden"> ${say.open}</span></span>`}</a
      >
    </li>`
  return html`<nav class="nav" aria-label="${say.label}">
    <ul>
      ${link('apps', '/')} ${link('requests', '/requests')}
      ${awaitingCount !== undefined && link('approvals', '/approvals', awaitingCount)}
      ${isAdmin && html`${link('external', '/admin/external')} ${link('reviews', '/admin/reviews')}`}
    </ul>
  </nav>`
}

const words = texts({
  en: {
    label: 'Pages',
    apps: 'My applications',
    requests: 'My requests',
    approvals: 'Approvals',
    external: 'External access',
    reviews: 'Access reviews',
    open: 'waiting',
  },
  de: {
    label: 'Seiten',
    apps: 'Meine Anwendungen',
    requests: 'Meine Anträge',
    approvals: 'Genehmigungen',
    external: 'Externe Zugänge',
    reviews: 'Zugangsprüfungen',
    open: 'offen',
  },
})
