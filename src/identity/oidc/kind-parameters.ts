// Parameters that only some kinds of providers take, in each authorization request.

import type { ProviderSettings } from '../../config/provider-settings.ts'

/** Google states `auth_time` and `amr` only when the `claims` parameter requests them (Security bundle, June 2026). */
const googleClaims = JSON.stringify({ id_token: { auth_time: { essential: true }, amr: { essential: true } } })

export function kindParameters(settings: ProviderSettings): Readonly<Record<string, string>> {
  return {
    // Google has no offline_access scope: `access_type` requests the refresh token.
    ...(settings.kind === 'google' && { access_type: 'offline', claims: googleClaims }),
    ...hostedDomain(settings),
  }
}

/** Google then offers only accounts of the organisation; what comes back is checked (`verified-claims.ts`). */
function hostedDomain({ hostedDomains }: ProviderSettings): Record<string, string> {
  if (hostedDomains.length === 0) return {}
  return { hd: hostedDomains.length === 1 ? hostedDomains[0]! : '*' }
}
