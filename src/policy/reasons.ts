// Table of reason codes: texts in English and German, remedy, HTTP status and OCSF mapping, in order of importance.

import type { Language } from './messages/locale.ts'
import { interpolate } from './interpolate.ts'
import { reasonCodes, type ReasonCode } from './reason-codes.ts'
import { de } from './messages/de.ts'
import { en } from './messages/en.ts'

export { reasonCodes, type ReasonCode } from './reason-codes.ts'
export type { Language } from './messages/locale.ts'

/** The kinds of `Remedy` in `decision.ts`. */
export type RemedyKind =
  | 'sign_in'
  | 'step_up'
  | 'request_access'
  | 'wait'
  | 'use_other_device'
  | 'use_other_network'
  | 'ask_owner'
  | 'try_again'

export interface ReasonText {
  readonly title: string
  /** Most detailed template first; the first whose placeholders can all be filled is used. The last has none. */
  readonly text: readonly string[]
}

export interface ReasonRow {
  /** HTTP status of a response whose first reason this is. */
  readonly status: number
  /** Default remedy; the remedy of a decision takes precedence. */
  readonly remedy: RemedyKind | undefined
  /** OCSF 1.8 enumerations; `status_detail` is the code itself. */
  readonly ocsf: { readonly status_id: number; readonly severity_id: number; readonly disposition_id: number }
  readonly en: ReasonText
  readonly de: ReasonText
}

/**
 * The reason as a sentence for the user, in plain text: the caller escapes it for HTML or a header.
 * `timeZone`: IANA name of the reader's zone for moments, when known.
 */
export function message(
  reason: { readonly code: ReasonCode; readonly parameters: Readonly<Record<string, string>> },
  language: Language,
  timeZone?: string,
): string {
  const { text } = reasons[reason.code][language]
  for (const template of text) {
    const filled = interpolate(template, reason.parameters, language, timeZone)
    if (filled !== undefined) return filled
  }
  return text.at(-1)!
}

export function title(code: ReasonCode, language: Language): string {
  return reasons[code][language].title
}

/** HTTP status: 401 when authentication is missing or too weak (RFC 9470), 403 for a denial, 503 for a failure on our side. */
export function statusOf(code: ReasonCode): number {
  return reasons[code].status
}

/** Comparator for sorting: reasons that `remedy` resolves first, then in the order of the table. */
export function byImportance(left: ReasonCode, right: ReasonCode, remedy?: RemedyKind): number {
  return rank(left, remedy) - rank(right, remedy)
}

function rank(code: ReasonCode, remedy: RemedyKind | undefined): number {
  const first = remedy !== undefined && reasons[code].remedy === remedy
  return importance.get(code)! - (first ? reasonCodes.length : 0)
}

const severities = { informational: 1, low: 2, medium: 3, high: 4 } as const
const dispositions = { blocked: 2, challenge: 23, revoked: 24, rejected: 25, error: 27 } as const

type Row = Omit<ReasonRow, Language>

function row(
  status: number,
  remedy: RemedyKind | undefined,
  severity: keyof typeof severities,
  disposition: keyof typeof dispositions,
): Row {
  const ocsf = { status_id: 2, severity_id: severities[severity], disposition_id: dispositions[disposition] }
  return { status, remedy, ocsf }
}

/**
 * Most important first: failures; then what only the owner of the app can change; then what another network, device or
 * time changes; last what the user can resolve by step-up, which helps only when no other reason stands beside it.
 */
