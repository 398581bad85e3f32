// Texts of the sign-in page in English and German.

import { texts } from '../kit/language.ts'

export interface Words {
  title: string
  toOpen: string
  toContinue: string
  providers: string
  or: string
  email: string
  go: string
  unknownEmail: string
  again: string
  toApps: string
  sealed: string
}

export const words = texts<Words>({
  en: {
    title: 'Sign in',
    toOpen: 'to open',
    toContinue: 'to see your applications',
    providers: 'Ways to sign in',
    or: 'or choose',
    email: 'Work e-mail address',
    go: 'Continue',
    unknownEmail: 'No sign-in is set up for this address. Check the spelling, or choose a service below.',
    again: 'Try again',
    toApps: 'My applications',
    sealed: 'Use an emergency code',
  },
  de: {
    title: 'Anmelden',
    toOpen: 'für die Anwendung',
    toContinue: 'um Ihre Anwendungen zu sehen',
    providers: 'Wege zur Anmeldung',
    or: 'oder wählen Sie',
    email: 'Dienstliche E-Mail-Adresse',
    go: 'Weiter',
    unknownEmail:
      'Für diese Adresse ist keine Anmeldung eingerichtet. Prüfen Sie die Schreibweise, oder wählen Sie unten einen Dienst.',
    again: 'Erneut versuchen',
    toApps: 'Meine Anwendungen',
    sealed: 'Notfallcode verwenden',
  },
})
