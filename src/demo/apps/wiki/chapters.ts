// Pages that the demo's wiki has at its start, in English and German.

import type { Language } from '../../../web/kit/language.ts'

export interface Chapter {
  readonly title: Readonly<Record<Language, string>>
  readonly text: Readonly<Record<Language, string>>
}

/** Page 1 is the first. `[[7]]` links to page 7, `[[Title]]` to the page of that title, which may not exist yet. */
export const chapters: readonly Chapter[] = [
  {
    title: { en: 'Welcome', de: 'Willkommen' },
    text: {
      en: 'This wiki has no sign-in of its own. It trusts one header, and verifies its signature.\n\n- [[2]]\n- [[3]]\n- [[4]]\n- [[5]]\n- [[6]]\n- [[7]]\n\nEverybody of the staff may write here: a page keeps who changed what.',
      de: 'Dieses Wiki hat keine eigene Anmeldung. Es vertraut einem Header und prüft dessen Signatur.\n\n- [[2]]\n- [[3]]\n- [[4]]\n- [[5]]\n- [[6]]\n- [[7]]\n\nAlle aus der Belegschaft dürfen hier schreiben: Jede Seite merkt sich, wer was geändert hat.',
    },
  },
  {
    title: { en: 'Who are you?', de: 'Wer sind Sie?' },
    text: {
      en: 'The gateway signs you in at the company’s identity provider, and passes the result to this app. Below this page is what it said about you.\n\nNext: [[3]]',
      de: 'Das Gateway meldet Sie beim Anmeldedienst der Firma an und gibt das Ergebnis an diese Anwendung weiter. Unter dieser Seite steht, was es über Sie gesagt hat.\n\nWeiter: [[3]]',
    },
  },
  {
    title: { en: 'How did you prove it?', de: 'Wie haben Sie es bewiesen?' },
    text: {
      en: 'A password is **one factor**. The payroll requires two: open it and see.\n\nNext: [[4]]',
      de: 'Ein Passwort ist **ein Faktor**. Die Gehälter verlangen zwei: Öffnen Sie sie und sehen Sie selbst.\n\nWeiter: [[4]]',
    },
  },
  {
    title: { en: 'From which device?', de: 'Von welchem Gerät?' },
    text: {
      en: 'The servers require a company laptop. An unsigned header does not prove that you use one.\n\nNext: [[5]]',
      de: 'Die Server verlangen einen Firmenlaptop. Ein Header ohne Signatur beweist nicht, dass Sie einen benutzen.\n\nWeiter: [[5]]',
    },
  },
  {
    title: { en: 'Until when?', de: 'Bis wann?' },
    text: {
      en: 'The technician’s grant has an end, and so does every connection it allows.\n\nNext: [[6]]',
      de: 'Der Zugang des Technikers hat ein Ende, und mit ihm jede Verbindung, die er erlaubt.\n\nWeiter: [[6]]',
    },
  },
  {
    title: { en: 'And if it changes?', de: 'Und wenn sich etwas ändert?' },
    text: {
      en: 'Then all open connections are closed, within a second.\n\nNext: [[7]]',
      de: 'Dann werden alle offenen Verbindungen geschlossen, innerhalb einer Sekunde.\n\nWeiter: [[7]]',
    },
  },
  {
    title: { en: 'Page seven', de: 'Seite sieben' },
    text: {
      en: 'You requested this page before you signed in, and here it is.\n\nBack to [[1]], or write about the [[Canteen]].',
      de: 'Diese Seite haben Sie vor der Anmeldung aufgerufen, und hier ist sie.\n\nZurück zu [[1]], oder schreiben Sie über die [[Kantine]].',
    },
  },
]
