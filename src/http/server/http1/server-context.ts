// State and callbacks shared by all HTTP/1.x connections of one listener.

import type { Readable } from 'node:stream'
import type { LimitSettings } from '../../../config/configuration.ts'
import type { Exchange } from '../../exchange.ts'

export interface Http1ServerContext {
  readonly limits: LimitSettings
  readonly now: () => number
  readonly handle: (exchange: Exchange) => void
  readonly keepAliveLines: string
  draining: boolean
  dateLine(): string
  /** Body of every GET or HEAD without content. */
  readonly emptyBody: Readable
  readonly onUnexpectedError: (error: unknown) => void
}
