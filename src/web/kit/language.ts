// Accept-Language negotiation between English and German.

import { languages, type Language } from '../../policy/messages/locale.ts'

export type { Language }

/** Best supported language by weight (RFC 9110 section 12.5.4), else English. Reads the first 500 characters. */
export function languageOf(acceptLanguage: string | undefined): Language {
  let best: { language: Language; weight: number } | undefined
  for (const range of (acceptLanguage ?? '').slice(0, 500).split(',')) {
    const [tag = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    const language = languages.find((known) => tag === known || tag.startsWith(`${known}-`))
    const weight = weightOf(parameters)
    if (language && weight > 0 && weight > (best?.weight ?? 0)) best = { language, weight }
  }
  return best?.language ?? 'en'
}

/** The texts of one page. German must have exactly the keys, and the parameters, English has. */
export function texts<Words>(both: {
  readonly en: Words
  readonly de: NoInfer<Words>
}): Readonly<Record<Language, Words>> {
  return both
}

function weightOf(parameters: readonly string[]): number {
  const quality = parameters.find((parameter) => parameter.startsWith('q='))
  if (quality === undefined) return 1
  const weight = Number(quality.slice(2))
  return weight >= 0 && weight <= 1 ? weight : 0
}
