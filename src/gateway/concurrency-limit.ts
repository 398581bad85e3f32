// How much one person has under way at the same time, over all their sessions on this node.

import type { LimitSettings } from '../config/configuration.ts'
import type { Subject } from '../policy/subject.ts'

export type Way = 'http' | 'websocket'

export interface Crowd {
  /** Counts one more, and gives back how to count it off again, once. Undefined: this person has as many as they may. */
  enter(person: Pick<Subject, 'provider' | 'sub'>, way: Way): (() => void) | undefined
}

type Tally = Record<Way, number>

/** People of one provider who are remembered although nothing of theirs is under way. */
const remembered = 1_000

/** Two maps instead of one with a joint key: every request passes here, and none makes a string for it. */
export function createCrowd(limits: () => Pick<LimitSettings, 'requestsPerPerson' | 'websocketsPerPerson'>): Crowd {
  const providers = new Map<string, Map<string, Tally>>()

  return {
    enter({ provider, sub }, way) {
      let people = providers.get(provider)
      if (people === undefined) providers.set(provider, (people = new Map()))
      const found = people.get(sub)
      const { requestsPerPerson, websocketsPerPerson } = limits()
      if ((found?.[way] ?? 0) >= (way === 'http' ? requestsPerPerson : websocketsPerPerson)) return undefined
      const tally = found ?? { http: 0, websocket: 0 }
      if (found === undefined) people.set(sub, tally)
      tally[way]++
      return () => {
        tally[way]--
        const idle = tally.http === 0 && tally.websocket === 0
        // Most come again; a table that forgets and learns with every request is made anew all the time.
        if (idle && people.size > remembered) people.delete(sub)
      }
    },
  }
}
