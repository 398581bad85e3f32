// Slack incoming webhook: blocks, in which nothing from an event is markup.

import type { Message } from './message.ts'

/** The body to post. */
export function slackMessage(wording: Message): string {
  const { title, lead, facts, link, footer } = wording
  const blocks: object[] = [
    { type: 'section', text: escapeMarkdown(`*${escape(wording.urgent ? `⚠ ${title}` : title)}*`) },
    ...(lead === '' ? [] : [{ type: 'section', text: escapeMarkdown(escape(lead)) }]),
  ]
  // Each fact is a text of its own: an asterisk in one ends with it.
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
  // `text` is what notifications show.
  return JSON.stringify({ text: truncate(escape(title)), blocks, unfurl_links: false, unfurl_media: false })
}

/** Of one section. */
const maxFields = 10
/** Of one text in a field, after escaping; Slack refuses the whole message otherwise. */
const maxTextLength = 1900

/** `verbatim`: no address becomes a link and no name a mention by itself. */
function escapeMarkdown(text: string) {
  return { type: 'mrkdwn', text: truncate(text), verbatim: true }
}

/** Cut, if need be, but not in the middle of an entity. */
function truncate(text: string): string {
  if (text.length <= maxTextLength) return text
  const cut = text.slice(0, maxTextLength).replace(/&[a-z]{0,3}$/, '')
  return `${cut.toWellFormed()}…`
}

/** The three characters that make links, mentions and commands (`<!channel>`, `<@U1>`, `<https://…|text>`). */
function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
