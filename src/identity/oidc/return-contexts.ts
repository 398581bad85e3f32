// Store of return contexts: the target stays on the server and not in a URL, which prevents open redirects.

import type { ReturnContext } from './return-context.ts'
import { createOneTimeRecords, type OneTimeRecordsOptions } from './one-time-records.ts'
import { hashToken, isToken, newToken } from '../session/opaque-token.ts'

export interface ReturnContexts {
  /** `nonce`: value of the nonce cookie on the app host, reused when well-formed. Rejects with `StoreUnreachable`. */
  create(
    returnContext: Omit<ReturnContext, 'id' | 'nonceHash'>,
    nonce: string | undefined,
  ): Promise<{ id: string; nonce: string }>
  /** Undefined when unknown or expired. Rejects with `StoreUnreachable`. */
  find(id: string): Promise<ReturnContext | undefined>
}

export interface ReturnContextsOptions extends Pick<OneTimeRecordsOptions, 'store' | 'seal'> {
  /** Host of the gateway: return contexts there need no ticket and no nonce. */
  readonly gatewayHost: () => string
}

const maxTargetLength = 8192

export function createReturnContexts({ store, seal, gatewayHost }: ReturnContextsOptions): ReturnContexts {
  const records = createOneTimeRecords<ReturnContext>({ store, seal, purpose: 'journey', ttl: 15 * 60_000 })
  return {
    async create(returnContext, given) {
      const id = newToken()
      const nonce = isToken(given) ? given : newToken()
      const nonceHash = returnContext.host === gatewayHost() ? undefined : hashToken(nonce)
      await records.put(id, { ...returnContext, target: safeTarget(returnContext.target), id, nonceHash })
      return { id, nonce }
    },
    find: (id) => records.get(id),
  }
}

// The canonical request allows nothing else; checked again because this value is sent as a redirect.
function safeTarget(target: string): string {
  return target.length <= maxTargetLength && /^\/[\x21-\x5b\x5d-\x7e]*$/.test(target) ? target : '/'
}
