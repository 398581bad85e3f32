// What forwarding needs of one app's upstream: server selection, header rules, limits.

import type { MapReference } from './headers/public-references.ts'
import type { ResponseFields } from './headers/response-fields.ts'
import type { ResponseHeaderRules } from './headers/response-headers.ts'
import type { Pins } from './pins.ts'
import type { UploadLimits } from './request-body.ts'
import type { ForwardRequest } from './upstream.ts'
import type { UpstreamServer } from './upstream-server.ts'

/** Server selection, header rules and upload limits of one app's upstream. */
export interface UpstreamContext {
  /** Next server to try, excluding those already tried; undefined when there is none. */
  pickServer(tried: ReadonlySet<UpstreamServer>): UpstreamServer | undefined
  /** Reports a failed connection attempt. */
  onFailure(server: UpstreamServer, error: Error): void
  /** Those of the public address that was requested. */
  responseHeaderRules(request: Pick<ForwardRequest, 'address'>): ResponseHeaderRules
  /** For early hints. */
  mapReference(request: Pick<ForwardRequest, 'address'>): MapReference
  readonly pins: Pins
  /** Fields set and removed for this app. */
  readonly fields?: ResponseFields | undefined
  readonly upload: UploadLimits
  /** Milliseconds the upstream may be silent within a response; undefined: any time. */
  readonly responseIdle?: number | undefined
  /** Requests have no Host yet: it is that of the server chosen (`host: upstream`). */
  readonly ownHost?: boolean
}
