// Turns a notification into a localized message (title, lead, facts, link), which each channel then formats.

import { dateAndTime, durations, locales, type Language } from '../../policy/messages/locale.ts'
import { hasEnd, lastDayOf } from '../../policy/grant-period.ts'
import type { Notification } from './notification.ts'
import { textsIn, type Texts } from './messages.ts'
import { never } from '../../policy/never.ts'

export interface Message {
  /** One line; also the subject of a mail. */
  readonly title: string
  /** Consequence or required action, in one or two sentences. */
  readonly lead: string
  readonly facts: readonly { readonly label: string; readonly value: string }[]
  readonly link: { readonly label: string; readonly url: string } | undefined
  readonly footer: string
  readonly language: Language
  /** Needs immediate attention. */
  readonly urgent: boolean
}

/** `timeZone`: IANA name for formatting times. */
export function messageOf(notice: Notification, language: Language, timeZone: string): Message {
  const texts = textsIn(language)
  return {
    title: titleOf(notice, texts),
    lead: leadOf(notice, texts),
    facts: factsOf(notice, language, timeZone),
    link: notice.link === undefined ? undefined : { label: linkLabel(notice, texts), url: notice.link },
    footer: notice.link === undefined ? texts.footer : texts.footerWithLink,
    language,
    urgent: isUrgent(notice),
  }
}

export function isUrgent({ emergency, kind, severity }: Notification): boolean {
  return (emergency && kind === 'request') || severity === 'high' || severity === 'critical'
}

function titleOf(notice: Notification, texts: Texts): string {
  const person = personOf(notice, texts)
  const app = notice.app ?? texts.something
  switch (notice.kind) {
    case 'request': {
      const what = notice.emergency && notice.activity === 'opened' ? 'emergency' : notice.activity
      const title = sentence(texts.request, what)(person, app)
      return notice.emergency ? `${texts.emergency}: ${title}` : title
    }
    case 'grant': {
      const title = sentence(texts.grant, notice.activity)(person, app)
      return notice.emergency ? `${texts.emergency}: ${title}` : title
    }
    case 'finding':
      return `${texts.severities[notice.severity]}: ${notice.title ?? texts.finding}`
    case 'configuration':
      return notice.activity === 'refused' ? texts.configurationRefused : texts.configurationApplied
    case 'authentication':
    case 'device':
      return `${notice.kind}: ${notice.activity}`
    default:
      return never(notice.kind)
  }
}

function leadOf(notice: Notification, texts: Texts): string {
  if (notice.emergency && notice.activity === 'opened') return texts.leads.emergency
  // Nothing ends by itself.
  if (notice.kind === 'grant' && notice.activity === 'given' && !hasEnd({ until: notice.until ?? 0 })) return ''
  return own(texts.leads, `${notice.kind}.${notice.activity}`) ?? ''
}

function sentence(sentences: Texts['request'], activity: string): (person: string, app: string) => string {
  return own(sentences, activity) ?? sentences['other']!
}

/** Own members only: the key comes from an event and must not reach inherited ones. */
function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}

function linkLabel(notice: Notification, texts: Texts): string {
  if (notice.kind !== 'request') return texts.look
  if (notice.activity === 'unreviewed') return texts.review
  const undecided = notice.activity === 'opened' || notice.activity === 'supported'
  return undecided && !notice.emergency ? texts.decide : texts.look
}

function factsOf(notice: Notification, language: Language, timeZone: string): Message['facts'] {
  const texts = textsIn(language)
  const { labels } = texts
  const time = (at: number | undefined) => (at === undefined ? undefined : moment(at, language, timeZone))
  const aboutAccess = notice.kind === 'request' || notice.kind === 'grant'
  const pairs: readonly (readonly [string, string | undefined])[] = [
    [labels.person, aboutAccess ? notice.person : undefined],
    [labels.statedName, quoted(notice.statedName, texts)],
    [labels.app, aboutAccess ? notice.app : undefined],
    [labels.level, notice.level === undefined ? undefined : (own(texts.levels, notice.level) ?? notice.level)],
    [labels.kind, notice.extension ? texts.extension : undefined],
    [labels.duration, notice.duration === undefined ? undefined : span(notice.duration, language)],
    [labels.from, notice.from !== undefined && notice.from > 0 ? time(notice.from) : undefined],
    [labels.until, endOf(notice, language, timeZone)],
    [labels.reason, quoted(notice.reason, texts)],
    [labels.ticket, quoted(notice.ticket, texts)],
    [labels.contract, quoted(notice.contract, texts)],
    [labels.comment, quoted(notice.comment, texts)],
    [
      labels.why,
      notice.invalidReason === undefined
        ? undefined
        : (own(texts.invalidReasons, notice.invalidReason) ?? notice.invalidReason),
    ],
    [labels.detail, notice.detail],
    [labels.by, notice.by],
    [labels.at, time(notice.at)],
  ]
  return pairs.flatMap(([label, value]) => (value === undefined ? [] : [{ label, value }]))
}

/** A stated name is quoted and marked: it must not look like that of a user. */
function personOf({ person, statedName }: Notification, texts: Texts): string {
  return statedName === undefined ? (person ?? texts.unnamed) : texts.stated(quoted(statedName, texts)!)
}

/** Quotation marks show that the text was written by a user. */
function quoted(text: string | undefined, { quotes }: Texts): string | undefined {
  return text === undefined ? undefined : `${quotes[0]}${text}${quotes[1]}`
}

/** Undefined without an end; the last day of access that ends with it, with its zone where that is not the reader's. */
function endOf({ until, timeZone }: Notification, language: Language, readersZone: string): string | undefined {
  if (until === undefined || !hasEnd({ until })) return undefined
  const day = lastDayOf({ until, timeZone })
  if (day === undefined) return moment(until, language, readersZone)
  const text = day.toLocaleString(locales[language], {
    weekday: 'short',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
  })
  return timeZone === readersZone ? text : `${text} (${timeZone})`
}

function moment(at: number, language: Language, timeZone: string): string {
  return new Intl.DateTimeFormat(locales[language], { weekday: 'short', ...dateAndTime, timeZone }).format(at)
}

/** Rounded to minutes: `1 day, 4 hours`. */
function span(milliseconds: number, language: Language): string {
  const minutes = Math.max(1, Math.round(milliseconds / 60_000))
  const parts = {
    days: Math.floor(minutes / 1440),
    hours: Math.floor((minutes % 1440) / 60),
    minutes: minutes % 60,
  }
  return durations[language].format(parts)
}
