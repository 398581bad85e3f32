// Time zone in which a person reads times: the claim `zoneinfo` of the session's subject, else that of the gateway.

import { isTimeZone } from '../../config/units.ts'
import type { Subject } from '../../policy/subject.ts'

/**
 * IANA name. The claim (OpenID Connect Core 1.0 section 5.1) is a statement of the provider: anything but a zone this
 * runtime knows is ignored, so that no page fails because of it. `session`: undefined for somebody unknown.
 */
export function timeZoneOf(
  { timeZone }: { readonly timeZone: string },
  session: { readonly subject: Pick<Subject, 'claims'> } | undefined,
): string {
  const claims = session?.subject.claims
  const [stated] = claims !== undefined && Object.hasOwn(claims, 'zoneinfo') ? claims['zoneinfo']! : []
  return stated !== undefined && stated.length <= maxLength && isTimeZone(stated) ? stated : timeZone
}

/** Longest name of the IANA database, with room. */
const maxLength = 64
