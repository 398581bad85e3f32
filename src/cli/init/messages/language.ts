// Language of `einlass init`: --language, else that of the locale (LC_ALL, LC_MESSAGES, LANG), else English.

import { de } from './de.ts'
import { en, type Messages } from './en.ts'

export type Language = 'en' | 'de'

export const languages: readonly Language[] = ['en', 'de']

/** POSIX.1-2017 8.2: the first of the variables that is set and not empty. */
export function languageOf(env: Readonly<Record<string, string | undefined>>): Language {
  const locale = env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG'] || ''
  return /^de(?:[_.@-]|$)/i.test(locale) ? 'de' : 'en'
}

export function messagesIn(language: Language): Messages {
  return language === 'de' ? de : en
}
