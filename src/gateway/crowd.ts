// How much one person has under way at the same time, over all their sessions on this node.

import type { LimitSettings } from '../config/configuration.ts'
import type { Subject } from '../policy/subject.ts'

export type Way = 'http' | 'websocket'

export interface Crowd {
  /** Counts one more. False: this person has as many as they may, and `leave` is not called. */
  enter(person: Pick<Subject, 'provider' | 'sub'>, way: Way): boolean
  leave(person: Pick<Subject, 'provider' | 'sub'>, way: Way): void
}

type Tally = Record<Way, number>

/** Two maps instead of one with a joint key: every request passes here, and none makes a string for it. */
export function createCrowd(limits: () => Pick<LimitSettings, 'requestsPerPerson' | 'websocketsPerPerson'>): Crowd {
  const providers = new Map<string, Map<string, Tally>>()

  return {
    enter({ provider, sub }, way) {
      let people = providers.get(provider)
      if (people === undefined) providers.set(provider, (people = new Map()))
      let tally = people.get(sub)
      if (tally === undefined) people.set(sub, (tally = { http: 0, websocket: 0 }))
      const { requestsPerPerson, websocketsPerPerson } = limits()
      if (tally[way] >= (way === 'http' ? requestsPerPerson : websocketsPerPerson)) return false
      tally[way]++
      return true
    },
    leave({ provider, sub }, way) {
      const people = providers.get(provider)
      const tally = people?.get(sub)
      if (people === undefined || tally === undefined) return
      tally[way]--
      if (tally.http === 0 && tally.websocket === 0) people.delete(sub)
    },
  }
}
