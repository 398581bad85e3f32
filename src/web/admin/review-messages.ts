// Texts of the access review pages in English and German.

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
  until: string
  parts: { unused: string; seldom: string; used: string }
  keep: string
  end: string
  takeOut: string
  sign: string
  signs: (name: string) => string
  proof: string
  back: string
  viewerOnly: string
  said: { signed: string; take_out: string; changed: string; undecided: string; proven: string }
}

export const words = texts<Words>({
  en: {
    title: 'Reviews',
    lead: 'Who can reach which application is looked through regularly, line by line, and signed.',
    look: 'Look through',
    overdue: 'due',
    neverReviewed: 'never reviewed',
    noReview: 'Nobody has reviewed it yet.',
    next: 'Next review due',
    last: (by) => `Last reviewed by ${by},`,
    counts: (kept, ended) => `${kept} kept, ${ended} to end`,
    explained:
      'Everybody who ever signed in here, held against the rules of today. Second factor, device, network and time are taken for met.',
    declared: 'written in',
    until: 'until',
    parts: {
      unused: 'Not used within 90 days',
      seldom: 'Used within 90 days, not within 30',
      used: 'Used within 30 days',
    },
    keep: 'Keep',
    end: 'End now',
    takeOut: 'To be taken out',
    sign: 'Sign the review',
    signs: (name) =>
      `Signed by ${name}. Run-time access that shall end, ends at once; the review becomes a file for auditors.`,
    proof: 'Before it is signed, you confirm your second factor. Your answers are kept meanwhile.',
    back: 'Back',
    viewerOnly: 'You may look at this. Those who may also decide and sign have the role for it.',
    said: {
      signed: 'The review is signed, and its file written.',
      take_out:
        'The review is signed, and its file written. It names lines that are still to be taken out of the configuration.',
      changed: 'Meanwhile something has changed about who can reach it. Please look at the lines once more.',
      undecided: 'Some lines are not decided yet.',
      proven: 'Thank you. Your answers are filled in again: now sign.',
    },
  },
  de: {
    title: 'Überprüfungen',
    lead: 'Wer welche Anwendung erreichen kann, wird regelmäßig Zeile für Zeile durchgesehen und unterschrieben.',
    look: 'Durchsehen',
    overdue: 'fällig',
    neverReviewed: 'noch nie überprüft',
    noReview: 'Noch niemand hat sie überprüft.',
    next: 'Nächste Überprüfung fällig',
    last: (by) => `Zuletzt überprüft von ${by},`,
    counts: (kept, ended) => `${kept} behalten, ${ended} zu beenden`,
    explained:
      'Alle, die sich hier je angemeldet haben, an den heutigen Regeln gemessen. Zweiter Faktor, Gerät, Netz und Zeit sind als erfüllt angenommen.',
    declared: 'steht in',
    until: 'bis',
    parts: {
      unused: 'Seit 90 Tagen nicht benutzt',
      seldom: 'In den letzten 90 Tagen benutzt, nicht in den letzten 30',
      used: 'In den letzten 30 Tagen benutzt',
    },
    keep: 'Behalten',
    end: 'Jetzt beenden',
    takeOut: 'Herauszunehmen',
    sign: 'Überprüfung unterschreiben',
    signs: (name) =>
      `Unterschrieben von ${name}. Zur Laufzeit gegebener Zugang, der enden soll, endet sofort; die Überprüfung wird eine Datei für die Revision.`,
    proof: 'Vor dem Unterschreiben bestätigen Sie Ihren zweiten Faktor. Ihre Antworten bleiben so lange erhalten.',
    back: 'Zurück',
    viewerOnly: 'Sie dürfen dies ansehen. Entscheiden und unterschreiben darf, wer die Rolle dafür hat.',
    said: {
      signed: 'Die Überprüfung ist unterschrieben und ihre Datei geschrieben.',
      take_out:
        'Die Überprüfung ist unterschrieben und ihre Datei geschrieben. Sie nennt Zeilen, die noch aus der Konfiguration zu nehmen sind.',
      changed: 'Inzwischen hat sich geändert, wer sie erreichen kann. Bitte sehen Sie die Zeilen noch einmal durch.',
      undecided: 'Einige Zeilen sind noch nicht entschieden.',
      proven: 'Danke. Ihre Antworten sind wieder eingetragen: Unterschreiben Sie jetzt.',
    },
  },
})
