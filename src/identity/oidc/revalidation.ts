// Interface for revalidation of a session at the provider (refresh grant), and its results.

import type { Session } from '../session/session.ts'

export type RevalidationResult =
  /** Still valid; `session` has the new claims. */
  | { readonly state: 'confirmed'; readonly session: Session }
  /** The provider refused, or the session ended meanwhile. The session is ended. */
  | { readonly state: 'ended' }
  /** The provider is unreachable (network, 5xx): the session stays valid for `grace` after `revalidateAt`, no longer. */
  | { readonly state: 'unreachable' }
  /** Another node is revalidating this session. */
  | { readonly state: 'busy' }

export interface Revalidation {
  /** Refreshes the session at its provider. Never rejects. */
  revalidate(session: Session): Promise<RevalidationResult>
}
