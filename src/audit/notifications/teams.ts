// Formats a message for Microsoft Teams: an Adaptive Card for the webhook of a workflow (Power Automate, "when a Teams
// webhook request is received"). Office 365 connectors, which used other cards, are retired.

import type { Message } from './message.ts'

/** Request body as JSON. */
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
    // Shown where cards are not supported: push notifications, old clients.
    fallbackText: title,
    body,
    actions: link === undefined ? [] : [{ type: 'Action.OpenUrl', title: link.label, url: link.url }],
    msteams: { width: 'Full' },
  }
  const attachment = { contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }
  return JSON.stringify({ type: 'message', attachments: [attachment] })
}

/** `TextRun` does not interpret Markdown, unlike `TextBlock` and `FactSet`, so text of a user cannot make a disguised link. */
function richText(runs: readonly ({ readonly text: string } & Readonly<Record<string, unknown>>)[]) {
  return { type: 'RichTextBlock', inlines: runs.map((run) => ({ type: 'TextRun', ...run, text: plainRun(run.text) })) }
}

/** Some card hosts expand `{{DATE(…)}}` and `${…}`. */
function plainRun(text: string): string {
  return text.replaceAll('{{', '{ {').replaceAll('${', '$ {')
}
