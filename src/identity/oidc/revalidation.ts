// Asking the provider again: the refresh grant, one at a time per session across all nodes.

import type { Session } from '../session/session.ts'

export type RevalidationResult =
  /** Still good; `session` carries the new claims. */
  | { readonly state: 'confirmed'; readonly session: Session }
  /** The provider refused, or the session ended meanwhile. It is ended now. */
  | { readonly state: 'ended' }
  /** The provider cannot be asked (network, 5xx): the session lives on for `grace` after `revalidateAt`, no longer. */
  | { readonly state: 'unreachable' }
  /** Another node is asking right now. */
  | { readonly state: 'busy' }

export interface Revalidation {
  /** Never rejects. */
  revalidate(session: Session): Promise<RevalidationResult>
}
