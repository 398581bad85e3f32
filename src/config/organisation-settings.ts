// Settings of how the pages and mails of the gateway look and speak: name, logo, accent, support, sentences of their own.

import type { Language } from '../policy/messages/locale.ts'
import type { ReasonCode } from '../policy/reasons.ts'
import type { MarkdownBlock } from './markdown.ts'

/** Name of the pages without an organisation. */
export const productName = 'Einlass'

/** Always present; without settings the pages are those of Einlass. */
export interface OrganisationSettings {
  /** `Einlass` unless set. */
  readonly name: string
  readonly logo: ImageFile | undefined
  /** Undefined: the accent of the stylesheet. */
  readonly accent: AccentColours | undefined
  readonly support: SupportSettings
  /** Absolute https URL. */
  readonly imprint: string | undefined
  readonly messages: OwnMessages
}

export interface SupportSettings {
  readonly mail: string | undefined
  /** As written, for people; `tel:` takes its digits. */
  readonly phone: string | undefined
  /** Absolute https URL. */
  readonly url: string | undefined
}

/** Checked: a PNG, or an SVG without script and without references to anything outside of it. */
export interface ImageFile {
  readonly type: 'image/svg+xml' | 'image/png'
  readonly body: Buffer
}

/** Both meet WCAG 2.2 AA on every surface of the stylesheet, as text and with text on them. */
export interface AccentColours {
  readonly light: Palette
  readonly dark: Palette
}

/** Colours as `#rrggbb`. */
export interface Palette {
  readonly accent: string
  /** While the pointer is above it. */
  readonly strong: string
  /** Text on `accent` and `strong`. */
  readonly on: string
  /** Surface on which `accent` is text. */
  readonly tint: string
}

/** A text of the configuration in each language; the same text where one alone is written. */
export type LocalText = Readonly<Record<Language, string>>

/** The same as Markdown, parsed. */
export type LocalMarkdown = Readonly<Record<Language, readonly MarkdownBlock[]>>

/** Sentences beside those of Einlass, at the moments people learn from. Those of an app take the place of the organisation's. */
export interface OwnMessages {
  /** On a denial, by reason code. */
  readonly denied: ReadonlyMap<ReasonCode, LocalMarkdown>
  /** On a denial with no sentence for its code. */
  readonly otherwise: LocalMarkdown | undefined
  /** On the form that asks for access. */
  readonly request: LocalMarkdown | undefined
  /** On the form for emergency access. */
  readonly emergency: LocalMarkdown | undefined
  /** On the portal, at the first visit of an external person. */
  readonly external: LocalMarkdown | undefined
}

/** How the portal shows an app. */
export interface PortalEntry {
  readonly icon: ImageFile | undefined
  readonly description: LocalText | undefined
  readonly group: LocalText | undefined
}
