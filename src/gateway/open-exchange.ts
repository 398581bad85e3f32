// Context of an open exchange, kept for its re-authorization.

import type { PublicAddress } from '../config/configuration.ts'
import type { AccessRequest } from '../policy/access-request.ts'
import type { ReasonCode } from '../policy/reasons.ts'
import type { RequestSource } from './origin-check.ts'

export interface OpenExchangeContext {
  /** The one of the app's public addresses that was requested. */
  readonly address: PublicAddress
  readonly access: AccessRequest
  readonly source: RequestSource | undefined
  /** Of the sign-in whose cookie opened it; undefined without a session. */
  readonly generation: number | undefined
  /** Set when the exchange is ended by a decision: its reason code. */
  endReason?: ReasonCode
}
