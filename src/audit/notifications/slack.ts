// Formats a message for a Slack incoming webhook (Block Kit), with all text from events escaped.

import type { Message } from './message.ts'

/** Request body as JSON. */
export function slackMessage(wording: Message): string {
  const { title, lead, facts, link, footer } = wording
  const blocks: object[] = [
    { type: 'section', text: escapeMarkdown(`*${escape(wording.urgent ? `⚠ ${title}` : title)}*`) },
    ...(lead === '' ? [] : [{ type: 'section', text: escapeMarkdown(escape(lead)) }]),
  ]
  // Each fact is a separate text, so that an asterisk in one does not affect another.
  for (let at = 0; at < facts.length; at += maxFields) {
    const fields = facts
      .slice(at, at + maxFields)
      .map(({ label, value }) => escapeMarkdown(`*${escape(label)}*\n${escape(value)}`))
    blocks.push({ type: 'section', fields })
  }
  if (link !== undefined) {
    const button = { type: 'button', text: { type: 'plain_text', text: link.label, emoji: false }, url: link.url }
    blocks.push({ type: 'actions', elements: [wording.urgent ? { ...button, style: 'danger' } : button] })
  }
  blocks.push({ type: 'context', elements: [escapeMarkdown(escape(footer))] })
  // `text` is shown in push notifications.
  return JSON.stringify({ text: truncate(escape(title)), blocks, unfurl_links: false, unfurl_media: false })
}

/** Fields per section. */
const maxFields = 10
/** Characters of one text after escaping; Slack rejects the whole message beyond 2000. */
const maxTextLength = 1900

/** `verbatim`: disables automatic links and mentions. */
function escapeMarkdown(text: string) {
  return { type: 'mrkdwn', text: truncate(text), verbatim: true }
}

/** Truncates, but not within an entity. */
function truncate(text: string): string {
  if (text.length <= maxTextLength) return text
  const cut = text.slice(0, maxTextLength).replace(/&[a-z]{0,3}$/, '')
  return `${cut.toWellFormed()}…`
}

/** Escapes the three characters that make links, mentions and commands (`<!channel>`, `<@U1>`, `<https://…|text>`). */
function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
