// Messages about emergencies: alarming from start to end, with a stated name marked as what it is.

import { describe, expect, test } from 'vitest'
import { createEventFilter } from '../../../src/audit/notifications/event-filter.ts'
import { messageOf } from '../../../src/audit/notifications/message.ts'
import { notificationOf } from '../../../src/audit/notifications/notification.ts'
import type { AuditEvent } from '../../../src/audit/event.ts'
import { grantEvent, lineOf, requestEvent } from '../audit-lines.ts'

const statedName = 'Erika\r\nBcc: x@evil.test \u202e<b>Muster</b>'
const code = { who: 'emergency|c66343a985da1a67', statedName, emergency: true } as const
const target = { person: 'Emergency code c66343a985da1a67', requester: undefined }
const message = (event: AuditEvent, language: 'en' | 'de' = 'en') =>
  messageOf(notificationOf(lineOf(event))!, language, 'Europe/Berlin')

describe('a stated name', () => {
  test.each([
    ['en', 'EMERGENCY ACCESS: “Erika Bcc: x@evil.test \ufffd<b>Muster</b>” (stated name) has activated access to ERP'],
    [
      'de',
      'NOTFALLZUGANG: „Erika Bcc: x@evil.test \ufffd<b>Muster</b>“ (angegebener Name) hat den Zugang zu ERP aktiviert',
    ],
  ] as const)('is quoted and marked in the title (%s), and the code is named', (language, title) => {
    const shown = message(requestEvent('opened', { ...code, reason: 'Line 4\nstands' }, target), language)
    expect(shown.title).toBe(title)
    expect(shown.urgent).toBe(true)
    const facts = new Map(shown.facts.map(({ label, value }) => [label, value]))
    expect([...facts.values()]).toContain('Emergency code c66343a985da1a67')
    expect(facts.get(language === 'en' ? 'Stated name, not verified' : 'Angegebener Name, nicht geprüft')).toContain(
      'Erika',
    )
    expect(facts.get(language === 'en' ? 'Reason' : 'Grund')).toContain('Line 4 stands')
  })

  test('is absent for a user who signed in', () => {
    const shown = message(requestEvent('opened', { emergency: true }))
    expect(shown.title).toBe('EMERGENCY ACCESS: Erika Muster has activated access to ERP')
    expect(shown.facts.map(({ label }) => label)).not.toContain('Stated name, not verified')
  })
})

test('no message about an emergency reads like a success', () => {
  for (const activity of ['given', 'revoked', 'ended', 'ending'] as const) {
    expect(message(grantEvent(activity, code, target)).title).toMatch(/^EMERGENCY ACCESS: .*\(stated name\)/)
  }
})

test('the selector `emergency` tells of start and end, each once', () => {
  const { matches } = createEventFilter(['emergency'])
  const chosen = (event: AuditEvent) => matches(notificationOf(lineOf(event))!)
  expect(chosen(requestEvent('opened', code))).toBe(true)
  expect(['given', 'ending', 'revoked', 'ended'].map((one) => chosen(grantEvent(one as 'given', code)))).toEqual([
    false,
    false,
    true,
    true,
  ])
  expect(chosen(grantEvent('ended'))).toBe(false)
})
