// Texts of the page of sessions in English and German.

import { texts } from '../kit/language.ts'

export const words = texts({
  en: {
    title: 'Where you are signed in',
    lead: 'End a session you do not recognise: it is signed out at once, everywhere.',
    sessions: 'Sessions',
    where: 'Browser',
    address: 'Address',
    boundTo: 'Bound to',
    actions: 'End',
    device: (browser: string | undefined, system: string | undefined) =>
      browser === undefined
        ? (system ?? 'Unknown browser')
        : system === undefined
          ? browser
          : `${browser} on ${system}`,
    own: 'this browser',
    signedIn: 'Signed in',
    ends: 'Ends',
    end: 'End session',
    endOthers: 'End all other sessions',
    passkeys: 'Your passkeys',
  },
  de: {
    title: 'Wo Sie angemeldet sind',
    lead: 'Beenden Sie Sitzungen, die Sie nicht kennen: Dort wird sofort abgemeldet, bei allen Anwendungen.',
    sessions: 'Sitzungen',
    where: 'Browser',
    address: 'Adresse',
    boundTo: 'Gebunden an',
    actions: 'Beenden',
    device: (browser, system) =>
      browser === undefined
        ? (system ?? 'Unbekannter Browser')
        : system === undefined
          ? browser
          : `${browser} auf ${system}`,
    own: 'dieser Browser',
    signedIn: 'Angemeldet',
    ends: 'Endet',
    end: 'Sitzung beenden',
    endOthers: 'Alle anderen Sitzungen beenden',
    passkeys: 'Ihre Passkeys',
  },
})
