// Texts of the mails to guests in English and German: the one-time code, and that a passkey was added.

import { dateAndTime, locales, type Language } from '../../policy/messages/locale.ts'
import type { Message } from './message.ts'
import { oneLine } from './sanitize.ts'

export interface CodeMail {
  /** Ten digits. */
  readonly code: string
  /** Host of the gateway, where the code is entered. */
  readonly host: string
  /** Epoch milliseconds. */
  readonly askedAt: number
  /** Minutes the code is valid. */
  readonly minutes: number
  /** Address of the client that asked; undefined: unknown. */
  readonly client: string | undefined
  readonly access: readonly Invitation[]
}

/** What a guest has access to. */
export interface Invitation {
  /** Title of the application. */
  readonly app: string
  /** E-mail address of the sponsor. */
  readonly sponsor: string | undefined
  /** Epoch milliseconds; undefined: no end, or not decided yet. */
  readonly until: number | undefined
}

export interface PasskeyMail {
  readonly host: string
  /** Epoch milliseconds. */
  readonly at: number
  readonly client: string | undefined
}

type Mail = [subject: string, wording: Message]

/** Applications named in a mail. */
const maxNamed = 5

export function codeMessage(mail: CodeMail, language: Language, timeZone: string): Mail {
  const say = words[language]
  const time = (at: number): string =>
    new Intl.DateTimeFormat(locales[language], { weekday: 'short', ...dateAndTime, timeZone }).format(at)
  const invitations = mail.access.slice(0, maxNamed).map(({ app, sponsor, until }) => ({
    label: say.access,
    value: say.invitation(oneLine(app) ?? '', oneLine(sponsor), until === undefined ? undefined : time(until)),
  }))
  const wording: Message = {
    title: `${mail.code.slice(0, 5)} ${mail.code.slice(5)}`,
    lead: say.codeLead(mail.minutes),
    facts: [
      { label: say.page, value: mail.host },
      ...invitations,
      { label: say.asked, value: time(mail.askedAt) },
      ...(mail.client === undefined ? [] : [{ label: say.from, value: mail.client }]),
    ],
    link: undefined,
    footer: say.codeFooter,
    language,
    urgent: false,
  }
  return [say.codeSubject(mail.host), wording]
}

export function passkeyMessage(mail: PasskeyMail, language: Language, timeZone: string): Mail {
  const say = words[language]
  const at = new Intl.DateTimeFormat(locales[language], { weekday: 'short', ...dateAndTime, timeZone }).format(mail.at)
  const title = say.passkeySubject(mail.host)
  const wording: Message = {
    title,
    lead: say.passkeyLead,
    facts: [
      { label: say.page, value: mail.host },
      { label: say.asked, value: at },
      ...(mail.client === undefined ? [] : [{ label: say.from, value: mail.client }]),
    ],
    link: undefined,
    footer: say.passkeyFooter,
    language,
    urgent: false,
  }
  return [title, wording]
}

interface Words {
  readonly codeSubject: (host: string) => string
  readonly codeLead: (minutes: number) => string
  readonly codeFooter: string
  readonly page: string
  readonly access: string
  readonly asked: string
  readonly from: string
  readonly invitation: (app: string, sponsor: string | undefined, until: string | undefined) => string
  readonly passkeySubject: (host: string) => string
  readonly passkeyLead: string
  readonly passkeyFooter: string
}

const words: Readonly<Record<Language, Words>> = {
  en: {
    codeSubject: (host) => `Your code for ${host}`,
    codeLead: (minutes) =>
      `This is your code. Type it into the page where you asked for it, in the same browser. It is valid for ${minutes} minutes and works once.`,
    codeFooter:
      'We never ask for this code by phone, in a chat or by mail, and nobody else needs it. If you did not ask for it, do nothing: without the code nobody can sign in.',
    page: 'Only at',
    access: 'For',
    asked: 'Asked for',
    from: 'From the address',
    invitation: (app, sponsor, until) =>
      `${app}${sponsor === undefined ? '' : `, invited by ${sponsor}`}${until === undefined ? '' : `, until ${until}`}`,
    passkeySubject: (host) => `A passkey was added for ${host}`,
    passkeyLead: 'From now on it confirms your sign-in there, beside the code by mail.',
    passkeyFooter:
      'If you did not add it, tell the person who invited you at once. We never ask for a code or a passkey by phone, in a chat or by mail.',
  },
  de: {
    codeSubject: (host) => `Ihr Code für ${host}`,
    codeLead: (minutes) =>
      `Das ist Ihr Code. Tippen Sie ihn auf der Seite ein, auf der Sie ihn angefordert haben, im selben Browser. Er gilt ${minutes} Minuten und einmal.`,
    codeFooter:
      'Wir fragen nie am Telefon, im Chat oder per E-Mail nach diesem Code, und niemand sonst braucht ihn. Haben Sie ihn nicht angefordert, müssen Sie nichts tun: Ohne den Code kann sich niemand anmelden.',
    page: 'Nur auf',
    access: 'Für',
    asked: 'Angefordert',
    from: 'Von der Adresse',
    invitation: (app, sponsor, until) =>
      `${app}${sponsor === undefined ? '' : `, eingeladen von ${sponsor}`}${until === undefined ? '' : `, bis ${until}`}`,
    passkeySubject: (host) => `Ein Passkey für ${host} wurde hinzugefügt`,
    passkeyLead: 'Ab jetzt bestätigt er dort Ihre Anmeldung, neben dem Code per E-Mail.',
    passkeyFooter:
      'Haben Sie ihn nicht hinzugefügt, sagen Sie es sofort der Person, die Sie eingeladen hat. Wir fragen nie am Telefon, im Chat oder per E-Mail nach einem Code oder Passkey.',
  },
}
