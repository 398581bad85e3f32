// What it takes to give a grant, checked before anything is written.

import { maxExternalGrant } from '../policy/external.ts'
import type { GrantLevel } from '../policy/grant.ts'

export interface NewGrant {
  /** `provider|sub` or `provider|mailto:address`. */
  readonly who: string
  readonly app: string
  readonly level: GrantLevel
  readonly from: number
  readonly until: number
  readonly schedule: string | undefined
  readonly sponsor: string | undefined
  readonly reason: string | undefined
  readonly contract?: string | undefined
}

export class GrantRejected extends Error {
  readonly code: 'bad_grant' | 'declared_grant' | 'grant_over'
  constructor(code: GrantRejected['code'], message: string) {
    super(message)
    this.code = code
  }
}

/** With the address as subjects carry it. `isExternal`: is this of another organisation? Throws `GrantRefused`. */
export function validateNewGrant(wanted: NewGrant, isExternal: (who: string) => boolean = () => false): NewGrant {
  const refuse = (message: string) => new GrantRejected('bad_grant', message)
  const { app, level, from, until, schedule, sponsor, reason, contract } = wanted
  const bar = wanted.who.indexOf('|')
  const provider = wanted.who.slice(0, Math.max(0, bar))
  const name = wanted.who.slice(bar + 1)
  if (provider === '' || name === '') throw refuse('who: expected provider|sub or provider|mailto:address')
  const address = name.startsWith('mailto:')
  if (address && !/^mailto:[^\s@|]+@[^\s@|]+$/.test(name)) throw refuse('who: expected an address after mailto:')
  if (app === '') throw refuse('app: is missing')
  if (level !== 'read' && level !== 'full') throw refuse('level: expected read or full')
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(until)) throw refuse('from, until: expected times')
  if (until <= from) throw refuse('until: the grant ends before it begins')
  for (const text of [wanted.who, app, schedule, sponsor, reason, contract]) {
    if (text !== undefined && text.length > maxTextLength)
      throw refuse(`a text is longer than ${maxTextLength} characters`)
  }
  // Subjects carry addresses lower-cased and NFC.
  const who = address ? `${provider}|${name.normalize('NFC').toLowerCase()}` : wanted.who
  if (isExternal(who)) {
    if (sponsor === undefined || sponsor.trim() === '') {
      throw refuse('sponsor: who answers for a person of another organisation? Name a sponsor')
    }
    if (until - from > maxExternalGrant) throw refuse('until: a person of another organisation gets 90 days at most')
  }
  return { who, app, level, from, until, schedule, sponsor, reason, contract }
}

const maxTextLength = 2000
