// The one view of a request: everything after this file works on it, nothing else reads what came over the wire.

import type { PageRequest } from '../web/reply.ts'

export interface CanonicalRequest extends PageRequest {
  /** `path` + `query`: exactly what is forwarded. */
  readonly target: string
  readonly version: '1.0' | '1.1' | '2'
  /** As received, in order, pseudo-headers taken out. */
  readonly headers: readonly string[]
  /** TCP peer's address. `address` differs only behind a trusted proxy. */
  readonly peer: string
  /** `websocket` or undefined: any other upgrade is refused. */
  readonly upgrade: 'websocket' | undefined
  /** Bytes announced; undefined when chunked (or HTTP/2 without a length); 0 when there is no body. */
  readonly contentLength: number | undefined
}
