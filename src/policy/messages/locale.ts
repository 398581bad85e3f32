// Languages (i18n) of texts for users, and the formats of durations, dates and lists in each.

export const languages = ['en', 'de'] as const
export type Language = (typeof languages)[number]

/** BCP 47. */
export const locales: Readonly<Record<Language, string>> = { en: 'en-GB', de: 'de-DE' }

/** `1 day, 4 hours`. Created once: constructing an Intl formatter is expensive. */
export const durations = each((locale) => new Intl.DurationFormat(locale, { style: 'long' }))

/** `a, b or c`. */
export const disjunctions = each((locale) => new Intl.ListFormat(locale, { type: 'disjunction' }))

/** `a, b and c`. */
export const conjunctions = each((locale) => new Intl.ListFormat(locale, { type: 'conjunction' }))

/** Options for a full date with time of day and zone; each text adds its own form of the weekday. */
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
