// What all connections of one listener share.

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
  /** What stands for the body of a GET that has none. */
  readonly emptyBody: Readable
  readonly onUnexpectedError: (error: unknown) => void
}
