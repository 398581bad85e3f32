// Texts of the pages on which guests sign in with a code by mail, in English and German.

import { html, type Html } from '../kit/html.ts'
import { texts } from '../kit/language.ts'

export interface Words {
  way: string
  title: string
  lead: string
  stepUpLead: string
  email: string
  emailHint: string
  malformed: string
  send: string
  otherWay: string
  codeTitle: string
  sent: (email: string) => Html
  wait: string
  code: string
  codeHint: string
  signIn: string
  again: string
  otherAddress: string
  never: string
  none: string
  mistakes: {
    wrong: (left: number) => string
    spent: string
    no_access: string
  }
}

export const words = texts<Words>({
  en: {
    way: 'With a code by mail',
    title: 'Sign in with a code by mail',
    lead: 'For people without an account here who were given access, or have asked for it.',
    stepUpLead: 'Your sign-in was a while ago. A new code confirms that it is still you.',
    email: 'Your e-mail address',
    emailHint: 'The one that was entered for your access.',
    malformed: 'Please enter one e-mail address, such as kim@example.com.',
    send: 'Send the code',
    otherWay: 'Other ways to sign in',
    codeTitle: 'Enter the code',
    sent: (email) => html`If <strong>${email}</strong> has access here, a code is on its way to it.`,
    wait: 'That can take a minute or two. The code is valid for 10 minutes, in this browser only.',
    code: 'Code from the mail',
    codeHint: 'Ten digits. Blanks do not matter.',
    signIn: 'Sign in',
    again: 'Send a new code',
    otherAddress: 'Use another address',
    never: 'We never ask for this code by phone, in a chat or by mail. Enter it on this page only.',
    none: 'No mail? Look in the spam folder, and ask the person who invited you which address they entered and until when your access lasts.',
    mistakes: {
      wrong: (left) => `This is not the code. ${left === 1 ? 'One more try' : `${left} more tries`}.`,
      spent: 'This code is used up or no longer valid. Please send a new one.',
      no_access: 'Your access has ended. Ask the person who invited you for more time.',
    },
  },
  de: {
    way: 'Mit einem Code per E-Mail',
    title: 'Mit einem Code per E-Mail anmelden',
    lead: 'Für alle, die hier kein Konto haben und einen Zugang bekommen oder beantragt haben.',
    stepUpLead: 'Ihre Anmeldung ist eine Weile her. Ein neuer Code bestätigt, dass noch immer Sie es sind.',
    email: 'Ihre E-Mail-Adresse',
    emailHint: 'Die Adresse, die für Ihren Zugang eingetragen wurde.',
    malformed: 'Bitte geben Sie eine E-Mail-Adresse ein, zum Beispiel kim@example.com.',
    send: 'Code senden',
    otherWay: 'Andere Wege zur Anmeldung',
    codeTitle: 'Code eingeben',
    sent: (email) => html`Wenn <strong>${email}</strong> hier Zugang hat, ist ein Code dorthin unterwegs.`,
    wait: 'Das kann ein, zwei Minuten dauern. Der Code gilt 10 Minuten, nur in diesem Browser.',
    code: 'Code aus der E-Mail',
    codeHint: 'Zehn Ziffern. Leerzeichen spielen keine Rolle.',
    signIn: 'Anmelden',
    again: 'Neuen Code senden',
    otherAddress: 'Andere Adresse verwenden',
    never:
      'Wir fragen nie am Telefon, im Chat oder per E-Mail nach diesem Code. Geben Sie ihn nur auf dieser Seite ein.',
    none: 'Keine E-Mail? Sehen Sie im Spam-Ordner nach, und fragen Sie die Person, die Sie eingeladen hat, welche Adresse sie eingetragen hat und bis wann Ihr Zugang gilt.',
    mistakes: {
      wrong: (left) => `Das ist nicht der Code. Noch ${left === 1 ? 'ein Versuch' : `${left} Versuche`}.`,
      spent: 'Dieser Code ist verbraucht oder nicht mehr gültig. Bitte lassen Sie sich einen neuen senden.',
      no_access: 'Ihr Zugang ist beendet. Bitten Sie die Person, die Sie eingeladen hat, um mehr Zeit.',
    },
  },
})
