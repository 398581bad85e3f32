// Wording of an invitation: the first mail to the person of a grant, who may never have heard of Einlass.

import type { Language } from '../../policy/messages/locale.ts'
import { fact, endOf, momentOf, quoted, type Message } from './message.ts'
import { textsIn } from './messages.ts'
import type { Notification } from './notification.ts'

export type Invited = Pick<
  Notification,
  'app' | 'level' | 'from' | 'until' | 'timeZone' | 'reason' | 'contract' | 'at' | 'invitation'
>

/** `timeZone`: of times; IANA name. */
export function invitationMessage(
  notice: Invited & { readonly invitation: NonNullable<Notification['invitation']> },
  language: Language,
  timeZone: string,
): Message {
  const say = words[language]
  const texts = textsIn(language)
  const { organisation, url, account, provider, ask } = notice.invitation
  const app = notice.app ?? texts.something
  const end = endOf(notice, language, timeZone)
  const later = notice.from !== undefined && notice.from > notice.at
  return {
    title: say.title(organisation, app),
    lead: [
      ask === undefined ? say.given(organisation, app) : say.givenBy(ask, organisation, app),
      end === undefined ? say.noEnd : say.until(end),
      say.signIn(account, provider),
    ].join(' '),
    facts: [
      ...fact(texts.labels.app, app),
      ...fact(say.address, url),
      ...fact(texts.labels.level, texts.levels[notice.level ?? ''] ?? notice.level),
      ...fact(texts.labels.from, later ? momentOf(notice.from!, language, timeZone) : undefined),
      ...fact(texts.labels.until, end),
      ...fact(say.account, say.accountAt(account, provider)),
      ...fact(say.ask, ask),
      ...fact(texts.labels.reason, quoted(notice.reason, texts)),
      ...fact(texts.labels.contract, quoted(notice.contract, texts)),
    ],
    link: { label: say.open(app), url },
    footer: ask === undefined ? say.footer : say.footerAsk(ask),
    language,
    urgent: false,
  }
}

const words = {
  en: {
    title: (organisation: string, app: string) => `${organisation}: you have access to ${app}`,
    given: (organisation: string, app: string) => `${organisation} gives you access to ${app}.`,
    givenBy: (who: string, organisation: string, app: string) =>
      `${who} of ${organisation} gives you access to ${app}.`,
    until: (end: string) => `You can use it until ${end}; it then ends by itself.`,
    noEnd: 'It has no end date.',
    signIn: (account: string, provider: string) =>
      `Open the address below and sign in at ${provider} with ${account}; you need no other account or password.`,
    address: 'Address',
    account: 'Sign in with',
    accountAt: (account: string, provider: string) => `${account} (${provider})`,
    ask: 'Ask',
    open: (app: string) => `Open ${app}`,
    footer: 'Sent by Einlass, which protects this application. We never ask for your password by mail.',
    footerAsk: (who: string) =>
      `Sent by Einlass, which protects this application. We never ask for your password by mail. You did not expect this? Tell ${who}.`,
  },
  de: {
    title: (organisation: string, app: string) => `${organisation}: Sie haben Zugang zu ${app}`,
    given: (organisation: string, app: string) => `${organisation} gibt Ihnen Zugang zu ${app}.`,
    givenBy: (who: string, organisation: string, app: string) =>
      `${who} von ${organisation} gibt Ihnen Zugang zu ${app}.`,
    until: (end: string) => `Sie können ihn bis ${end} nutzen; danach endet er von selbst.`,
    noEnd: 'Er ist unbefristet.',
    signIn: (account: string, provider: string) =>
      `Öffnen Sie die Adresse unten und melden Sie sich bei ${provider} mit ${account} an; Sie brauchen kein weiteres Konto und kein Passwort.`,
    address: 'Adresse',
    account: 'Anmelden mit',
    accountAt: (account: string, provider: string) => `${account} (${provider})`,
    ask: 'Fragen an',
    open: (app: string) => `${app} öffnen`,
    footer: 'Gesendet von Einlass, das diese Anwendung schützt. Wir fragen nie per Mail nach Ihrem Passwort.',
    footerAsk: (who: string) =>
      `Gesendet von Einlass, das diese Anwendung schützt. Wir fragen nie per Mail nach Ihrem Passwort. Sie haben das nicht erwartet? Sagen Sie ${who} Bescheid.`,
  },
} as const satisfies Record<Language, unknown>
