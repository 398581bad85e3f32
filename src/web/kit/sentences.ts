// Sentences of an organisation or app for the moments people learn from, rendered from Markdown at reload.

import type { LocalMarkdown, OwnMessages } from '../../config/organisation-settings.ts'
import type { ReasonCode } from '../../policy/reasons.ts'
import type { Html } from './html.ts'
import type { Language } from './language.ts'
import { markdown } from './markdown.ts'

export interface Sentences {
  readonly denied: ReadonlyMap<ReasonCode, LocalHtml>
  readonly otherwise: LocalHtml | undefined
  readonly request: LocalHtml | undefined
  readonly emergency: LocalHtml | undefined
  readonly external: LocalHtml | undefined
}

type LocalHtml = Readonly<Record<Language, Html>>

export const noSentences: Sentences = {
  denied: new Map(),
  otherwise: undefined,
  request: undefined,
  emergency: undefined,
  external: undefined,
}

export function sentencesOf({ denied, otherwise, request, emergency, external }: OwnMessages): Sentences {
  return {
    denied: new Map([...denied].map(([code, text]) => [code, rendered(text)!])),
    otherwise: rendered(otherwise),
    request: rendered(request),
    emergency: rendered(emergency),
    external: rendered(external),
  }
}

function rendered(text: LocalMarkdown | undefined): LocalHtml | undefined {
  return text && { en: markdown(text.en), de: markdown(text.de) }
}
