// Maps policy reasons to localised texts, HTTP status and icon for pages and problem details.

import { message, reasons, statusOf, title } from '../../policy/reasons.ts'
import type { Language } from '../kit/language.ts'
import type { Icon } from '../kit/icons.ts'
import type { Decision, Reason } from '../../policy/decision.ts'
import type { ReasonCode, RemedyKind } from '../../policy/reasons.ts'

export interface ReasonContext {
  readonly language: Language
  /** IANA name; undefined: each time in the zone in which it was given. */
  readonly timeZone?: string
  /** Title of the app, which users know, not its name in the configuration. */
  readonly app?: string
}

export interface ReasonText {
  readonly code: ReasonCode
  readonly title: string
  readonly message: string
  readonly remedy: RemedyKind | undefined
}

/** In order. The first has the decision's remedy, the others the default remedy of their code. */
export function reasonTexts(
  decision: Pick<Decision, 'reasons' | 'remedy'>,
  wording: ReasonContext,
): readonly ReasonText[] {
  return decision.reasons.map((reason, index) => ({
    code: reason.code,
    title: title(reason.code, wording.language),
    message: reasonMessage(reason, wording),
    remedy: index === 0 && decision.remedy ? decision.remedy.kind : reasons[reason.code].remedy,
  }))
}

export function reasonMessage(reason: Reason, { language, timeZone, app }: ReasonContext): string {
  const parameters = app === undefined ? reason.parameters : { ...reason.parameters, app }
  return message({ code: reason.code, parameters }, language, timeZone)
}

/** HTTP status for a decision other than `allow`. */
export function statusFor(decision: Pick<Decision, 'effect' | 'reasons'>): number {
  const first = decision.reasons[0]
  const status = first === undefined ? 403 : statusOf(first.code)
  // 401 would promise that signing in helps, so it is reserved for challenges.
  return status === 401 && decision.effect === 'deny' ? 403 : status
}

export function reasonIcon(code: ReasonCode): Icon {
  const family = families.find(([pattern]) => pattern.test(code))
  return family?.[1] ?? 'lock'
}

const families: readonly (readonly [RegExp, Icon])[] = [
  [/^mfa_/, 'phone'],
  [/^(?:device_|os_|posture_)/, 'device'],
  [/^(?:network_|country_)/, 'network'],
  [/^(?:outside_schedule|grant_|session_|throttled)/, 'clock'],
  [/^(?:not_|user_|provider_not|claim_|email_|groups_|no_session)/, 'person'],
  [/_unreachable$/, 'plug'],
  [/^(?:risk_|quarantined|bad_request)/, 'alert'],
]
