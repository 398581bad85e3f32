// Texts of the access review pages in English and German.

import type { Attention } from '../../grants/reviews/attention.ts'
import { texts } from '../kit/language.ts'

export interface Words {
  title: string
  lead: string
  look: string
  overdue: string
  neverReviewed: string
  noReview: string
  next: string
  last: (by: string) => string
  counts: (kept: number, ended: number) => string
  explained: string
  declared: string
  decision: string
  /** Marks beside a person; the others are headings, or the access itself. */
  attention: Partial<Record<Attention, string>>
  missing: string
  tally: Record<'kept' | 'asked' | 'open', (lines: number) => string>
  save: string
  savedAt: string
  parts: { unused: string; seldom: string; used: string }
  together: (people: number, rule: string) => string
  keep: string
  end: string
  takeOut: string
  sign: string
  signs: (name: string) => string
  proof: string
  back: string
  viewerOnly: string
  said: {
    signed: string
    take_out: string
    changed: string
    undecided: (lines: number) => string
    firstMissing: string
    saved: string
    /** Around the time. */
    restored: { before: string; after: string }
    dropped: string
    resumed: string
  }
}

export const words = texts<Words>({
  en: {
    title: 'Access reviews',
    lead: 'Check regularly who has access to each application, line by line, and sign the result.',
    look: 'Review',
    overdue: 'due',
    neverReviewed: 'never reviewed',
    noReview: 'No review yet.',
    next: 'Next review due',
    last: (by) => `Last reviewed by ${by},`,
    counts: (kept, ended) => `${kept} kept, ${ended} to end`,
    explained:
      'Everyone who has ever signed in here, checked against the current rules. Requirements for second factor, device, network and time are assumed to be met.',
    declared: 'configured in',
    decision: 'Decision',
    attention: {
      external: 'external',
      no_end: 'no end date',
      never_signed_in: 'never signed in',
      groups_withheld: 'groups incomplete',
    },
    missing: 'Decision missing',
    tally: {
      kept: (lines) => `${lines === 1 ? 'One line is' : `${lines} lines are`} kept unless you decide otherwise.`,
      asked: (lines) =>
        `${lines === 1 ? 'One line needs' : `${lines} lines need`} a decision of yours: unused, external, granted or marked.`,
      open: (lines) => (lines === 0 ? 'All are decided.' : `Open: ${lines}.`),
    },
    save: 'Save draft',
    savedAt: 'Draft saved',
    parts: {
      unused: 'Not used in the last 90 days',
      seldom: 'Used in the last 90 days, but not in the last 30',
      used: 'Used in the last 30 days',
    },
    together: (people, rule) => `${people} people by rule ${rule}`,
    keep: 'Keep',
    end: 'End now',
    takeOut: 'Remove from configuration',
    sign: 'Sign the review',
    signs: (name) =>
      `You sign as ${name}. Access granted at run time that you chose to end will end immediately. The review is saved as a file for auditors.`,
    proof: 'You will be asked to confirm your second factor before signing. Your answers are kept.',
    back: 'Back',
    viewerOnly: 'You can view this review. Deciding and signing require the administrator role.',
    said: {
      signed: 'The review has been signed and its file saved.',
      take_out:
        'The review has been signed and its file saved. Some entries listed in it still have to be removed from the configuration.',
      changed: 'Access to this application has changed in the meantime. Please check the lines again.',
      undecided: (lines) =>
        `Please decide on every line before signing. ${lines === 1 ? 'One decision is' : `${lines} decisions are`} missing.`,
      firstMissing: 'Go to the first',
      saved: 'Your draft has been saved. It is kept for 14 days, for you only, and ends nothing.',
      restored: { before: 'Your draft (saved', after: ') is filled in again. Nothing has been signed yet.' },
      dropped: 'Some lines have changed since then, and need a new decision.',
      resumed: 'Your answers are filled in again. Nothing has been signed yet.',
    },
  },
  de: {
    title: 'Zugangsprüfungen',
    lead: 'Prüfen Sie regelmäßig Zeile für Zeile, wer Zugang zu welcher Anwendung hat, und unterschreiben Sie das Ergebnis.',
    look: 'Prüfen',
    overdue: 'fällig',
    neverReviewed: 'noch nie geprüft',
    noReview: 'Noch keine Prüfung.',
    next: 'Nächste Prüfung fällig',
    last: (by) => `Zuletzt geprüft von ${by},`,
    counts: (kept, ended) => `${kept} behalten, ${ended} zu beenden`,
    explained:
      'Alle Personen, die sich hier je angemeldet haben, geprüft nach den aktuellen Regeln. Anforderungen an zweiten Faktor, Gerät, Netz und Zeit gelten dabei als erfüllt.',
    declared: 'konfiguriert in',
    decision: 'Entscheidung',
    attention: {
      external: 'extern',
      no_end: 'unbefristet',
      never_signed_in: 'nie angemeldet',
      groups_withheld: 'Gruppen unvollständig',
    },
    missing: 'Entscheidung fehlt',
    tally: {
      kept: (lines) =>
        `${lines === 1 ? 'Eine Zeile wird' : `${lines} Zeilen werden`} behalten, wenn Sie nichts anderes entscheiden.`,
      asked: (lines) =>
        `Über ${lines === 1 ? 'eine Zeile' : `${lines} Zeilen`} müssen Sie entscheiden: ungenutzt, extern, befristet oder markiert.`,
      open: (lines) => (lines === 0 ? 'Alle sind entschieden.' : `Offen: ${lines}.`),
    },
    save: 'Entwurf speichern',
    savedAt: 'Entwurf gespeichert',
    parts: {
      unused: 'In den letzten 90 Tagen nicht genutzt',
      seldom: 'In den letzten 90 Tagen genutzt, aber nicht in den letzten 30',
      used: 'In den letzten 30 Tagen genutzt',
    },
    together: (people, rule) => `${people} Personen durch die Regel ${rule}`,
    keep: 'Behalten',
    end: 'Jetzt beenden',
    takeOut: 'Aus Konfiguration entfernen',
    sign: 'Unterschreiben',
    signs: (name) =>
      `Sie unterschreiben als ${name}. Zur Laufzeit gewährter Zugang, den Sie beenden wollen, endet sofort. Die Prüfung wird als Datei für die Revision gespeichert.`,
    proof: 'Vor dem Unterschreiben müssen Sie Ihren zweiten Faktor bestätigen. Ihre Angaben bleiben erhalten.',
    back: 'Zurück',
    viewerOnly:
      'Sie können diese Prüfung ansehen. Zum Entscheiden und Unterschreiben ist die Administratorrolle nötig.',
    said: {
      signed: 'Die Prüfung ist unterschrieben und als Datei gespeichert.',
      take_out:
        'Die Prüfung ist unterschrieben und als Datei gespeichert. Einige darin genannte Einträge müssen noch aus der Konfiguration entfernt werden.',
      changed: 'Der Zugang zu dieser Anwendung hat sich inzwischen geändert. Bitte prüfen Sie die Zeilen noch einmal.',
      undecided: (lines) =>
        `Bitte entscheiden Sie vor dem Unterschreiben über jede Zeile. ${lines === 1 ? 'Eine Entscheidung fehlt' : `${lines} Entscheidungen fehlen`}.`,
      firstMissing: 'Zur ersten',
      saved: 'Ihr Entwurf ist gespeichert. Er bleibt 14 Tage erhalten, nur für Sie, und beendet nichts.',
      restored: {
        before: 'Ihr Entwurf (gespeichert',
        after: ') ist wieder eingetragen. Noch ist nichts unterschrieben.',
      },
      dropped: 'Einige Zeilen haben sich seither geändert und brauchen eine neue Entscheidung.',
      resumed: 'Ihre Angaben sind wieder eingetragen. Noch ist nichts unterschrieben.',
    },
  },
})
