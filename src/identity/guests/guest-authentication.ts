// What a guest's sign-in proves, in the values of RFC 8176 and OpenID Connect EAP, read by the same rules as an ID token.

import type { ProviderSettings } from '../../config/provider-settings.ts'
import type { Authentication } from '../../policy/subject.ts'
import { authenticationOf } from '../oidc/claims.ts'

/**
 * RFC 8176 section 2. A code by mail is `otp`: one factor, and none that resists phishing. A passkey with user verification is proof of
 * possession of a key (`pop`; not `hwk`: without attestation nobody knows whether hardware keeps it), a test of presence
 * (`user`), and with the PIN or fingerprint that unlocked it multiple factors (`mfa`). `phr`: OpenID Connect EAP ACR Values 1.0
 * section 2, phishing-resistant.
 */
const methods = {
  mail_code: { acr: undefined, amr: ['otp'] },
  passkey: { acr: 'phr', amr: ['pop', 'user', 'mfa'] },
} as const

export type GuestMethod = keyof typeof methods

/** `settings`: of the built-in provider, whose `mfa` and `phishing_resistant` decide. `now`: epoch milliseconds. */
export function guestAuthentication(method: GuestMethod, settings: ProviderSettings, now: number): Authentication {
  const claims = { ...methods[method], auth_time: now / 1000 }
  return authenticationOf(claims, settings, now)
}