const rows: Readonly<Record<ReasonCode, Row>> = {
  store_unreachable: row(503, 'try_again', 'medium', 'error'),
  provider_unreachable: row(503, 'try_again', 'medium', 'error'),
  bad_request: row(400, undefined, 'low', 'rejected'),
  host_unknown: row(404, undefined, 'low', 'rejected'),
  throttled: row(429, 'try_again', 'low', 'blocked'),
  app_disabled: row(503, 'ask_owner', 'low', 'blocked'),
  no_session: row(401, 'sign_in', 'informational', 'challenge'),
  session_expired: row(401, 'sign_in', 'informational', 'challenge'),
  session_idle: row(401, 'sign_in', 'informational', 'challenge'),
  session_revoked: row(401, 'sign_in', 'low', 'challenge'),
  quarantined: row(403, 'ask_owner', 'high', 'blocked'),
  policy_error: row(403, 'ask_owner', 'high', 'error'),
  denied_by_rule: row(403, 'ask_owner', 'low', 'blocked'),
  denied_by_unknown: row(403, 'ask_owner', 'medium', 'blocked'),
  origin_not_allowed: row(403, 'ask_owner', 'medium', 'blocked'),
  emergency_code_other_app: row(403, 'ask_owner', 'medium', 'blocked'),
  provider_not_allowed: row(403, 'ask_owner', 'low', 'blocked'),
  domain_not_allowed: row(403, 'ask_owner', 'low', 'blocked'),
  user_not_listed: row(403, 'ask_owner', 'low', 'blocked'),
  not_in_group: row(403, 'ask_owner', 'low', 'blocked'),
  not_a_member_of_role: row(403, 'ask_owner', 'low', 'blocked'),
  claim_mismatch: row(403, 'ask_owner', 'low', 'blocked'),
  claim_unknown: row(403, 'ask_owner', 'medium', 'blocked'),
  email_unknown: row(403, 'ask_owner', 'medium', 'blocked'),
  groups_incomplete: row(403, 'ask_owner', 'medium', 'blocked'),
  network_unknown: row(403, 'ask_owner', 'medium', 'blocked'),
  risk_too_high: row(403, 'ask_owner', 'medium', 'blocked'),
  path_not_allowed: row(403, 'ask_owner', 'low', 'blocked'),
  method_not_allowed: row(403, 'ask_owner', 'low', 'blocked'),
  read_only: row(403, 'ask_owner', 'low', 'blocked'),
  grant_required: row(403, 'request_access', 'low', 'blocked'),
  grant_of_other_account: row(403, 'ask_owner', 'high', 'blocked'),
  grant_expired: row(403, 'request_access', 'low', 'revoked'),
  grant_pending: row(403, 'wait', 'low', 'blocked'),
  posture_unreachable: row(503, 'try_again', 'medium', 'error'),
  device_mismatch: row(403, 'use_other_device', 'high', 'blocked'),
  device_reported_noncompliant: row(403, 'use_other_device', 'medium', 'blocked'),
  device_not_compliant: row(403, 'use_other_device', 'low', 'blocked'),
  os_too_old: row(403, 'use_other_device', 'low', 'blocked'),
  device_stale: row(403, 'use_other_device', 'low', 'blocked'),
  device_unknown: row(403, 'use_other_device', 'low', 'blocked'),
  network_not_allowed: row(403, 'use_other_network', 'low', 'blocked'),
  country_not_allowed: row(403, 'use_other_network', 'low', 'blocked'),
  outside_schedule: row(403, 'wait', 'low', 'blocked'),
  download_limit: row(403, 'ask_owner', 'medium', 'blocked'),
  no_rule_matched: row(403, 'ask_owner', 'low', 'blocked'),
  mfa_required: row(401, 'step_up', 'informational', 'challenge'),
  mfa_too_weak: row(401, 'step_up', 'informational', 'challenge'),
  mfa_too_old: row(401, 'step_up', 'informational', 'challenge'),
}

/** The whole table, in order of importance. */
export const reasons: Readonly<Record<ReasonCode, ReasonRow>> = Object.freeze(
  Object.fromEntries(
    Object.entries(rows).map(([code, row]) => [
      code,
      { ...row, en: wording(en[code as ReasonCode]), de: wording(de[code as ReasonCode]) },
    ]),
  ) as Record<ReasonCode, ReasonRow>,
)

const importance: ReadonlyMap<string, number> = new Map(Object.keys(rows).map((code, at) => [code, at]))

function wording([title, ...text]: readonly [string, ...string[]]): ReasonText {
  return { title, text }
}
