// Page layout: header with name and navigation, banner of running emergencies, one column of content, request id in the footer.

import { favicon, inlineStyle, logo, stylesheet } from './assets.ts'
import { emergencyBanner } from './emergency-banner.ts'
import { html, type Content, type Html } from './html.ts'
import { icon, type Icon } from './icons.ts'
import { texts, type Language } from './language.ts'
import { navigation, type Navigation } from './navigation.ts'
import type { PagePolicy } from './security-headers.ts'

export interface Page {
  /** Document title; the visible heading is part of `main`. */
  readonly title: string
  readonly main: Content
  /** The signed-in user, at the top right. */
  readonly viewer?: Person
  /** Navigation, on the gateway host only. */
  readonly nav?: Navigation
  /** Wider column, for lists. */
  readonly wide?: boolean
  /** `compact`: without the header, the default in frames; `bare`: the content alone. */
  readonly shell?: 'compact' | 'bare'
  /** Self-contained: inline style and no icon, for hosts that are not configured. */
  readonly selfContained?: boolean
  /** What the page needs beyond the policy of every page, such as images of another origin or its script. */
  readonly policy?: PagePolicy
  /** Target of an immediate `http-equiv=refresh`: a new GET navigation, to which CSP `form-action` does not apply. */
  readonly redirectTo?: string
  /** Seconds after which the page loads itself again. */
  readonly reload?: number
}

export interface Person {
  readonly name: string | undefined
  readonly email: string | undefined
}

/** Content of a page with one message: heading, explanation, actions. */
export interface Message {
  readonly icon: Icon
  readonly tone: 'calm' | 'good' | 'wait' | 'stop'
  readonly heading: string
  readonly lead: Content
  readonly detail?: Content
  readonly actions?: readonly Action[]
  /** Details for the help desk, at the end. */
  readonly facts?: Content
}

/** A link shown as a button, the first one as primary. State changes use forms instead. */
export interface Action {
  readonly label: string
  readonly href: string
  /** Opened in a tab of its own; the label says so. */
  readonly newTab?: true
}

export interface Reader {
  readonly language: Language
  readonly requestId: string
  /** In a frame: links open tabs, because no page they lead to may be shown in a frame. */
  readonly framed?: boolean
}

export function layout(page: Page, reader: Reader): Html {
  return html`<!doctype html>
    <html lang="${reader.language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        ${page.redirectTo && html`<meta http-equiv="refresh" content="0; url=${page.redirectTo}" />`}
        ${page.reload !== undefined && html`<meta http-equiv="refresh" content="${page.reload}" />`}
        ${reader.framed && html`<base target="_blank" />`}
        <title>${page.title}</title>
        ${
          page.selfContained
            ? inlineStyle
            : html`<link rel="stylesheet" href="${stylesheet.path}" />
                <link rel="icon" type="image/svg+xml" href="${favicon.path}" />`
        }
      </head>
      ${
        page.shell === 'bare'
          ? html`<body class="bare">
              ${content(page)}
            </body>`
          : body(page, reader)
      }
    </html> `
}

function body(page: Page, reader: Reader): Html {
  const say = words[reader.language]
  const shell = page.shell ?? (reader.framed ? 'compact' : undefined)
  return html`<body${shell && html` class="${shell}"`}>
    ${
      shell === undefined &&
      html`<a class="skip" href="#main">${say.skip}</a>
        <header class="top">
          <span class="brand">${logo}<span>Einlass</span></span>
          ${page.nav && navigation(page.nav, reader.language)}
          ${page.viewer && html`<span class="viewer">${icon('person')}<span>${nameOf(page.viewer)}</span></span>`}
        </header>`
    }
    ${page.nav?.emergencies && emergencyBanner(page.nav.emergencies, reader.language)} ${content(page)}
    <footer class="bottom">
      <span>${say.request} <code>${reader.requestId}</code></span>
    </footer>
  </body>`
}

function content(page: Page): Html {
  return html`<main id="main" class="${page.wide ? 'main wide' : 'main'}" tabindex="-1">${page.main}</main>`
}

export function message(content: Message): Html {
  return html`<section class="card message">
    <div class="emblem ${content.tone}">${icon(content.icon)}</div>
    <h1>${content.heading}</h1>
    <div class="lead">${content.lead}</div>
    ${content.detail} ${content.actions && content.actions.length > 0 && actions(content.actions)} ${content.facts}
  </section>`
}

export function actions(list: readonly Action[]): Html {
  return html`<div class="actions">
    ${list.map(
      ({ href, label, newTab }, index) =>
        html`<a
          class="${index === 0 ? 'button primary' : 'button'}"
          href="${href}"
          ${newTab && html`target="_blank" rel="noopener"`}
          >${label}</a
        >`,
    )}
  </div>`
}

/** Display name: name, else e-mail address. */
export function nameOf(person: Person): string | undefined {
  return person.name ?? person.email
}

const words = texts({
  en: { skip: 'Skip to content', request: 'Request' },
  de: { skip: 'Zum Inhalt', request: 'Vorgang' },
})
