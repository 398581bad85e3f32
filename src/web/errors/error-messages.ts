// Texts of the error pages (not policy denials) in English and German.

import { texts } from '../kit/language.ts'

export type Kind =
  | 'not_found'
  | 'host_unknown'
  | 'method_not_allowed'
  | 'bad_request'
  | 'too_large'
  | 'foreign_form'
  | 'bad_gateway'
  | 'gateway_timeout'
  | 'store_unreachable'
  | 'incident'
  | 'session_ended'

export interface Words {
  home: string
  again: string
  owner: string
  signIn: string
  kinds: Record<Kind, { heading: string; lead: (name: string) => readonly string[] }>
}

export const words = texts<Words>({
  en: {
    home: 'My applications',
    again: 'Try again',
    owner: 'Write to the owner',
    signIn: 'Sign in again',
    kinds: {
      not_found: {
        heading: 'There is nothing here',
        lead: () => ['This address does not lead to a page. It may be misspelt or out of date.'],
      },
      host_unknown: {
        heading: 'There is nothing here',
        lead: () => ['Nothing is served under this address.'],
      },
      method_not_allowed: {
        heading: 'That is not possible here',
        lead: () => ['This page cannot be used in the way your browser or program tried.'],
      },
      bad_request: {
        heading: 'This request could not be read',
        lead: () => [
          'It is malformed or ambiguous, so it was not passed on. Nothing was changed.',
          'If a link brought you here, tell its author the request number below.',
        ],
      },
      too_large: {
        heading: 'That is too much at once',
        lead: () => ['What you sent is larger than it may be here, so it was not passed on as a whole.'],
      },
      foreign_form: {
        heading: 'This did not come from our page',
        lead: () => [
          'A form was sent to us that is not ours, or your browser does not say where it came from. For your protection nothing was done.',
        ],
      },
      bad_gateway: {
        heading: 'The application does not answer',
        lead: (name) => [
          `You have access, but ${name} cannot be reached at the moment.`,
          'Try again in a little while.',
        ],
      },
      gateway_timeout: {
        heading: 'The application takes too long',
        lead: (name) => [`You have access, but ${name} did not answer in time.`, 'Try again in a little while.'],
      },
      store_unreachable: {
        heading: 'Just a moment',
        lead: () => [
          'A part of this system does not answer, so nobody can be let in right now. You did nothing wrong.',
          'This usually passes by itself within a minute.',
        ],
      },
      incident: {
        heading: 'Something went wrong on our side',
        lead: () => [
          'You did nothing wrong, and you were not let through.',
          'If it happens again, tell your IT department the request number below: it leads them to the cause.',
        ],
      },
      session_ended: {
        heading: 'Your session ended while you worked',
        lead: (name) => [
          `What you just sent did not reach ${name}: nothing was saved and nothing was changed.`,
          'Go back to copy what you typed if you can, then sign in again.',
        ],
      },
    },
  },
  de: {
    home: 'Meine Anwendungen',
    again: 'Erneut versuchen',
    owner: 'Verantwortliche anschreiben',
    signIn: 'Neu anmelden',
    kinds: {
      not_found: {
        heading: 'Hier ist nichts',
        lead: () => ['Diese Adresse führt zu keiner Seite. Vielleicht ist sie falsch geschrieben oder veraltet.'],
      },
      host_unknown: {
        heading: 'Hier ist nichts',
        lead: () => ['Unter dieser Adresse gibt es kein Angebot.'],
      },
      method_not_allowed: {
        heading: 'Das geht hier nicht',
        lead: () => ['Diese Seite lässt sich so nicht benutzen, wie Ihr Browser oder Programm es versucht hat.'],
      },
      bad_request: {
        heading: 'Diese Anfrage war nicht lesbar',
        lead: () => [
          'Sie ist fehlerhaft oder mehrdeutig und wurde deshalb nicht weitergegeben. Es wurde nichts geändert.',
          'Hat Sie ein Link hierher geführt, nennen Sie bitte dessen Verfasser die Vorgangsnummer unten.',
        ],
      },
      too_large: {
        heading: 'Das ist zu viel auf einmal',
        lead: () => ['Was Sie gesendet haben, ist größer als hier erlaubt. Es wurde nicht als Ganzes weitergegeben.'],
      },
      foreign_form: {
        heading: 'Das kam nicht von unserer Seite',
        lead: () => [
          'Das gesendete Formular ist nicht unseres, oder Ihr Browser sagt nicht, woher es kam. Zu Ihrem Schutz ist nichts geschehen.',
        ],
      },
      bad_gateway: {
        heading: 'Die Anwendung antwortet nicht',
        lead: (name) => [
          `Sie haben Zugang, aber ${name} ist im Moment nicht zu erreichen.`,
          'Versuchen Sie es bitte gleich noch einmal.',
        ],
      },
      gateway_timeout: {
        heading: 'Die Anwendung braucht zu lange',
        lead: (name) => [
          `Sie haben Zugang, aber ${name} hat nicht rechtzeitig geantwortet.`,
          'Versuchen Sie es bitte gleich noch einmal.',
        ],
      },
      store_unreachable: {
        heading: 'Einen Augenblick bitte',
        lead: () => [
          'Ein Teil dieses Systems antwortet nicht, deshalb wird gerade niemand eingelassen. Sie haben nichts falsch gemacht.',
          'Meist ist das nach einer Minute von selbst vorbei.',
        ],
      },
      incident: {
        heading: 'Bei uns ist etwas schiefgegangen',
        lead: () => [
          'Sie haben nichts falsch gemacht, und Sie wurden nicht durchgelassen.',
          'Geschieht es wieder, nennen Sie Ihrer IT-Abteilung bitte die Vorgangsnummer unten: Sie führt zur Ursache.',
        ],
      },
      session_ended: {
        heading: 'Ihre Sitzung endete während der Arbeit',
        lead: (name) => [
          `Was Sie eben gesendet haben, ist bei ${name} nicht angekommen: Es wurde nichts gespeichert und nichts geändert.`,
          'Gehen Sie wenn möglich zurück, um Ihren Text zu kopieren, und melden Sie sich dann neu an.',
        ],
      },
    },
  },
})
