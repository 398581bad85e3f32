// What a review says, in both languages: for its page, its file and the terminal.

import type { ReviewLine } from './lines.ts'
import type { ReviewNote } from './notes.ts'

export type ReviewLanguage = 'en' | 'de'

export interface ReviewWords {
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
  /** Above what a line is called, while nothing is decided. */
  readonly line: string
  readonly never: string
  readonly external: string
  readonly nobody: string
  readonly rule: (rule: string) => string
  readonly grant: (level: string) => string
  /** `group finance`, `role owners (group x)`, `listed by name`, `provider company`. */
  readonly by: (way: string) => string
  readonly keep: string
  readonly outcomes: Readonly<Record<Outcome, (place: string) => string>>
  readonly notes: { readonly [Kind in ReviewNote['kind']]: (note: Extract<ReviewNote, { kind: Kind }>) => string }
}

/** What came of a line that shall end. */
export type Outcome = 'revoked' | 'over_already' | 'take_out'

export function noteInWords(note: ReviewNote, language: ReviewLanguage): string {
  return (reviewWords[language].notes[note.kind] as (one: ReviewNote) => string)(note)
}

export function wayInWords({ way, rule, by }: ReviewLine, language: ReviewLanguage): string {
  const say = reviewWords[language]
  if (way === 'grant') return say.grant(by.join(', ')) + (rule === undefined ? '' : ` (${say.rule(rule)})`)
  return by.length === 0 ? say.rule(rule ?? '') : `${say.rule(rule ?? '')}: ${by.map(say.by).join(', ')}`
}

const date = (at: number): string => new Date(at).toISOString().slice(0, 10)

export const reviewWords: Readonly<Record<ReviewLanguage, ReviewWords>> = {
  en: {
    heading: (title) => `Who can reach ${title}`,
    reviewer: 'Reviewed by',
    signed: 'Signed',
    factor: (at) => (at === undefined ? 'without a fresh second factor' : `second factor proved ${at}`),
    configuration: 'Configuration',
    readWith: 'To be read with it',
    who: 'Who',
    way: 'By what',
    besides: 'Only with',
    until: 'Until',
    lastUsed: 'Last used',
    decision: 'Decision',
    line: 'Line',
    never: 'never',
    external: 'external',
    nobody: 'Nobody who ever signed in here can reach it.',
    rule: (rule) => `rule "${rule}"`,
    grant: (level) => `grant, ${level === 'read' ? 'reading only' : 'everything'}`,
    by: (way) => way,
    keep: 'keep',
    outcomes: {
      revoked: () => 'ended now',
      over_already: () => 'to end: it was over already',
      take_out: (place) => `to end: to be taken out of the configuration${place === '' ? '' : `: ${place}`}`,
    },
    notes: {
      group: ({ group, seen }) =>
        `The provider knows the members of the group ${group}; ${seen === 1 ? 'one of them has' : `${seen} of them have`} signed in here. Whoever has not is not in this list, and can come in.`,
      never_seen: ({ user }) => `${user} is named, and has never signed in here.`,
      groups_withheld: ({ who }) => `The provider withheld groups of ${who}: what they open cannot be known.`,
      everybody: ({ rule }) => `The rule "${rule}" lets everybody in who can sign in.`,
      required: ({ conditions }) => `Required of everybody, and taken for met here: ${conditions.join('; ')}.`,
      set_aside: ({ rule }) => `The rule "${rule}" denies in some circumstances only, and is set aside here.`,
      monitor: () => 'The application is in mode monitor: nobody is kept out.',
      public: ({ paths }) => `Open without signing in: ${paths.join(', ')}.`,
      codes: () => 'Sealed emergency codes open it, whoever holds one.',
      nobody_uses: ({ rule, declaredAt }) =>
        `Nobody used the rule "${rule}" within 90 days${declaredAt === undefined ? '' : ` (${declaredAt})`}.`,
      known_since: ({ at }) => `When something was last used is known since ${date(at)} only.`,
    },
  },
  de: {
    heading: (title) => `Wer ${title} erreichen kann`,
    reviewer: 'Überprüft von',
    signed: 'Unterschrieben',
    factor: (at) => (at === undefined ? 'ohne frischen zweiten Faktor' : `zweiter Faktor bewiesen ${at}`),
    configuration: 'Konfiguration',
    readWith: 'Dazu zu wissen',
    who: 'Wer',
    way: 'Wodurch',
    besides: 'Nur mit',
    until: 'Bis',
    lastUsed: 'Zuletzt benutzt',
    decision: 'Entscheidung',
    line: 'Zeile',
    never: 'nie',
    external: 'extern',
    nobody: 'Niemand, der sich hier je angemeldet hat, kann sie erreichen.',
    rule: (rule) => `Regel „${rule}“`,
    grant: (level) => `Freigabe, ${level === 'read' ? 'nur lesen' : 'alles'}`,
    by: (way) =>
      way
        .replace(/^listed by name$/, 'namentlich genannt')
        .replace(/^(role .* \()?group /, '$1Gruppe ')
        .replace(/^role /, 'Rolle ')
        .replace(/^provider /, 'Anbieter '),
    keep: 'behalten',
    outcomes: {
      revoked: () => 'jetzt beendet',
      over_already: () => 'zu beenden: war schon vorbei',
      take_out: (place) => `zu beenden: aus der Konfiguration zu nehmen${place === '' ? '' : `: ${place}`}`,
    },
    notes: {
      group: ({ group, seen }) =>
        `Wer zur Gruppe ${group} gehört, weiß der Anbieter; ${seen === 1 ? 'eine Person davon hat' : `${seen} davon haben`} sich hier angemeldet. Die übrigen stehen nicht in dieser Liste und können eintreten.`,
      never_seen: ({ user }) => `${user} ist genannt und hat sich hier noch nie angemeldet.`,
      groups_withheld: ({ who }) =>
        `Der Anbieter hat Gruppen von ${who} zurückgehalten: Was sie öffnen, ist nicht bekannt.`,
      everybody: ({ rule }) => `Die Regel „${rule}“ lässt jeden ein, der sich anmelden kann.`,
      required: ({ conditions }) => `Von allen verlangt und hier als erfüllt angenommen: ${conditions.join('; ')}.`,
      set_aside: ({ rule }) => `Die Regel „${rule}“ verbietet nur unter Umständen und bleibt hier außer Betracht.`,
      monitor: () => 'Die Anwendung wird nur beobachtet (mode: monitor): Niemand wird abgewiesen.',
      public: ({ paths }) => `Ohne Anmeldung offen: ${paths.join(', ')}.`,
      codes: () => 'Versiegelte Notfallcodes öffnen sie, wer immer einen hat.',
      nobody_uses: ({ rule, declaredAt }) =>
        `Niemand hat die Regel „${rule}“ in den letzten 90 Tagen benutzt${declaredAt === undefined ? '' : ` (${declaredAt})`}.`,
      known_since: ({ at }) => `Wann etwas zuletzt benutzt wurde, ist erst seit ${date(at)} bekannt.`,
    },
  },
}
