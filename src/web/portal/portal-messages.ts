// Texts of the portal in English and German.

import { texts } from '../kit/language.ts'
import type { Remedy } from '../../policy/decision.ts'

export const words = texts({
  en: {
    title: 'My applications',
    welcome: (name: string | undefined) => (name === undefined ? 'Hello' : `Hello, ${name}`),
    signOut: 'Sign out',
    apps: 'Applications',
    noApps: 'You do not have access to any application yet. Please ask your IT department.',
    open: 'Open',
    until: 'until',
    from: 'from',
    needs: { sign_in: 'Another sign-in needed', step_up: 'Second factor needed' },
    needsMore: 'Action needed',
    opens: (when: string) => `Opens ${when}`,
    onRequest: 'On request',
    ask: 'Ask for access',
    emergency: 'Emergency access',
    pending: 'Waiting for approval',
    toRequest: 'View your request',
    ended: 'ended',
    moreTime: 'Ask for more time',
    waiting: (count: number) =>
      count === 1 ? 'One request is waiting for you' : `${count} requests are waiting for you`,
    boundTo: 'Bound to',
    closed: {
      ...everyRemedy('Not open right now'),
      use_other_device: 'Not on this device',
      use_other_network: 'Not from this network',
    },
    grants: 'Access for a limited time',
    levels: { read: 'read only', full: 'full access' },
    sessions: 'Where you are signed in',
    device: (browser: string | undefined, system: string | undefined) =>
      browser === undefined
        ? (system ?? 'Unknown browser')
        : system === undefined
          ? browser
          : `${browser} on ${system}`,
    own: 'this browser',
    signedIn: 'Signed in',
    endsAtLatest: 'ends',
    end: 'End session',
    endOthers: 'End all other sessions',
    passkeys: 'Your passkeys',
  },
  de: {
    title: 'Meine Anwendungen',
    welcome: (name) => (name === undefined ? 'Guten Tag' : `Guten Tag, ${name}`),
    signOut: 'Abmelden',
    apps: 'Anwendungen',
    noApps: 'Sie haben noch zu keiner Anwendung Zugang. Bitte wenden Sie sich an Ihre IT-Abteilung.',
    open: 'Geöffnet',
    until: 'bis',
    from: 'von',
    needs: { sign_in: 'Erneute Anmeldung nötig', step_up: 'Zweiter Faktor nötig' },
    needsMore: 'Weiterer Schritt nötig',
    opens: (when) => `Öffnet ${when}`,
    onRequest: 'Auf Antrag',
    ask: 'Zugang beantragen',
    emergency: 'Notfallzugang',
    pending: 'Wartet auf Genehmigung',
    toRequest: 'Ihren Antrag ansehen',
    ended: 'endete',
    moreTime: 'Mehr Zeit beantragen',
    waiting: (count) => (count === 1 ? 'Ein Antrag wartet auf Sie' : `${count} Anträge warten auf Sie`),
    boundTo: 'Gebunden an',
    closed: {
      ...everyRemedy('Gerade nicht geöffnet'),
      use_other_device: 'Nicht auf diesem Gerät',
      use_other_network: 'Nicht aus diesem Netz',
    },
    grants: 'Zugang auf Zeit',
    levels: { read: 'nur lesen', full: 'voller Zugang' },
    sessions: 'Wo Sie angemeldet sind',
    device: (browser, system) =>
      browser === undefined
        ? (system ?? 'Unbekannter Browser')
        : system === undefined
          ? browser
          : `${browser} auf ${system}`,
    own: 'dieser Browser',
    signedIn: 'Angemeldet',
    endsAtLatest: 'endet',
    end: 'Sitzung beenden',
    endOthers: 'Alle anderen Sitzungen beenden',
    passkeys: 'Ihre Passkeys',
  },
})

function everyRemedy(text: string): Readonly<Record<Remedy['kind'], string>> {
  return {
    sign_in: text,
    step_up: text,
    request_access: text,
    wait: text,
    use_other_device: text,
    use_other_network: text,
    ask_owner: text,
    try_again: text,
  }
}
