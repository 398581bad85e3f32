// Microsoft Teams: an Adaptive Card for the webhook of a workflow (Power Automate, "when a Teams webhook request is
// received"). The connectors of Office 365, which took other cards, are retired.

import type { Message } from './message.ts'

/** The body to post. */
export function teamsMessage(wording: Message): string {
  const { title, lead, facts, link, footer } = wording
  const body = [
    richText([{ text: title, size: 'Large', weight: 'Bolder', ...(wording.urgent ? { color: 'Attention' } : {}) }]),
    ...(lead === '' ? [] : [richText([{ text: lead }])]),
    ...facts.map(({ label, value }) => ({
      ...richText([{ text: `${label}: `, weight: 'Bolder' }, { text: value }]),
      spacing: 'Small',
    })),
    richText([{ text: footer, isSubtle: true, size: 'Small' }]),
  ]
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    lang: wording.language,
    // Shown where cards are not: notifications, old clients.
    fallbackText: title,
    body,
    actions: link === undefined ? [] : [{ type: 'Action.OpenUrl', title: link.label, url: link.url }],
    msteams: { width: 'Full' },
  }
  const attachment = { contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }
  return JSON.stringify({ type: 'message', attachments: [attachment] })
}

/** Text runs know no Markdown, as `TextBlock` and `FactSet` do: an address in a reason is no link with another name. */
function richText(runs: readonly ({ readonly text: string } & Readonly<Record<string, unknown>>)[]) {
  return { type: 'RichTextBlock', inlines: runs.map((run) => ({ type: 'TextRun', ...run, text: plainRun(run.text) })) }
}

/** `{{DATE(…)}}` and `${…}` are put in by some hosts of cards. */
function plainRun(text: string): string {
  return text.replaceAll('{{', '{ {').replaceAll('${', '$ {')
}
