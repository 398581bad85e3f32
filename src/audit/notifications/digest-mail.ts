// Formats several messages to one recipient as one mail: what awaits a decision first, each with its facts and its link.

import { escapeHtml } from '../../http/escape-html.ts'
import type { Language } from '../../policy/messages/locale.ts'
import type { Message } from './message.ts'
import type { Notification } from './notification.ts'

export interface MailContent {
  /** Without text of users, who must not choose a subject. */
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly headers: Readonly<Record<string, string>>
  readonly references?: string
  readonly priority?: 'high'
}

/** `notices` and `messages`: the same, in the same order; two at least. */
export function digestMail(
  notices: readonly Notification[],
  messages: readonly Message[],
  language: Language,
): MailContent {
  const say = words[language]
  const toDecide = notices.filter(awaitsDecision).length
  const subject = say.subject(messages.length, toDecide)
  const order = notices
    .map((notice, at) => ({ first: awaitsDecision(notice), message: messages[at]! }))
    .toSorted((one, other) => Number(other.first) - Number(one.first))
    .map(({ message }) => message)
  const footer = messages.find(({ link }) => link !== undefined)?.footer ?? messages[0]!.footer
  return {
    subject,
    text: plainDigest(subject, say.lead, order, footer),
    html: htmlDigest(subject, say.lead, order, footer, language),
    headers: { 'X-Einlass-Events': String(messages.length) },
  }
}

function awaitsDecision({ kind, activity, emergency }: Notification): boolean {
  return kind === 'request' && !emergency && (activity === 'opened' || activity === 'supported')
}

function plainDigest(subject: string, lead: string, messages: readonly Message[], footer: string): string {
  const each = messages.map(({ title, facts, link }, at) => {
    const lines = facts.map(({ label, value }) => `   ${label}: ${value}`)
    return [`${at + 1}. ${title}`, ...lines, ...(link === undefined ? [] : [`   ${link.url}`])].join('\n')
  })
  // RFC 3676 section 4.3: where the signature begins.
  return [subject, lead, ...each, `-- \n${footer}\n`].join('\n\n')
}

function htmlDigest(
  subject: string,
  lead: string,
  messages: readonly Message[],
  footer: string,
  language: Language,
): string {
  const each = messages.map(({ title, facts, link }) => {
    const text = facts.map(({ label, value }) => `${escapeHtml(label)}: ${escapeHtml(value)}`).join('<br>')
    const more = link && `<br><a href="${escapeHtml(link.url)}">${escapeHtml(link.label)}</a>`
    return `<li style="margin:0 0 14px"><strong>${escapeHtml(title)}</strong><br><span style="color:#555">${text}</span>${more ?? ''}</li>`
  })
  return [
    `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><title>${escapeHtml(subject)}</title></head>`,
    '<body style="font-family:system-ui,sans-serif;font-size:15px;line-height:1.5;color:#1a1a1a">',
    `<h1 style="font-size:19px;margin:0 0 8px">${escapeHtml(subject)}</h1>`,
    `<p style="margin:0 0 12px">${escapeHtml(lead)}</p>`,
    `<ol style="padding-left:22px">${each.join('')}</ol>`,
    `<p style="margin:24px 0 0;font-size:13px;color:#555">${escapeHtml(footer)}</p>`,
    '</body></html>',
  ].join('\n')
}

const words = {
  en: {
    subject: (count: number, toDecide: number) =>
      toDecide === 0 ? `${count} notifications` : `${count} notifications, ${toDecide} to decide`,
    lead: 'They came within a minute, so they are one mail.',
  },
  de: {
    subject: (count: number, toDecide: number) =>
      toDecide === 0 ? `${count} Benachrichtigungen` : `${count} Benachrichtigungen, ${toDecide} zu entscheiden`,
    lead: 'Sie kamen innerhalb einer Minute, deshalb in einer Mail.',
  },
} as const satisfies Record<Language, unknown>
