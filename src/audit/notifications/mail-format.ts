// Formats a message as mail: plain text, and the same content as simple HTML.

import { escapeHtml } from '../../http/escape-html.ts'
import type { Message } from './message.ts'

export function plainMail({ title, lead, facts, link, footer }: Message): string {
  const width = Math.max(0, ...facts.map(({ label }) => label.length))
  return [
    title,
    ...(lead === '' ? [] : ['', lead]),
    '',
    ...facts.map(({ label, value }) => `${`${label}:`.padEnd(width + 2)}${value}`),
    ...(link === undefined ? [] : ['', `${link.label}:`, link.url]),
    '',
    // RFC 3676 section 4.3: where the signature begins.
    '-- ',
    footer,
    '',
  ].join('\n')
}

export function htmlMail({ title, lead, facts, link, footer, language, urgent }: Message): string {
  const rows = facts.map(
    ({ label, value }) =>
      `<tr><td style="padding:2px 16px 2px 0;vertical-align:top;color:#555">${escapeHtml(label)}</td>` +
      `<td style="padding:2px 0">${escapeHtml(value)}</td></tr>`,
  )
  return [
    `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title></head>`,
    '<body style="font-family:system-ui,sans-serif;font-size:15px;line-height:1.5;color:#1a1a1a">',
    `<h1 style="font-size:19px;margin:0 0 8px${urgent ? ';color:#b00020' : ''}">${escapeHtml(title)}</h1>`,
    lead === '' ? '' : `<p style="margin:0 0 12px">${escapeHtml(lead)}</p>`,
    `<table style="border-collapse:collapse" role="presentation">${rows.join('')}</table>`,
    link === undefined
      ? ''
      : `<p style="margin:16px 0"><a href="${escapeHtml(link.url)}">${escapeHtml(link.label)}</a></p>`,
    `<p style="margin:24px 0 0;font-size:13px;color:#555">${escapeHtml(footer)}</p>`,
    '</body></html>',
  ].join('\n')
}
