// The organisation in mails: its name as the sender's, and name and support at the end of each.

import type { MailSettings } from '../../config/audit-settings.ts'
import type { OrganisationSettings } from '../../config/organisation-settings.ts'
import { productName } from '../../config/organisation-settings.ts'
import type { Language } from '../../policy/messages/locale.ts'

export type Sender = Pick<OrganisationSettings, 'name' | 'support'>

/** A name that the mail settings state comes first. The organisation's is text of the configuration without line breaks. */
export function senderOf(from: MailSettings['from'], sender: Sender | undefined): MailSettings['from'] {
  return from.name === '' && isOwn(sender) ? { ...from, name: sender.name } : from
}

/** `footer`: that of the message. */
export function signed<Wording extends { readonly footer: string; readonly language: Language }>(
  wording: Wording,
  sender: Sender | undefined,
): Wording {
  if (!isOwn(sender)) return wording
  const { mail, phone, url } = sender.support
  const ways = [mail, phone, url].filter((way) => way !== undefined).join(', ')
  const line = ways === '' ? `${sender.name}.` : `${sender.name} · ${questions[wording.language]}: ${ways}.`
  return { ...wording, footer: `${line} ${wording.footer}` }
}

function isOwn(sender: Sender | undefined): sender is Sender {
  return sender !== undefined && sender.name !== productName
}

const questions: Readonly<Record<Language, string>> = { en: 'Questions', de: 'Fragen' }
