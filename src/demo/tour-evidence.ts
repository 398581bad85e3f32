// What the tour looks at: answers, problem documents, what an app received, lines of the audit.

import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Received } from './received.ts'
import type { Seen } from './tour-client.ts'
import { expect } from './unmet.ts'

export function told(seen: Seen): string {
  const to = seen.headers.location === undefined ? '' : ` to ${seen.headers.location}`
  const type = String(seen.headers['content-type'] ?? '')
  const text = type.includes('html') ? (/<h1[^>]*>([\s\S]*?)<\/h1>/.exec(seen.body)?.[1] ?? '') : seen.body
  return `${seen.status}${to} at ${seen.url.href}: ${text.trim()}`
}

export function problemOf(seen: Seen): { reasons: string[]; id: string; sign_in: string | undefined } {
  const type = String(seen.headers['content-type'] ?? '')
  expect(type.startsWith('application/problem+json'), 'a problem document', told(seen))
  const { reasons, request_id: id, sign_in } = JSON.parse(seen.body)
  return { reasons: (reasons as { code: string }[]).map((reason) => reason.code), id, sign_in }
}

export function claimsOf({ assertion }: Received): Readonly<Record<string, unknown>> {
  expect(assertion.state === 'verified', 'a genuine assertion', assertion)
  return assertion.claims
}

export function header(received: Received, name: string): string | undefined {
  const found = received.headers.filter(([field]) => field.toLowerCase() === name)
  expect(found.length <= 1, `one ${name}`, found)
  return found[0]?.[1]
}

export interface AuditLine {
  readonly class_uid: number
  readonly status_detail?: string
  readonly actor?: unknown
  readonly dst_endpoint?: { readonly svc_name?: string }
  readonly unmapped?: { readonly decision_input?: unknown }
  readonly metadata: { readonly correlation_uid?: string }
}

/** Events are written from a queue, soon after the answer: waits for it up to two seconds. */
export async function auditLine(file: string, request: string): Promise<AuditLine | undefined> {
  for (let attempt = 0; attempt < 40; attempt++) {
    const lines = (await readFile(file, 'utf8')).split('\n').filter(Boolean)
    const found = lines
      .map((line) => JSON.parse(line) as AuditLine)
      .filter((line) => line.metadata.correlation_uid === request)
    expect(found.length <= 1, 'exactly one line', found)
    if (found[0]) return found[0]
    await sleep(50)
  }
  return undefined
}
