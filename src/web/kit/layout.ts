// Page layout: header with name, navigation and menu, banner of running emergencies, one column of content, help, footer.

import { favicon } from './assets.ts'
import { brand, protectedBy } from './brand.ts'
import { emergencyBanner } from './emergency-banner.ts'
import type { Face } from './face.ts'
import { helpLine, shortId } from './help-line.ts'
import { html, type Content, type Html } from './html.ts'
import { icon, type Icon } from './icons.ts'
import { languageForm } from './language-choice.ts'
import { texts, type Language } from './language.ts'
import { navigation, type Navigation } from './navigation.ts'
import { personMenu } from './person-menu.ts'
import type { Person } from './person.ts'
import type { PagePolicy } from './security-headers.ts'
import type { Waiting } from './waiting.ts'

export { nameOf, type Person } from './person.ts'

export interface Page {
  /** Document title; the visible heading is part of `main`. */
  readonly title: string
  readonly main: Content
  /** The signed-in user, at the top right; undefined: that of `nav`. */
  readonly viewer?: Person | undefined
  /** Navigation, on the gateway host only. */
  readonly nav?: Navigation
  /** Wider column, for lists; `widest`: the whole width, for the portal. */
  readonly wide?: boolean | 'widest'
  /** A refusal or mishap: whom to ask, and the number to tell them. */
  readonly help?: boolean
  /** `compact`: with a small header, the default in frames; `bare`: the content alone. */
  readonly shell?: 'compact' | 'bare'
  /** Self-contained: inline style and no icon, for hosts that are not configured. */
  readonly selfContained?: boolean | undefined
  /** What the page needs beyond the policy of every page, such as images of another origin or its script. */
  readonly policy?: PagePolicy
  /** Target of an immediate `http-equiv=refresh`: a new GET navigation, to which CSP `form-action` does not apply. */
  readonly redirectTo?: string
  /** Seconds after which the page loads itself again. */
  readonly reload?: number
  /** Waits for something that changes by itself: loads itself again every 15 seconds, until the reader stops it. */
  readonly waits?: boolean
}

/** Content of a page with one message: heading, explanation, actions. */
export interface Message {
  readonly icon: Icon
  readonly tone: 'calm' | 'good' | 'wait' | 'stop'
  readonly heading: string
  readonly lead: Content
  readonly detail?: Content
  readonly actions?: readonly Action[] | undefined
  /** Beside the actions: whom they lead to, in words. */
  readonly contact?: Content
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
  readonly face: Face
  /** In a frame: links open tabs, because no page they lead to may be shown in a frame. */
  readonly framed?: boolean
  /** Of a page that waits. */
  readonly waiting?: Waiting | undefined
}

export function layout(page: Page, reader: Reader): Html {
  const { face } = reader
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
        <title>${face.own ? `${page.title} · ${face.name}` : page.title}</title>
        ${
          page.selfContained
            ? face.inlineStyle.element
            : html`<link rel="stylesheet" href="${face.stylesheet.path}" />
                <link rel="icon" type="image/svg+xml" href="${favicon.path}" />`
        }
      </head>
      ${
        page.shell === 'bare'
          ? html`<body class="bare">
              ${content(page, reader)}
            </body>`
          : body(page, reader)
      }
    </html> `
}

function body(page: Page, reader: Reader): Html {
  const { language, face } = reader
  const say = words[language]
  const compact = (page.shell ?? (reader.framed ? 'compact' : undefined)) === 'compact'
  const viewer = page.viewer ?? page.nav?.viewer
  // Its script sends the only form of the page.
  const scripted = page.policy?.formsAnywhere === true
  return html`<body${compact && html` class="compact"`}>
    ${!compact && html`<a class="skip" href="#main">${say.skip}</a>`}
    <header class="top">
      ${brand(face, !compact)} ${!compact && page.nav && navigation(page.nav, language)}
      ${!compact && !scripted && viewer && personMenu(viewer, face.gateway, language)}
    </header>
    ${page.nav?.emergencies && emergencyBanner(page.nav.emergencies, language)} ${content(page, reader)}
    <footer class="bottom">
      ${!page.help && html`<span>${say.request} <code class="request-id">${shortId(reader.requestId)}</code></span>`}
      ${face.imprint !== undefined && html`<a href="${face.imprint}" rel="noreferrer">${say.imprint}</a>`}
      ${protectedBy(face, language)}
      ${!compact && !scripted && !viewer && !page.selfContained && languageForm(language, 'language')}
    </footer>
  </body>`
}

function content(page: Page, { waiting, face, requestId, language }: Reader): Html {
  const width = page.wide === 'widest' ? ' widest' : page.wide ? ' wide' : ''
  return html`<main id="main" class="${`main${width}`}" tabindex="-1">
    ${page.main} ${waiting?.line} ${page.help && helpLine(face, requestId, language)}
  </main>`
}

export function message(content: Message): Html {
  return html`<section class="card message">
    <div class="emblem ${content.tone}">${icon(content.icon)}</div>
    <h1>${content.heading}</h1>
    <div class="lead">${content.lead}</div>
    ${content.detail} ${content.actions && content.actions.length > 0 && actions(content.actions)} ${content.contact}
    ${content.facts}
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

const words = texts({
  en: { skip: 'Skip to content', request: 'Request', imprint: 'Imprint' },
  de: { skip: 'Zum Inhalt', request: 'Vorgang', imprint: 'Impressum' },
})
