// Table of reasons: status, remedy, severity and disposition of every code, and the order of importance.

import { describe, expect, test } from 'vitest'
import { byImportance, reasonCodes, reasons, title, type ReasonCode } from '../../src/policy/reasons.ts'

const severities = ['', 'informational', 'low', 'medium', 'high']
const dispositions: Readonly<Record<number, string>> = {
  2: 'blocked',
  23: 'challenge',
  24: 'revoked',
  25: 'rejected',
  27: 'error',
}

/** `403 ask_owner low blocked` */
const described = (code: ReasonCode): string => {
  const { status, remedy, ocsf } = reasons[code]
  return [status, remedy ?? 'none', severities[ocsf.severity_id], dispositions[ocsf.disposition_id]].join(' ')
}

/** Each code once, in order of importance. */
const table: readonly (readonly [string, readonly ReasonCode[]])[] = [
  ['503 try_again medium error', ['store_unreachable', 'provider_unreachable']],
  ['400 none low rejected', ['bad_request']],
  ['404 none low rejected', ['host_unknown']],
  ['429 try_again low blocked', ['throttled']],
  ['503 ask_owner low blocked', ['app_disabled']],
  ['401 sign_in informational challenge', ['no_session', 'session_expired', 'session_idle']],
  ['401 sign_in low challenge', ['session_revoked']],
  ['403 ask_owner high blocked', ['quarantined']],
  ['403 ask_owner high error', ['policy_error']],
  ['403 ask_owner low blocked', ['denied_by_rule']],
  ['403 ask_owner medium blocked', ['denied_by_unknown', 'origin_not_allowed', 'emergency_code_other_app']],
  [
    '403 ask_owner low blocked',
    [
      'provider_not_allowed',
      'domain_not_allowed',
      'user_not_listed',
      'not_in_group',
      'not_a_member_of_role',
      'claim_mismatch',
    ],
  ],
  [
    '403 ask_owner medium blocked',
    ['claim_unknown', 'email_unknown', 'groups_incomplete', 'network_unknown', 'risk_too_high'],
  ],
  ['403 ask_owner low blocked', ['path_not_allowed', 'method_not_allowed', 'read_only']],
  ['403 request_access low blocked', ['grant_required']],
  ['403 ask_owner high blocked', ['grant_of_other_account']],
  ['403 request_access low revoked', ['grant_expired']],
  ['403 wait low blocked', ['grant_pending']],
  ['503 try_again medium error', ['posture_unreachable']],
  ['403 use_other_device high blocked', ['device_mismatch']],
  ['403 use_other_device medium blocked', ['device_reported_noncompliant']],
  ['403 use_other_device low blocked', ['device_not_compliant', 'os_too_old', 'device_stale', 'device_unknown']],
  ['403 use_other_network low blocked', ['network_not_allowed', 'country_not_allowed']],
  ['403 wait low blocked', ['outside_schedule']],
  ['403 ask_owner medium blocked', ['download_limit']],
  ['403 ask_owner low blocked', ['no_rule_matched']],
  ['401 step_up informational challenge', ['mfa_required', 'mfa_too_weak', 'mfa_too_old']],
]
const ordered = table.flatMap(([, codes]) => codes)

test('every reason has a row', () => {
  expect(ordered.toSorted()).toEqual([...reasonCodes].toSorted())
})

test.each(table)('%s: %j', (row, codes) => {
  expect(codes.map(described)).toEqual(codes.map(() => row))
})

describe('reasons are sorted', () => {
  test('by importance', () => {
    expect(ordered.toReversed().toSorted((left, right) => byImportance(left, right))).toEqual(ordered)
  })

  test('with those that the remedy resolves first, each group by importance', () => {
    const resolved = ordered.filter((code) => reasons[code].remedy === 'step_up')
    const others = ordered.filter((code) => reasons[code].remedy !== 'step_up')
    expect(ordered.toReversed().toSorted((left, right) => byImportance(left, right, 'step_up'))).toEqual([
      ...resolved,
      ...others,
    ])
  })
})

test('a title is in the language of the reader', () => {
  expect([title('no_session', 'en'), title('no_session', 'de')]).toEqual([
    reasons.no_session.en.title,
    reasons.no_session.de.title,
  ])
  expect(reasons.no_session.en.title).not.toBe(reasons.no_session.de.title)
})
