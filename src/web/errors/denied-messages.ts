// Texts of the access denied page in English and German.

import { texts, type Language } from '../kit/language.ts'
import type { Remedy } from '../../policy/decision.ts'

/** Category of the denial, for heading, lead and icon. */
export type Kind = 'step' | 'wait' | 'device' | 'network' | 'origin' | 'ask' | 'ended' | 'again'

export interface Words {
  reasons: string
  signedInAs: string
  unnamed: string
  application: string
  time: string
  request: string
  signIn: string
  stepUp: string
  inTab: (label: string) => string
  again: string
  askOwner: string
  requestAccess: string
  requestAgain: string
  toRequest: string
  emergency: string
  askHere: string
  endedAt: string
  endedEarly: string
  cut: string
  /** Text before and after the time. */
  pending: readonly [string, string]
  askIt: string
  nothingSent: string
  sendAgain: string
  toApps: string
  openApp: (app: string) => string
  switchAccount: string
  opens: string
  subject: (app: string) => string
  mail: (app: string) => string
  headings: Record<Kind, (app: string) => string>
  leads: Record<Kind, (app: string) => string>
  /** Undefined where the reason text suffices. */
  remedies: Record<Remedy['kind'], string | undefined>
}

export const words: Readonly<Record<Language, Words>> = texts<Words>({
  en: {
    reasons: 'Reasons',
    signedInAs: 'Signed in as',
    unnamed: 'name unknown',
    application: 'Application',
    time: 'Time',
    request: 'Request',
    signIn: 'Sign in again',
    stepUp: 'Confirm your identity',
    inTab: (label) => `${label} in a new tab`,
    again: 'Try again',
    askOwner: 'Ask the owner',
    requestAccess: 'Ask for access',
    requestAgain: 'Ask again',
    toRequest: 'View your request',
    emergency: 'Emergency access',
    askHere: 'You can ask for access here. An approver decides, and access is limited in time.',
    endedAt: 'Your access ended',
    endedEarly: 'Your access was ended early,',
    cut: 'All your open connections were closed at that moment.',
    pending: ['You asked for access', '. Your request has not been decided yet.'],
    askIt: 'Ask your IT department for access.',
    nothingSent: 'The data you just sent did not reach the application. Nothing was changed.',
    sendAgain:
      'Keep this page open and confirm in a new tab. Then reload this page: your browser asks whether to send the same once more, and does so when you agree.',
    toApps: 'My applications',
    openApp: (app) => `Open ${app}`,
    switchAccount: 'Use another account',
    opens: 'It opens',
    subject: (app) => `Access to ${app}`,
    mail: (app) => `I would like to use ${app}, but I do not have access:`,
    headings: {
      step: () => 'One more step',
      wait: (app) => `${app} is not open for you right now`,
      device: (app) => `${app} needs another device`,
      network: (app) => `${app} is not open from here`,
      origin: () => 'Stopped for your protection',
      ask: (app) => `You do not have access to ${app}`,
      ended: (app) => `Your access to ${app} has ended`,
      again: () => 'Just a moment',
    },
    leads: {
      step: (app) => `Sign in again to continue to ${app}.`,
      wait: () => 'Your access is limited to certain times.',
      device: () => 'Your account is fine, but your device does not meet the requirements of this application.',
      network: () => 'Your account is fine, but this application can only be used from certain networks.',
      origin: (app) => `You did nothing wrong. ${app} accepts only what its own pages send.`,
      ask: () => 'You are signed in, but this application is not open to you.',
      ended: () => 'It was granted to you for a limited time.',
      again: () => 'We cannot check everything that is needed for access at the moment.',
    },
    remedies: {
      sign_in: undefined,
      step_up: 'Confirm your second factor to continue.',
      request_access: 'Ask the owner of the application for access.',
      wait: undefined,
      use_other_device: 'Use a device managed by your IT department, or ask them to fix this one.',
      use_other_network: 'Connect from the office or through the VPN.',
      ask_owner: 'Ask the owner of the application for access.',
      try_again: undefined,
    },
  },
  de: {
    reasons: 'Gründe',
    signedInAs: 'Angemeldet als',
    unnamed: 'Name unbekannt',
    application: 'Anwendung',
    time: 'Zeit',
    request: 'Vorgang',
    signIn: 'Erneut anmelden',
    stepUp: 'Identität bestätigen',
    inTab: (label) => `${label} (neuer Tab)`,
    again: 'Erneut versuchen',
    askOwner: 'Verantwortliche fragen',
    requestAccess: 'Zugang beantragen',
    requestAgain: 'Erneut beantragen',
    toRequest: 'Ihren Antrag ansehen',
    emergency: 'Notfallzugang',
    askHere: 'Sie können hier Zugang beantragen. Über den Antrag wird entschieden, und der Zugang ist befristet.',
    endedAt: 'Ihr Zugang endete',
    endedEarly: 'Ihr Zugang wurde vorzeitig beendet,',
    cut: 'Alle offenen Verbindungen wurden in diesem Moment geschlossen.',
    pending: ['Sie haben Zugang beantragt,', '. Über Ihren Antrag ist noch nicht entschieden.'],
    askIt: 'Bitten Sie Ihre IT-Abteilung um Zugang.',
    nothingSent: 'Ihre eben gesendeten Daten haben die Anwendung nicht erreicht. Es wurde nichts geändert.',
    sendAgain:
      'Lassen Sie diese Seite geöffnet und bestätigen Sie in einem neuen Tab. Laden Sie diese Seite dann neu: Ihr Browser fragt, ob er dasselbe noch einmal senden soll, und tut es, wenn Sie zustimmen.',
    toApps: 'Meine Anwendungen',
    openApp: (app) => `${app} öffnen`,
    switchAccount: 'Anderes Konto verwenden',
    opens: 'Geöffnet ab:',
    subject: (app) => `Zugang zu ${app}`,
    mail: (app) => `ich möchte ${app} nutzen, habe aber keinen Zugang:`,
    headings: {
      step: () => 'Noch ein Schritt',
      wait: (app) => `${app} ist für Sie gerade nicht geöffnet`,
      device: (app) => `${app} verlangt ein anderes Gerät`,
      network: (app) => `${app} ist von hier aus nicht geöffnet`,
      origin: () => 'Zu Ihrem Schutz angehalten',
      ask: (app) => `Sie haben keinen Zugang zu ${app}`,
      ended: (app) => `Ihr Zugang zu ${app} ist abgelaufen`,
      again: () => 'Einen Moment bitte',
    },
    leads: {
      step: (app) => `Melden Sie sich erneut an, um zu ${app} zu gelangen.`,
      wait: () => 'Ihr Zugang gilt nur zu bestimmten Zeiten.',
      device: () =>
        'Mit Ihrem Konto ist alles in Ordnung, aber Ihr Gerät erfüllt die Anforderungen dieser Anwendung nicht.',
      network: () =>
        'Mit Ihrem Konto ist alles in Ordnung, aber diese Anwendung lässt sich nur aus bestimmten Netzen nutzen.',
      origin: (app) => `Sie haben nichts falsch gemacht. ${app} nimmt nur an, was eigene Seiten senden.`,
      ask: () => 'Sie sind angemeldet, aber diese Anwendung steht Ihnen nicht offen.',
      ended: () => 'Er war Ihnen für begrenzte Zeit gewährt.',
      again: () => 'Zurzeit lässt sich nicht alles prüfen, was für den Zugang nötig ist.',
    },
    remedies: {
      sign_in: undefined,
      step_up: 'Bestätigen Sie Ihren zweiten Faktor, um fortzufahren.',
      request_access: 'Bitten Sie die Verantwortlichen der Anwendung um Zugang.',
      wait: undefined,
      use_other_device:
        'Nutzen Sie ein von Ihrer IT-Abteilung verwaltetes Gerät, oder lassen Sie dieses dort in Ordnung bringen.',
      use_other_network: 'Verbinden Sie sich vom Büro aus oder über das VPN.',
      ask_owner: 'Bitten Sie die Verantwortlichen der Anwendung um Zugang.',
      try_again: undefined,
    },
  },
})
