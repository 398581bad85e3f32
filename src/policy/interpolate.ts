// Interpolates placeholders of a message template: names verbatim; moments, durations and device attributes localized.

import { dateAndTime, durations, locales, type Language } from './messages/locale.ts'

/** Attributes of a device posture, as texts for users name them. */
const attributes: Readonly<Record<string, Readonly<Record<Language, string>>>> = {
  compliant: { en: 'compliance with the rules of your organisation', de: 'Einhaltung der Vorgaben Ihres Unternehmens' },
  managed: { en: 'management by your organisation', de: 'Verwaltung durch Ihr Unternehmen' },
  disk_encrypted: { en: 'disk encryption', de: 'Festplattenverschlüsselung' },
  firewall: { en: 'firewall', de: 'Firewall' },
  screen_lock: { en: 'screen lock', de: 'Bildschirmsperre' },
  antivirus: { en: 'virus protection', de: 'Virenschutz' },
  os: { en: 'operating system', de: 'Betriebssystem' },
  risk: { en: 'risk rating', de: 'Risikobewertung' },
}

const placeholder = /\{(\w+)(?::(\w+))?\}/g

/**
 * `{name}`, `{name:moment}` (ISO 8601 with an offset or Z), `{name:duration}` (ISO 8601) or `{name:attribute}`.
 * Undefined when a parameter is missing or cannot be read. The result is plain text, not escaped for anything.
 */
export function interpolate(
  template: string,
  parameters: Readonly<Record<string, string>>,
  language: Language,
  timeZone: string | undefined,
): string | undefined {
  let complete = true
  const text = template.replaceAll(placeholder, (_whole, name: string, kind: string | undefined) => {
    const value = Object.hasOwn(parameters, name) ? format(parameters[name]!, kind, language, timeZone) : undefined
    if (value === undefined) complete = false
    return value ?? ''
  })
  return complete ? text : undefined
}

function format(value: string, kind: string | undefined, language: Language, zone: string | undefined) {
  try {
    if (kind === 'moment') return moment(value, language, zone)
    if (kind === 'duration') return duration(value, language)
  } catch {
    return undefined
  }
  return kind === 'attribute' ? attributes[value]?.[language] : value
}

/** In the reader's time zone when it is known, else in the zone of the value, else in UTC. */
function moment(value: string, language: Language, timeZone: string | undefined): string {
  const zoned = value.includes('[')
    ? Temporal.ZonedDateTime.from(value)
    : Temporal.Instant.from(value).toZonedDateTimeISO('UTC')
  return (timeZone === undefined ? zoned : zoned.withTimeZone(timeZone)).toLocaleString(locales[language], {
    weekday: 'long',
    ...dateAndTime,
  })
}

function duration(value: string, language: Language): string {
  const length = Temporal.Duration.from(value)
  const days = length.total('hours') >= 48
  return durations[language].format(length.round({ largestUnit: days ? 'days' : 'hours' }))
}
