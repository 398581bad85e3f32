// `einlass explain`: decisions before policy, from the same table as in the gateway, for a hypothetical session.

import type { App, Configuration, PublicAddress } from '../config/configuration.ts'
import type { AuthenticationResult } from '../gateway/idp-freshness.ts'
import type { RequestSource } from '../gateway/origin-check.ts'
import { decideBeforePolicy } from '../gateway/pre-policy.ts'
import { isPublicPath } from '../gateway/public-paths.ts'
import type { Session } from '../identity/session/session.ts'
import type { AccessRequest } from '../policy/access-request.ts'
import type { Decision } from '../policy/decision.ts'
import type { Policy } from '../policy/policy.ts'

/** `source`: as the gateway reads it; `address`: the one of the app that is requested. Returns undefined if the rules decide. */
export function decisionBeforePolicy(
  configuration: Configuration,
  app: App,
  policy: Policy,
  access: AccessRequest,
  source: RequestSource | undefined,
  address: Pick<PublicAddress, 'origin'> = app.addresses[0],
): Decision | undefined {
  return decideBeforePolicy({
    app,
    lease: policy.lease,
    requested: address.origin,
    publicPath: isPublicPath(app, access.method, access.path, access.destination),
    who: hypotheticalSession(configuration, access),
    access,
    source,
    lastSeen: () => access.now,
  })
}

/** Session created at the authentication time, and last used now. */
function hypotheticalSession(
  { session }: Configuration,
  { identity, now, absence }: AccessRequest,
): AuthenticationResult {
  if (identity === undefined) return { state: 'none', absence }
  const { subject, authentication } = identity
  const createdAt = Math.min(authentication.authTime ?? now, now)
  const explained: Session = {
    id: 'explain',
    subject,
    authentication,
    providerSession: undefined,
    createdAt,
    endsAt: createdAt + session.lifetime,
    idle: session.idle,
    validatedAt: now,
    revalidateAt: now + session.revalidate,
    generation: 1,
    version: 1,
    device: undefined,
    userAgent: undefined,
    address: undefined,
    ended: undefined,
  }
  return { state: 'live', session: explained }
}
