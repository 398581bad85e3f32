// Stable reason codes of decisions and rejected requests, and the shape of their texts.

export const reasonCodes = [
  'no_session',
  'session_expired',
  'session_revoked',
  'session_idle',
  'mfa_required',
  'mfa_too_old',
  'mfa_too_weak',
  'not_in_group',
  'not_a_member_of_role',
  'user_not_listed',
  'provider_not_allowed',
  'domain_not_allowed',
  'claim_mismatch',
  'claim_unknown',
  'email_unknown',
  'groups_incomplete',
  'device_unknown',
  'device_stale',
  'device_reported_noncompliant',
  'device_not_compliant',
  'device_mismatch',
  'os_too_old',
  'network_not_allowed',
  'network_unknown',
  'country_not_allowed',
  'outside_schedule',
  'grant_required',
  'grant_expired',
  'grant_pending',
  'grant_of_other_account',
  'risk_too_high',
  'read_only',
  'method_not_allowed',
  'path_not_allowed',
  'denied_by_rule',
  'denied_by_unknown',
  'origin_not_allowed',
  'policy_error',
  'emergency_code_other_app',
  'no_rule_matched',
  'download_limit',
  'throttled',
  'quarantined',
  'app_disabled',
  'host_unknown',
  'bad_request',
  'provider_unreachable',
  'store_unreachable',
  'posture_unreachable',
] as const

export type ReasonCode = (typeof reasonCodes)[number]

/**
 * Per reason: a title, then templates, most detailed first. The first whose placeholders can all be filled is used; the
 * last has none.
 */
export type ReasonTexts = Readonly<Record<ReasonCode, readonly [title: string, text: string, ...texts: string[]]>>
