// Fixtures: audit lines as the recorder writes them, for tests of sinks.

import { randomUUIDv7 } from 'node:crypto'
import type { AuditEvent } from '../../src/audit/event.ts'
import { createOcsf } from '../../src/audit/ocsf/ocsf.ts'

type Of<Kind extends AuditEvent['kind']> = Extract<AuditEvent, { kind: Kind }>
export type Tell = NonNullable<Of<'request'>['tell']>

const write = createOcsf()
let sequence = 0

/** With its line end. */
export function lineOf(event: AuditEvent, uid: string = randomUUIDv7()): string {
  return `${write(event, { uid, sequence: ++sequence, instance: 'test', configuration: '0123456789abcdef' })}\n`
}

export const system = { kind: 'system' } as const
export const at = Date.UTC(2026, 10, 21, 16, 0)

export function tell(app: string, more: Partial<Tell> = {}): Tell {
  return {
    approvers: ['lead@example.com', 'deputy@example.com'],
    requester: 'erika@example.com',
    sponsor: 'sponsor@example.com',
    person: 'Erika Muster',
    app,
    link: 'https://access.example.com/requests/r-1',
    ...more,
  }
}

export function requestEvent(
  activity: Of<'request'>['activity'],
  request: Partial<Of<'request'>['request']> = {},
  target: Partial<Tell> = {},
): Of<'request'> {
  return {
    kind: 'request',
    at,
    actor: { kind: 'person', provider: 'company', sub: 'erika', email: 'erika@example.com', name: 'Erika Muster' },
    activity,
    request: {
      id: 'r-1',
      app: 'erp',
      who: 'company|erika',
      level: 'full',
      duration: 4 * 3_600_000,
      reason: 'month end',
      ticket: 'FIN-17',
      extends: undefined,
      emergency: false,
      ...request,
    },
    tell: tell('ERP', target),
  }
}

export function grantEvent(
  activity: Of<'grant'>['activity'],
  grant: Partial<Of<'grant'>['grant']> = {},
  target: Partial<Tell> = {},
): Of<'grant'> {
  return {
    kind: 'grant',
    at,
    actor: { kind: 'administrator', name: 'root' },
    activity,
    grant: {
      id: 'g-1',
      who: 'partner|mailto:miro@partner.example',
      app: 'machines',
      level: 'full',
      from: at,
      until: at + 4 * 3_600_000,
      reason: 'maintenance',
      sponsor: 'sponsor@example.com',
      ...grant,
    },
    tell: tell('Machine control', { person: 'Miro', requester: 'miro@partner.example', ...target }),
  }
}

export function grantLine(app: string): string {
  return lineOf(grantEvent('given', {}, { app, requester: undefined }))
}

export function findingLine(severity: Of<'finding'>['severity'] = 'high', title = 'Audit events were lost'): string {
  return lineOf({ kind: 'finding', at, actor: system, origin: undefined, title, detail: '7 events', severity })
}

/** An event without particular recipients. */
export function accessLine(): string {
  return '{"class_uid":4002,"class_name":"HTTP Activity","metadata":{"uid":"x"},"unmapped":{}}\n'
}
