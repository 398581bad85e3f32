// Evidence for the tour: responses, problem documents, requests that apps received, audit events.

import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Received } from '../apps/received.ts'
import type { PageResponse } from './client.ts'
import { expect } from './expect.ts'

/**
 * Milliseconds: guaranteed limit for closing connections after a revocation on the same node
 * (docs/explanation/security.md).
 */
export const revocationLimit = 1000

export function describeResponse(seen: PageResponse): string {
  const to = seen.headers.location === undefined ? '' : ` to ${seen.headers.location}`
  const type = String(seen.headers['content-type'] ?? '')
  const text = type.includes('html') ? (/<h1[^>]*>([\s\S]*?)<\/h1>/.exec(seen.body)?.[1] ?? '') : seen.body
  return `${seen.status}${to} at ${seen.url.href}: ${text.trim()}`
}

export function problemOf(seen: PageResponse): { reasons: string[]; id: string; sign_in: string | undefined } {
  const type = String(seen.headers['content-type'] ?? '')
  expect(type.startsWith('application/problem+json'), 'a problem document', describeResponse(seen))
  const { reasons, request_id: id, sign_in } = JSON.parse(seen.body)
  return { reasons: (reasons as { code: string }[]).map((reason) => reason.code), id, sign_in }
}

export function claimsOf({ assertion }: Received): Readonly<Record<string, unknown>> {
  expect(assertion.state === 'verified', 'a verified assertion', assertion)
  return assertion.claims
}

export function header(received: Received, name: string): string | undefined {
  const found = received.headers.filter(([field]) => field.toLowerCase() === name)
  expect(found.length <= 1, `one ${name}`, found)
  return found[0]?.[1]
}

export interface AuditLine {
  readonly class_uid: number
  readonly severity_id: number
  readonly message?: string
  readonly status_detail?: string
  readonly actor?: unknown
  readonly dst_endpoint?: { readonly svc_name?: string }
  readonly unmapped?: { readonly decision_input?: unknown; readonly activity?: string; readonly review?: unknown }
  readonly metadata: { readonly correlation_uid?: string }
}

/** Absolute URL of the link with the text `label`. */
export function linkOf(seen: PageResponse, label: string): URL {
  const links = [...seen.body.matchAll(/<a\b[^>]*?\shref="([^"]*)"[^>]*>([\s\S]*?)<\/a\s*>/g)]
  const found = links.find(([, , inside]) => textOf(inside!) === label)
  expect(found !== undefined, `a link "${label}"`, describeResponse(seen))
  return new URL(found[1]!.replaceAll('&amp;', '&'), seen.url)
}

/** Visible text of HTML, without markup. */
export function textOf(html: string): string {
  return html
    .replace(/<(style|script|svg)\b[\s\S]*?<\/\1>/g, '')
    .replace(/<[^>]+>/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ')
    .trim()
}

/** Time of `ended`, epoch milliseconds; throws `ExpectationFailed` if it takes longer than `limit` milliseconds. */
export async function within(ended: Promise<number>, limit: number, what: string): Promise<number> {
  const late = Symbol('late')
  const first = await Promise.race([ended, sleep(limit, late, { ref: false })])
  expect(first !== late, `${what} within ${limit} ms`, 'still open')
  return first as number
}

/** Exactly one audit event that matches. Events are written asynchronously: waits up to two seconds. */
export async function auditLine(file: string, what: string, wanted: (line: AuditLine) => boolean): Promise<AuditLine> {
  for (let attempt = 0; ; attempt++) {
    const text = await readFile(file, 'utf8')
    const found = text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as AuditLine)
      .filter(wanted)
    expect(found.length <= 1, `exactly one ${what}`, found)
    if (found[0]) return found[0]
    expect(attempt < 40, `an event: ${what}`, text.slice(-2000))
    await sleep(50)
  }
}
