// Builds texts of the configuration in both languages, and the sentences of an organisation or app at moments people learn from.

import { languages, type Language } from '../../policy/messages/locale.ts'
import { reasonCodes, type ReasonCode } from '../../policy/reasons.ts'
import { parseMarkdown } from '../markdown.ts'
import type { LocalMarkdown, LocalText, OwnMessages } from '../organisation-settings.ts'
import type { LocalTextInput, MessagesInput } from '../schema/organisation.ts'
import { childPlace, lookup, type Diagnostics, type Place } from './diagnostics.ts'

export const noMessages: OwnMessages = {
  denied: new Map(),
  otherwise: undefined,
  request: undefined,
  emergency: undefined,
  external: undefined,
}

export function buildMessages(check: Diagnostics, place: Place, input: MessagesInput | undefined): OwnMessages {
  if (input === undefined) return noMessages
  const denied = new Map<ReasonCode, LocalMarkdown>()
  const known = [...reasonCodes, 'otherwise']
  for (const [code, text] of Object.entries(input.denied ?? {})) {
    const at = childPlace(place, 'denied', code)
    if (!lookup(check, at, 'reason code', code, known) || code === 'otherwise') continue
    denied.set(code as ReasonCode, localMarkdown(check, at, text)!)
  }
  const own = (...path: string[]): Place => childPlace(place, ...path)
  return {
    denied,
    otherwise: localMarkdown(check, own('denied', 'otherwise'), input.denied?.['otherwise']),
    request: localMarkdown(check, own('request'), input.request),
    emergency: localMarkdown(check, own('emergency'), input.emergency),
    external: localMarkdown(check, own('external'), input.external),
  }
}

/** The same text in both languages where one alone is written. */
export function localText(input: LocalTextInput | undefined): LocalText | undefined {
  if (input === undefined) return undefined
  if (typeof input === 'string') return inEach(() => input)
  const only = input.en ?? input.de
  return only === undefined ? undefined : inEach((language) => input[language] ?? only)
}

function localMarkdown(check: Diagnostics, place: Place, input: LocalTextInput | undefined): LocalMarkdown | undefined {
  const text = localText(input)
  if (text === undefined) return undefined
  return inEach((language) => {
    const { blocks, refusedLink } = parseMarkdown(text[language])
    const written = typeof input === 'object' ? input[language] !== undefined : language === languages[0]
    if (refusedLink && written) {
      const at = typeof input === 'object' ? childPlace(place, language) : place
      check.problem(at, 'links may lead to https:, mailto: and tel: only')
    }
    return blocks
  })
}

function inEach<Value>(make: (language: Language) => Value): Readonly<Record<Language, Value>> {
  return Object.fromEntries(languages.map((language) => [language, make(language)])) as Record<Language, Value>
}
