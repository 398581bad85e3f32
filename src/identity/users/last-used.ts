// Hourly cache of which subject used which app, so that each use is written to the store once per hour.

import type { Subject } from '../../policy/subject.ts'

type SubjectKey = Pick<Subject, 'provider' | 'sub'>

export interface LastUsedHours {
  /** `hour`: epoch milliseconds of its start. True when this use was not recorded yet. */
  record(person: SubjectKey, app: string, hour: number): boolean
  /** Latest recorded hour, the current or the previous one; -Infinity for neither. */
  last(person: SubjectKey, app: string): number
}

/** By app, provider and `sub`: a lookup concatenates no strings, and a subject takes one entry of a set. */
type SubjectsByApp = Map<string, Map<string, Set<string>>>

/** Subjects per app in one hour, in total. Beyond it an hour may be written twice. */
const maxEntries = 200_000

export function createLastUsedHours(): LastUsedHours {
  let hour = -Infinity
  let subjects: SubjectsByApp = new Map()
  let count = 0
  let previous = { hour: -Infinity, subjects: new Map() as SubjectsByApp }

  return {
    record({ provider, sub }, app, hourStart) {
      if (hourStart > hour || count >= maxEntries) {
        if (hourStart > hour) previous = { hour, subjects }
        subjects = new Map()
        hour = Math.max(hourStart, hour)
        count = 0
      }
      let providers = subjects.get(app)
      if (providers === undefined) subjects.set(app, (providers = new Map()))
      let subs = providers.get(provider)
      if (subs === undefined) providers.set(provider, (subs = new Set()))
      if (subs.has(sub)) return false
      subs.add(sub)
      count++
      return true
    },
    last({ provider, sub }, app) {
      if (subjects.get(app)?.get(provider)?.has(sub) === true) return hour
      return previous.subjects.get(app)?.get(provider)?.has(sub) === true ? previous.hour : -Infinity
    },
  }
}
