// Reasons as our answers show them; their words, statuses and usual remedies are policy's.

import { message, reasons, statusOf, title } from '../../policy/reasons.ts'
import type { Language } from '../kit/language.ts'
import type { Icon } from '../kit/icons.ts'
import type { Decision, Reason } from '../../policy/decision.ts'
import type { ReasonCode, RemedyKind } from '../../policy/reasons.ts'

export interface ReasonContext {
  readonly language: Language
  /** IANA name; undefined: each moment in the zone it was written in. */
  readonly timeZone?: string
  /** Its title: people know an app by it, not by its name in the configuration. */
  readonly app?: string
}

export interface ReasonText {
  readonly code: ReasonCode
  readonly title: string
  readonly message: string
  readonly remedy: RemedyKind | undefined
}

/** In order. The first has the decision's own remedy, the others what helps as a rule. */
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

/** HTTP status of an answer to a decision that is not `allow`. */
export function statusFor(decision: Pick<Decision, 'effect' | 'reasons'>): number {
  const first = decision.reasons[0]
  const status = first === undefined ? 403 : statusOf(first.code)
  // Whoever cannot mend it by signing in must not be told that they could: 401 is for challenges alone.
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
  [/^(?:not_|user_|provider_not|claim_|groups_|no_session)/, 'person'],
  [/_unreachable$/, 'plug'],
  [/^(?:risk_|quarantined|bad_request)/, 'alert'],
]
