// What is remembered of an open exchange, so that the same question can be asked again.

import type { AccessRequest } from '../policy/access-request.ts'
import type { ReasonCode } from '../policy/reasons.ts'
import type { WebSocketHandshake } from './websocket-origin.ts'

export interface OpenExchangeContext {
  readonly host: string
  readonly access: AccessRequest
  readonly webSocket: WebSocketHandshake | undefined
  /** Why it was ended, from then on. */
  endReason?: ReasonCode
}
