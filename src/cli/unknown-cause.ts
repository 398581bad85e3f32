// Says which fact is missing for a verdict that is unknown, for `einlass explain`.

import type { Reason } from '../policy/decision.ts'
import type { ReasonCode } from '../policy/reasons.ts'

/** Undefined for a reason that names no missing fact. */
export function unknownCause({ code, parameters }: Reason): string | undefined {
  const cause = causes[code]
  return typeof cause === 'function' ? cause(parameters) : cause
}

const causes: Partial<Record<ReasonCode, string | ((parameters: Reason['parameters']) => string)>> = {
  claim_unknown: ({ claim }) => `the claim \`${claim}\` is absent`,
  email_unknown: 'the provider stated no verified e-mail address',
  domain_not_allowed: 'the provider does not vouch for the address',
  user_not_listed: 'the provider does not vouch for the address',
  groups_incomplete: 'the provider withheld groups',
  network_unknown: 'the address of the client is not known',
  device_unknown: ({ attribute }) =>
    attribute === undefined ? 'no source identified a device' : `no source stated \`${attribute}\` of the device`,
  device_stale: 'the device has not reported recently',
  device_mismatch: 'the device in use is not that of the session',
  posture_unreachable: 'a posture source does not respond',
  mfa_required: 'the sign-in states neither `acr` nor `amr`',
  mfa_too_weak: 'the sign-in states neither `acr` nor `amr`',
  mfa_too_old: 'the sign-in states no `auth_time`',
  risk_too_high: 'no source states the risk',
}
