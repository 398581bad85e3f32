// Who was let in to which app in this hour and the one before: asked by every request, so that nothing is written twice.

import type { Subject } from '../../policy/subject.ts'

type Person = Pick<Subject, 'provider' | 'sub'>

export interface LastUsedHours {
  /** `hour`: epoch milliseconds of its begin. True when this had not been noted yet. */
  record(person: Person, app: string, hour: number): boolean
  /** The last hour noted, of this one and the one before; -Infinity for neither. */
  last(person: Person, app: string): number
}

/** By app, provider and `sub`: no text is made to ask, and a person takes one place in a set. */
type People = Map<string, Map<string, Set<string>>>

/** People at apps, in one hour. Beyond them an hour may be written twice. */
const maxEntries = 200_000

export function createLastUsedHours(): LastUsedHours {
  let hour = -Infinity
  let people: People = new Map()
  let count = 0
  let before = { hour: -Infinity, people: new Map() as People }

  return {
    record({ provider, sub }, app, begun) {
      if (begun > hour || count >= maxEntries) {
        if (begun > hour) before = { hour, people }
        people = new Map()
        hour = Math.max(begun, hour)
        count = 0
      }
      let providers = people.get(app)
      if (providers === undefined) people.set(app, (providers = new Map()))
      let subs = providers.get(provider)
      if (subs === undefined) providers.set(provider, (subs = new Set()))
      if (subs.has(sub)) return false
      subs.add(sub)
      count++
      return true
    },
    last({ provider, sub }, app) {
      if (people.get(app)?.get(provider)?.has(sub) === true) return hour
      return before.people.get(app)?.get(provider)?.has(sub) === true ? before.hour : -Infinity
    },
  }
}
