// Reasons: texts in both languages with any parameters, HTTP status and OCSF mapping.

import { describe, expect, test } from 'vitest'
import type { Remedy } from '../../src/policy/decision.ts'
import { message, reasonCodes, reasons, statusOf, title, type RemedyKind } from '../../src/policy/reasons.ts'

/** Fails to compile when the table and `Remedy` disagree. */
const same: (RemedyKind extends Remedy['kind'] ? true : false) & (Remedy['kind'] extends RemedyKind ? true : false) =
  true

const everything: Readonly<Record<string, string>> = {
  app: 'ERP',
  posture: 'company_laptop',
  attribute: 'disk_encrypted',
  networks: 'office, vpn',
  from: '2026-11-30T12:00:00Z',
  opens: '2026-11-30T13:00:00+01:00[Europe/Berlin]',
  max_age: 'PT12H',
  claim: 'team',
  system: 'windows',
  version: '10.0.1',
  minimum: '10.0.2',
  guest: 'kim@partner.example',
  origin: 'https://other.example',
  host: 'other.example',
  setting: 'cross_site_posts',
}

describe.each(['en', 'de'] as const)('in %s', (language) => {
  test.each(reasonCodes)('%s has a text with all and with no parameters', (code) => {
    for (const parameters of [everything, {}, { app: 'ERP' }]) {
      const text = message({ code, parameters }, language)
      expect(text).toMatch(/^\S.*[.]$/)
      expect(text).not.toMatch(/[{}]|undefined|Invalid/)
    }
    expect(title(code, language)).toMatch(/^\S.*[^.]$/)
  })

  test('the most detailed template uses known parameters only', () => {
    for (const code of reasonCodes) {
      for (const [, name] of reasons[code][language].text[0]!.matchAll(/\{(\w+)/g)) {
        expect(Object.keys(everything)).toContain(name)
      }
    }
  })
})

describe('texts', () => {
  const say = (
    code: (typeof reasonCodes)[number],
    language: 'en' | 'de',
    parameters: Record<string, string> = everything,
  ) => message({ code, parameters }, language)

  test('interpolate parameters', () => {
    expect(say('not_in_group', 'en')).toBe('You are not in a group that may use ERP.')
    expect(say('not_in_group', 'de')).toBe('Sie gehören zu keiner Gruppe, die ERP nutzen darf.')
    expect(say('device_not_compliant', 'de')).toContain('Festplattenverschlüsselung')
    expect(say('mfa_too_old', 'en')).toContain('at most 12 hours ago')
    expect(say('mfa_too_old', 'de')).toContain('Höchstalter: 12 Stunden')
    expect(say('outside_schedule', 'de')).toContain('Montag, 30. November 2026 um 13:00 MEZ')
    expect(say('grant_pending', 'en')).toContain('Monday, 30 November 2026 at 12:00 UTC')
  })

  test('use the time zone of the reader if known', () => {
    expect(message({ code: 'grant_pending', parameters: everything }, 'en', 'Europe/Berlin')).toContain('13:00 CET')
  })

  test('fall back to a less detailed template for missing or invalid parameters', () => {
    expect(say('outside_schedule', 'en', { app: 'ERP', opens: 'tomorrow' })).toBe(
      'You may use ERP only at certain times, and this is not one of them.',
    )
    expect(say('not_in_group', 'en', {})).toBe('You are not in a group that has access here.')
  })

  test('insert values verbatim, as plain text', () => {
    expect(say('not_in_group', 'en', { app: '<b>{app}</b> $& $1' })).toBe(
      'You are not in a group that may use <b>{app}</b> $& $1.',
    )
  })

  test('differ between the languages', () => {
    for (const code of reasonCodes) expect(reasons[code].en.text).not.toEqual(reasons[code].de.text)
  })
})

describe('the table', () => {
  test('has a row for every code, and no other', () => {
    expect(Object.keys(reasons).toSorted()).toEqual([...reasonCodes].toSorted())
    expect(same).toBe(true)
  })

  test('maps authentication to 401, denials to 403 and failures to 503', () => {
    expect(
      [
        'no_session',
        'session_expired',
        'session_idle',
        'session_revoked',
        'mfa_required',
        'mfa_too_old',
        'mfa_too_weak',
      ].map((code) => statusOf(code as never)),
    ).toEqual([401, 401, 401, 401, 401, 401, 401])
    expect(
      ['denied_by_rule', 'not_in_group', 'grant_required', 'no_rule_matched'].map((code) => statusOf(code as never)),
    ).toEqual([403, 403, 403, 403])
    expect(
      ['store_unreachable', 'provider_unreachable', 'posture_unreachable'].map((code) => statusOf(code as never)),
    ).toEqual([503, 503, 503])
    expect([statusOf('host_unknown'), statusOf('bad_request'), statusOf('throttled')]).toEqual([404, 400, 429])
  })

  test('uses OCSF enumeration values only', () => {
    for (const code of reasonCodes) {
      const { status_id, severity_id, disposition_id } = reasons[code].ocsf
      expect(status_id).toBe(2)
      expect([1, 2, 3, 4]).toContain(severity_id)
      expect([2, 23, 24, 25, 27]).toContain(disposition_id)
    }
  })
})
