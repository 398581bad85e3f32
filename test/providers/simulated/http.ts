// HTTP of a simulated provider: bodies, client credentials, JSON and pages.

import type { IncomingMessage, ServerResponse } from 'node:http'

/** RFC 6749 2.3.1: in the header, form-encoded, or in the form. */
export function credentialsOf({ headers }: IncomingMessage, form: URLSearchParams): (string | null)[] {
  const [, basic] = /^Basic (.+)$/i.exec(headers.authorization ?? '') ?? []
  if (basic === undefined) return [form.get('client_id'), form.get('client_secret')]
  const pair = Buffer.from(basic, 'base64').toString().split(':')
  return pair.map((part) => decodeURIComponent(part.replaceAll('+', ' ')))
}

export async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

export function page(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'text/html' }).end(`<!doctype html><body>${body}</body>`)
}
