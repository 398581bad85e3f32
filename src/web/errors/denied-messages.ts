// Texts of the access denied page in English and German.

import { texts, type Language } from '../kit/language.ts'
import type { Remedy } from '../../policy/decision.ts'

/** Category of the denial, for heading, lead and icon. */
export type Kind = 'step' | 'wait' | 'device' | 'network' | 'ask' | 'ended' | 'again'

export interface Words {
  reasons: string
  signedInAs: string
  unnamed: string
  application: string
  time: string
  request: string
  signIn: string
  stepUp: string
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
  toApps: string
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
    unnamed: 'a person without a name',
    application: 'Application',
    time: 'Time',
    request: 'Request',
    signIn: 'Sign in again',
    stepUp: 'Confirm it is you',
    again: 'Try again',
    askOwner: 'Ask the owner',
    requestAccess: 'Ask for access',
    requestAgain: 'Ask again',
    toRequest: 'Look at your request',
    emergency: 'Emergency access',
    askHere: 'You can ask for access here. Somebody decides, and it ends by itself.',
    endedAt: 'Your access ended',
    endedEarly: 'Your access was ended early,',
    cut: 'Whatever was open because of it was closed at that moment.',
    pending: ['You asked for access', '. Nobody has decided yet.'],
    askIt: 'Ask your IT department for access.',
    nothingSent: 'What you just sent did not arrive. Nothing was changed.',
    toApps: 'My applications',
    switchAccount: 'Use another account',
    opens: 'It opens',
    subject: (app) => `Access to ${app}`,
    mail: (app) => `I would like to use ${app}, but was not let in:`,
    headings: {
      step: () => 'One more step',
      wait: (app) => `${app} is not open for you right now`,
      device: (app) => `${app} needs another device`,
      network: (app) => `${app} is not open from here`,
      ask: (app) => `You do not have access to ${app}`,
      ended: (app) => `Your access to ${app} has ended`,
      again: () => 'Just a moment',
    },
    leads: {
      step: (app) => `You can go on to ${app} as soon as you have signed in once more.`,
      wait: () => 'Your access is limited to certain times.',
      device: () => 'You are known here, but the device you use does not meet what this application asks for.',
      network: () => 'You are known here, but this application is open from certain networks only.',
      ask: () => 'You are signed in, but this application is not open to you.',
      ended: () => 'It was granted to you for a limited time.',
      again: () => 'Something we need to know to let you in cannot be found out at the moment.',
    },
    remedies: {
      sign_in: undefined,
      step_up: 'Confirm your second factor to go on.',
      request_access: 'Ask the owner of the application for access.',
      wait: undefined,
      use_other_device: 'Use a device that your IT department manages, or ask them to mend this one.',
      use_other_network: 'Connect from the office or by VPN.',
      ask_owner: 'Ask the owner of the application for access.',
      try_again: undefined,
    },
  },
  de: {
    reasons: 'Gründe',
    signedInAs: 'Angemeldet als',
    unnamed: 'eine Person ohne Namen',
    application: 'Anwendung',
    time: 'Zeit',
    request: 'Vorgang',
    signIn: 'Neu anmelden',
    stepUp: 'Identität bestätigen',
    again: 'Erneut versuchen',
    askOwner: 'Verantwortliche fragen',
    requestAccess: 'Zugang beantragen',
    requestAgain: 'Neu beantragen',
    toRequest: 'Ihren Antrag ansehen',
    emergency: 'Notfallzugang',
    askHere: 'Sie können hier Zugang beantragen. Jemand entscheidet, und er endet von selbst.',
    endedAt: 'Ihr Zugang endete',
    endedEarly: 'Ihr Zugang wurde vorzeitig beendet,',
    cut: 'Was durch ihn offen war, wurde in diesem Moment geschlossen.',
    pending: ['Sie haben Zugang beantragt,', '. Noch hat niemand entschieden.'],
    askIt: 'Bitten Sie Ihre IT-Abteilung um Zugang.',
    nothingSent: 'Was Sie eben gesendet haben, ist nicht angekommen. Es wurde nichts geändert.',
    toApps: 'Meine Anwendungen',
    switchAccount: 'Anderes Konto verwenden',
    opens: 'Geöffnet ab:',
    subject: (app) => `Zugang zu ${app}`,
    mail: (app) => `ich möchte ${app} benutzen, wurde aber nicht eingelassen:`,
    headings: {
      step: () => 'Noch ein Schritt',
      wait: (app) => `${app} ist für Sie gerade nicht geöffnet`,
      device: (app) => `${app} verlangt ein anderes Gerät`,
      network: (app) => `${app} ist von hier aus nicht geöffnet`,
      ask: (app) => `Sie haben keinen Zugang zu ${app}`,
      ended: (app) => `Ihr Zugang zu ${app} ist abgelaufen`,
      again: () => 'Einen Augenblick bitte',
    },
    leads: {
      step: (app) => `Sobald Sie sich noch einmal angemeldet haben, geht es weiter zu ${app}.`,
      wait: () => 'Ihr Zugang gilt nur zu bestimmten Zeiten.',
      device: () => 'Sie sind hier bekannt, aber Ihr Gerät erfüllt nicht, was diese Anwendung verlangt.',
      network: () => 'Sie sind hier bekannt, aber diese Anwendung ist nur aus bestimmten Netzen geöffnet.',
      ask: () => 'Sie sind angemeldet, aber diese Anwendung steht Ihnen nicht offen.',
      ended: () => 'Er war Ihnen auf Zeit gewährt.',
      again: () => 'Etwas, das wir wissen müssen, um Sie einzulassen, ist im Moment nicht festzustellen.',
    },
    remedies: {
      sign_in: undefined,
      step_up: 'Bestätigen Sie Ihren zweiten Faktor, um fortzufahren.',
      request_access: 'Bitten Sie die Verantwortlichen der Anwendung um Zugang.',
      wait: undefined,
      use_other_device:
        'Benutzen Sie ein von Ihrer IT-Abteilung verwaltetes Gerät, oder lassen Sie dieses dort in Ordnung bringen.',
      use_other_network: 'Verbinden Sie sich aus dem Büro oder über das VPN.',
      ask_owner: 'Bitten Sie die Verantwortlichen der Anwendung um Zugang.',
      try_again: undefined,
    },
  },
})
