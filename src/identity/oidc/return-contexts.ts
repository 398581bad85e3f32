// Remembers where people wanted to go while they sign in, here and not in a URL: nobody else can choose the target.

import type { ReturnContext } from './return-context.ts'
import { createOneTimeRecords, type OneTimeRecordsOptions } from './one-time-records.ts'
import { hashToken, isToken, newToken } from '../session/opaque-token.ts'

export interface ReturnContexts {
  /** `nonce`: value of the nonce cookie on the app host, reused when well-formed. Rejects with `StoreUnreachable`. */
  create(
    returnContext: Omit<ReturnContext, 'id' | 'nonceHash'>,
    nonce: string | undefined,
  ): Promise<{ id: string; nonce: string }>
  /** Undefined when unknown or over. Rejects with `StoreUnreachable`. */
  find(id: string): Promise<ReturnContext | undefined>
}

export interface ReturnContextsOptions extends Pick<OneTimeRecordsOptions, 'store' | 'seal'> {
  /** Host of the gateway: journeys there need no ticket and no nonce. */
  readonly gatewayHost: () => string
}

const maxTargetLength = 8192

export function createReturnContexts({ store, seal, gatewayHost }: ReturnContextsOptions): ReturnContexts {
  const journeys = createOneTimeRecords<ReturnContext>({ store, seal, purpose: 'journey', ttl: 15 * 60_000 })
  return {
    async create(returnContext, given) {
      const id = newToken()
      const nonce = isToken(given) ? given : newToken()
      const nonceHash = returnContext.host === gatewayHost() ? undefined : hashToken(nonce)
      await journeys.put(id, { ...returnContext, target: safeTarget(returnContext.target), id, nonceHash })
      return { id, nonce }
    },
    find: (id) => journeys.get(id),
  }
}

// The canonical request allows nothing else; asked again because this one comes back as a redirect.
function safeTarget(target: string): string {
  return target.length <= maxTargetLength && /^\/[\x21-\x5b\x5d-\x7e]*$/.test(target) ? target : '/'
}
