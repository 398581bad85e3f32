// Languages of texts for people, and how each writes durations, dates and lists.

export const languages = ['en', 'de'] as const
export type Language = (typeof languages)[number]

/** BCP 47. */
export const locales: Readonly<Record<Language, string>> = { en: 'en-GB', de: 'de-DE' }

/** `1 day, 4 hours`; made once, as each takes long to make. */
export const durations = each((locale) => new Intl.DurationFormat(locale, { style: 'long' }))

/** `a, b or c`. */
export const disjunctions = each((locale) => new Intl.ListFormat(locale, { type: 'disjunction' }))

/** `a, b and c`. */
export const conjunctions = each((locale) => new Intl.ListFormat(locale, { type: 'conjunction' }))

/** Options for a whole date with the time of day and its zone; how the weekday is written is left to the text. */
export const dateAndTime = {
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  timeZoneName: 'short',
} as const

function each<Format>(make: (locale: string) => Format): Readonly<Record<Language, Format>> {
  return { en: make(locales.en), de: make(locales.de) }
}
