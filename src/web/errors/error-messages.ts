// Texts of the error pages (not policy denials) in English and German.

import { texts } from '../kit/language.ts'
import { unsent, type Unsent } from './unsent-messages.ts'

export type Kind =
  | 'not_found'
  | 'host_unknown'
  | 'method_not_allowed'
  | 'method_not_accepted'
  | 'bad_request'
  | 'bad_target'
  | 'ambiguous_path'
  | 'too_large'
  | 'too_many_cookies'
  | 'headers_refused'
  | 'foreign_form'
  | 'bad_gateway'
  | 'gateway_timeout'
  | 'store_unreachable'
  | 'incident'
  | Unsent

/** What a text names besides the application. */
export type ErrorParameters = Readonly<Record<string, string>>

export interface Words {
  home: string
  again: string
  owner: string
  /** Names the setting of a limit that was exceeded. */
  setting: (key: string, value: string) => string
  signInTab: string
  open: (app: string) => string
  kinds: Record<Kind, { heading: string; lead: (name: string, about: ErrorParameters) => readonly string[] }>
}

export const words = texts<Words>({
  en: {
    home: 'My applications',
    again: 'Try again',
    owner: 'Write to the owner',
    setting: (key, value) => `For administrators: ${key} sets this limit, at present ${value}.`,
    signInTab: 'Sign in in a new tab',
    open: (app) => `Open ${app}`,
    kinds: {
      not_found: {
        heading: 'There is nothing here',
        lead: () => ['There is no page at this address. It may be mistyped or out of date.'],
      },
      host_unknown: {
        heading: 'There is nothing here',
        lead: () => ['There is no website at this address.'],
      },
      method_not_allowed: {
        heading: 'That is not possible here',
        lead: () => ['This page does not support the method your browser or program used.'],
      },
      method_not_accepted: {
        heading: 'The application is not open for this kind of access',
        lead: (name, { method = '', key = '' }) => [
          `Your program sent ${method}, which is not forwarded to ${name}. Nothing was changed.`,
          `If you need it, please ask your IT department. For administrators: ${key} lists the methods the application accepts.`,
        ],
      },
      bad_request: {
        heading: 'This request could not be understood',
        lead: () => [
          'It is malformed or ambiguous, so it was not forwarded. Nothing was changed.',
          'If you followed a link, please give its author the request number below.',
        ],
      },
      bad_target: {
        heading: 'This address cannot be forwarded',
        lead: (octet) => [
          `It contains ${octet} where no address may have it, so it was not forwarded. Nothing was changed.`,
          'If you followed a link, please give its author the request number below.',
        ],
      },
      ambiguous_path: {
        heading: 'This address can be read in two ways',
        lead: (octet) => [
          `It contains ${octet}, which servers read differently, in a place where the access rules of this application look at the path. So it was not forwarded. Nothing was changed.`,
          'Your IT department can find the rule in the log by the request number below, and change it or set `paths: verbatim` for this application.',
        ],
      },
      too_large: {
        heading: 'The upload is too large',
        lead: () => ['Your upload exceeds the size limit, so it was not forwarded completely.'],
      },
      too_many_cookies: {
        heading: 'Your browser sent too many cookies',
        lead: () => [
          'Another website of this organisation stored so many that nothing here can be opened. They have been deleted now.',
          'Try again; you will have to sign in once more.',
        ],
      },
      headers_refused: {
        heading: 'The application cannot take this request',
        lead: (name) => [
          `You have access, but what goes along with your request, such as your groups and cookies, is more than ${name} accepts.`,
          'You cannot change that yourself. Please give your IT department the request number below.',
        ],
      },
      foreign_form: {
        heading: 'This form did not come from our page',
        lead: () => [
          'The form was sent from another website, or your browser did not say where it came from. For your protection nothing was done.',
        ],
      },
      bad_gateway: {
        heading: 'The application is not responding',
        lead: (name) => [
          `You have access, but ${name} cannot be reached at the moment.`,
          'Please try again in a moment.',
        ],
      },
      gateway_timeout: {
        heading: 'The application takes too long',
        lead: (name) => [`You have access, but ${name} did not respond in time.`, 'Please try again in a moment.'],
      },
      store_unreachable: {
        heading: 'Just a moment',
        lead: () => [
          'A part of this system is not responding, so access is not possible right now. You did nothing wrong.',
          'This usually resolves itself within a minute.',
        ],
      },
      incident: {
        heading: 'Something went wrong on our side',
        lead: () => [
          'You did nothing wrong. Your request was not forwarded.',
          'If it happens again, please give your IT department the request number below so that they can find the cause.',
        ],
      },
      ...unsent.en,
    },
  },
  de: {
    home: 'Meine Anwendungen',
    again: 'Erneut versuchen',
    owner: 'Verantwortliche anschreiben',
    setting: (key, value) => `Für die Administration: ${key} bestimmt diese Grenze, zurzeit ${value}.`,
    signInTab: 'In neuem Tab anmelden',
    open: (app) => `${app} öffnen`,
    kinds: {
      not_found: {
        heading: 'Hier ist nichts',
        lead: () => ['Unter dieser Adresse gibt es keine Seite. Vielleicht ist sie falsch geschrieben oder veraltet.'],
      },
      host_unknown: {
        heading: 'Hier ist nichts',
        lead: () => ['Unter dieser Adresse gibt es keine Website.'],
      },
      method_not_allowed: {
        heading: 'Das geht hier nicht',
        lead: () => ['Diese Seite unterstützt die Methode nicht, die Ihr Browser oder Programm verwendet hat.'],
      },
      method_not_accepted: {
        heading: 'Die Anwendung ist für diese Art von Zugriff nicht geöffnet',
        lead: (name, { method = '', key = '' }) => [
          `Ihr Programm hat ${method} gesendet; das wird nicht an ${name} weitergeleitet. Es wurde nichts geändert.`,
          `Wenn Sie es brauchen, wenden Sie sich bitte an Ihre IT-Abteilung. Für Administratoren: ${key} nennt die Methoden, die die Anwendung annimmt.`,
        ],
      },
      bad_request: {
        heading: 'Diese Anfrage war nicht verständlich',
        lead: () => [
          'Sie ist fehlerhaft oder mehrdeutig und wurde deshalb nicht weitergeleitet. Es wurde nichts geändert.',
          'Wenn Sie einem Link gefolgt sind, nennen Sie bitte dessen Verfasser die Vorgangsnummer unten.',
        ],
      },
      bad_target: {
        heading: 'Diese Adresse kann nicht weitergeleitet werden',
        lead: (octet) => [
          `Sie enthält ${octet} an einer Stelle, an der keine Adresse es haben darf, und wurde deshalb nicht weitergeleitet. Es wurde nichts geändert.`,
          'Wenn Sie einem Link gefolgt sind, nennen Sie bitte dessen Verfasser die Vorgangsnummer unten.',
        ],
      },
      ambiguous_path: {
        heading: 'Diese Adresse lässt sich auf zwei Arten lesen',
        lead: (octet) => [
          `Sie enthält ${octet}, was Server verschieden lesen, an einer Stelle, an der die Zugangsregeln dieser Anwendung auf den Pfad achten. Deshalb wurde sie nicht weitergeleitet. Es wurde nichts geändert.`,
          'Ihre IT-Abteilung findet die Regel im Protokoll unter der Vorgangsnummer unten und kann sie ändern oder für diese Anwendung `paths: verbatim` setzen.',
        ],
      },
      too_large: {
        heading: 'Der Upload ist zu groß',
        lead: () => ['Ihr Upload überschreitet die erlaubte Größe und wurde nicht vollständig weitergeleitet.'],
      },
      too_many_cookies: {
        heading: 'Ihr Browser hat zu viele Cookies gesendet',
        lead: () => [
          'Eine andere Website dieser Organisation hat so viele gespeichert, dass sich hier nichts mehr öffnen ließ. Sie wurden jetzt gelöscht.',
          'Versuchen Sie es erneut; Sie müssen sich dann noch einmal anmelden.',
        ],
      },
      headers_refused: {
        heading: 'Die Anwendung kann diese Anfrage nicht annehmen',
        lead: (name) => [
          `Sie haben Zugang, aber was mit Ihrer Anfrage mitgeschickt wird, etwa Ihre Gruppen und Cookies, ist mehr, als ${name} annimmt.`,
          'Sie selbst können das nicht ändern. Nennen Sie Ihrer IT-Abteilung bitte die Vorgangsnummer unten.',
        ],
      },
      foreign_form: {
        heading: 'Dieses Formular kam nicht von unserer Seite',
        lead: () => [
          'Das Formular wurde von einer anderen Website gesendet, oder Ihr Browser hat die Herkunft nicht angegeben. Zu Ihrem Schutz ist nichts geschehen.',
        ],
      },
      bad_gateway: {
        heading: 'Die Anwendung antwortet nicht',
        lead: (name) => [
          `Sie haben Zugang, aber ${name} ist zurzeit nicht erreichbar.`,
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
        heading: 'Einen Moment bitte',
        lead: () => [
          'Ein Teil dieses Systems antwortet nicht, deshalb ist zurzeit kein Zugang möglich. Sie haben nichts falsch gemacht.',
          'Meist behebt sich das innerhalb einer Minute von selbst.',
        ],
      },
      incident: {
        heading: 'Bei uns ist etwas schiefgegangen',
        lead: () => [
          'Sie haben nichts falsch gemacht. Ihre Anfrage wurde nicht weitergeleitet.',
          'Wenn es wieder geschieht, nennen Sie Ihrer IT-Abteilung bitte die Vorgangsnummer unten, damit sie die Ursache finden kann.',
        ],
      },
      ...unsent.de,
    },
  },
})
