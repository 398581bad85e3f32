// Remembers where people wanted to go while they sign in, here and not in a URL: nobody else can choose the target.

import type { Journey } from './return-context.ts'
import { createSealedRecords, type SealedRecordsOptions } from './one-time-records.ts'
import { hashOf, isSecret, newSecret } from '../session/opaque-token.ts'

export interface Journeys {
  /** `nonce`: value of the nonce cookie on the app host, reused when well-formed. Rejects with `StoreUnreachable`. */
  depart(journey: Omit<Journey, 'id' | 'nonceHash'>, nonce: string | undefined): Promise<{ id: string; nonce: string }>
  /** Undefined when unknown or over. Rejects with `StoreUnreachable`. */
  find(id: string): Promise<Journey | undefined>
}

export interface JourneysOptions extends Pick<SealedRecordsOptions, 'store' | 'seal'> {
  /** Host of the gateway: journeys there need no ticket and no nonce. */
  readonly gatewayHost: () => string
}

const longestTarget = 8192

export function createJourneys({ store, seal, gatewayHost }: JourneysOptions): Journeys {
  const journeys = createSealedRecords<Journey>({ store, seal, purpose: 'journey', ttl: 15 * 60_000 })
  return {
    async depart(journey, given) {
      const id = newSecret()
      const nonce = isSecret(given) ? given : newSecret()
      const nonceHash = journey.host === gatewayHost() ? undefined : hashOf(nonce)
      await journeys.put(id, { ...journey, target: safeTarget(journey.target), id, nonceHash })
      return { id, nonce }
    },
    find: (id) => journeys.get(id),
  }
}

// The canonical request allows nothing else; asked again because this one comes back as a redirect.
function safeTarget(target: string): string {
  return target.length <= longestTarget && /^\/[\x21-\x5b\x5d-\x7e]*$/.test(target) ? target : '/'
}
