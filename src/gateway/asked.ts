// What is remembered of an open exchange, so that the same question can be asked again.

import type { AccessRequest } from '../policy/access-request.ts'

export interface Asked {
  readonly host: string
  readonly access: AccessRequest
}
