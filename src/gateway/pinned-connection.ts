// Registers a private upstream connection for re-authorization: it ends with its session, its lease or its decision.

import type { Abort } from '../proxy/upstream.ts'
import type { Dependencies } from './dependencies.ts'
import type { AppRequest } from './record.ts'

/**
 * `decided`: the last request that was allowed to use the connection; `validUntil`: the end of its lease, in epoch
 * milliseconds. Returns the function that removes the registration.
 */
export function registerPinned(
  deps: Dependencies,
  { exchange, request, target, session, access, source }: AppRequest,
  device: string | undefined,
  validUntil: number,
  close: Abort,
): () => void {
  const open = deps.connections.open({
    id: request.id,
    app: target.app.config.name,
    session: session?.id,
    device,
    address: request.client,
    kind: 'pinned',
    startedAt: exchange.startedAt,
    validUntil,
    abort: close,
    context: { address: target.address, access, source, generation: session?.generation },
  })
  return () => deps.connections.close(open)
}
