// Cookie with the language chosen on the page with the scenes, for that host and those of the people below it.

import type { Language } from '../../web/kit/language.ts'

/** `cookies`: the Cookie field of a request. Undefined: none was chosen. */
export function chosenLanguage(cookies: string | undefined): Language | undefined {
  const [, chosen] = /(?:^|; )demo_language=(en|de)(?:;|$)/.exec(cookies ?? '') ?? []
  return chosen === 'en' || chosen === 'de' ? chosen : undefined
}

/** Value of Set-Cookie. */
export function languageCookie(language: Language): string {
  return `demo_language=${language}; Domain=demo.localhost; Path=/; SameSite=Lax; HttpOnly`
}

/** The Cookie field without it; undefined if nothing is left. */
export function withoutLanguage(cookies: string): string | undefined {
  const kept = cookies.split('; ').filter((pair) => !pair.startsWith('demo_language='))
  return kept.length === 0 ? undefined : kept.join('; ')
}
