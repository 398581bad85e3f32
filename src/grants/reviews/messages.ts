// Texts of access reviews in English and German, for the page, the signed file and the terminal.

import type { ReviewLine } from './lines.ts'
import type { ReviewNote } from './notes.ts'

export type ReviewLanguage = 'en' | 'de'

export interface ReviewMessages {
  readonly heading: (title: string) => string
  readonly reviewer: string
  readonly signed: string
  readonly factor: (at: string | undefined) => string
  readonly configuration: string
  readonly readWith: string
  readonly who: string
  readonly way: string
  readonly besides: string
  readonly until: string
  readonly lastUsed: string
  readonly decision: string
  /** Column heading of line ids, in a report without decisions. */
  readonly line: string
  readonly never: string
  readonly external: string
  readonly noUsers: string
  readonly rule: (rule: string) => string
  readonly grant: (level: string) => string
  /** `group finance`, `role owners (group x)`, `listed by name`, `provider company`. */
  readonly by: (way: string) => string
  readonly keep: string
  readonly outcomes: Readonly<Record<Outcome, (place: string) => string>>
  readonly notes: { readonly [Kind in ReviewNote['kind']]: (note: Extract<ReviewNote, { kind: Kind }>) => string }
}

/** Outcome of a line whose decision is `end`. */
export type Outcome = 'revoked' | 'over_already' | 'take_out'

export function formatNote(note: ReviewNote, language: ReviewLanguage): string {
  return (reviewMessages[language].notes[note.kind] as (one: ReviewNote) => string)(note)
}

export function formatAccessPath({ way, rule, by }: ReviewLine, language: ReviewLanguage): string {
  const words = reviewMessages[language]
  if (way === 'grant') return words.grant(by.join(', ')) + (rule === undefined ? '' : ` (${words.rule(rule)})`)
  return by.length === 0 ? words.rule(rule ?? '') : `${words.rule(rule ?? '')}: ${by.map(words.by).join(', ')}`
}

const date = (at: number): string => new Date(at).toISOString().slice(0, 10)

export const reviewMessages: Readonly<Record<ReviewLanguage, ReviewMessages>> = {
  en: {
    heading: (title) => `Who can reach ${title}`,
    reviewer: 'Reviewed by',
    signed: 'Signed',
    factor: (at) => (at === undefined ? 'without a fresh second factor' : `second factor confirmed ${at}`),
    configuration: 'Configuration',
    readWith: 'Notes',
    who: 'Who',
    way: 'Access by',
    besides: 'Only if',
    until: 'Until',
    lastUsed: 'Last used',
    decision: 'Decision',
    line: 'Line',
    never: 'never',
    external: 'external',
    noUsers: 'None of the users who have signed in here can reach it.',
    rule: (rule) => `rule "${rule}"`,
    grant: (level) => `grant, ${level === 'read' ? 'read only' : 'full access'}`,
    by: (way) => way,
    keep: 'keep',
    outcomes: {
      revoked: () => 'revoked now',
      over_already: () => 'to end: had already ended',
      take_out: (place) => `to end: remove it from the configuration${place === '' ? '' : `: ${place}`}`,
    },
    notes: {
      group: ({ group, seen }) =>
        `Only the provider knows the members of the group ${group}; ${seen === 1 ? 'one of them has' : `${seen} of them have`} signed in here. Members who have not are missing from this list, but can get access.`,
      never_seen: ({ user }) => `${user} is listed, but has never signed in here.`,
      groups_withheld: ({ who }) => `The provider did not send all groups of ${who}: access through them is not known.`,
      everybody: ({ rule }) => `The rule "${rule}" gives access to every user who can sign in.`,
      required: ({ conditions }) => `Required of all users, and assumed to be met here: ${conditions.join('; ')}.`,
      set_aside: ({ rule }) =>
        `The rule "${rule}" denies access in some circumstances only, and is not considered here.`,
      monitor: () => 'The application is in mode monitor: access is never denied.',
      public: ({ paths }) => `Accessible without signing in: ${paths.join(', ')}.`,
      codes: () => 'Anyone who holds an emergency code can get access.',
      nobody_uses: ({ rule, declaredAt }) =>
        `The rule "${rule}" has not been used in the last 90 days${declaredAt === undefined ? '' : ` (${declaredAt})`}.`,
      known_since: ({ at }) => `Use has been recorded only since ${date(at)}.`,
    },
  },
  de: {
    heading: (title) => `Wer ${title} erreichen kann`,
    reviewer: 'Geprüft von',
    signed: 'Unterschrieben',
    factor: (at) => (at === undefined ? 'ohne aktuellen zweiten Faktor' : `zweiter Faktor bestätigt ${at}`),
    configuration: 'Konfiguration',
    readWith: 'Hinweise',
    who: 'Wer',
    way: 'Zugang durch',
    besides: 'Nur wenn',
    until: 'Bis',
    lastUsed: 'Zuletzt genutzt',
    decision: 'Entscheidung',
    line: 'Zeile',
    never: 'nie',
    external: 'extern',
    noUsers: 'Keine der Personen, die sich hier angemeldet haben, kann sie erreichen.',
    rule: (rule) => `Regel „${rule}“`,
    grant: (level) => `befristeter Zugang, ${level === 'read' ? 'nur lesen' : 'voll'}`,
    by: (way) =>
      way
        .replace(/^listed by name$/, 'namentlich aufgeführt')
        .replace(/^(role .* \()?group /, '$1Gruppe ')
        .replace(/^role /, 'Rolle ')
        .replace(/^provider /, 'Anbieter '),
    keep: 'behalten',
    outcomes: {
      revoked: () => 'jetzt beendet',
      over_already: () => 'zu beenden: war bereits beendet',
      take_out: (place) => `zu beenden: aus der Konfiguration entfernen${place === '' ? '' : `: ${place}`}`,
    },
    notes: {
      group: ({ group, seen }) =>
        `Nur der Anbieter kennt die Mitglieder der Gruppe ${group}; ${seen === 1 ? 'eines davon hat' : `${seen} davon haben`} sich hier angemeldet. Die übrigen fehlen in dieser Liste, können aber Zugang erhalten.`,
      never_seen: ({ user }) => `${user} ist aufgeführt, hat sich hier aber noch nie angemeldet.`,
      groups_withheld: ({ who }) =>
        `Der Anbieter hat nicht alle Gruppen von ${who} übermittelt: Der Zugang durch sie ist nicht bekannt.`,
      everybody: ({ rule }) => `Die Regel „${rule}“ gibt allen Zugang, die sich anmelden können.`,
      required: ({ conditions }) => `Von allen verlangt und hier als erfüllt angenommen: ${conditions.join('; ')}.`,
      set_aside: ({ rule }) =>
        `Die Regel „${rule}“ verweigert den Zugang nur unter bestimmten Umständen und ist hier nicht berücksichtigt.`,
      monitor: () => 'Die Anwendung wird nur beobachtet (mode: monitor): Zugang wird nie verweigert.',
      public: ({ paths }) => `Ohne Anmeldung zugänglich: ${paths.join(', ')}.`,
      codes: () => 'Wer einen Notfallcode besitzt, kann Zugang erhalten.',
      nobody_uses: ({ rule, declaredAt }) =>
        `Die Regel „${rule}“ wurde in den letzten 90 Tagen nicht genutzt${declaredAt === undefined ? '' : ` (${declaredAt})`}.`,
      known_since: ({ at }) => `Die Nutzung wird erst seit ${date(at)} aufgezeichnet.`,
    },
  },
}
