// Validates a new grant before it is written: grantee, times, and the limits of external users.

import { isTimeZone } from '../config/units.ts'
import { foldAddress } from '../net/domain-names.ts'
import { maxExternalGrant } from '../policy/external.ts'
import type { GrantLevel } from '../policy/grant.ts'

export interface NewGrant {
  /** `provider|sub` or `provider|mailto:address`. */
  readonly who: string
  readonly app: string
  readonly level: GrantLevel
  readonly from: number
  readonly until: number
  /** As `Grant.timeZone`. */
  readonly timeZone?: string | undefined
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

/** Returns the grant with a normalized address. `isExternal`: whether a grantee is external. Throws `GrantRejected`. */
export function validateNewGrant(wanted: NewGrant, isExternal: (who: string) => boolean = () => false): NewGrant {
  const invalid = (message: string) => new GrantRejected('bad_grant', message)
  const { app, level, from, until, timeZone, schedule, sponsor, reason, contract } = wanted
  const bar = wanted.who.indexOf('|')
  const provider = wanted.who.slice(0, Math.max(0, bar))
  const name = wanted.who.slice(bar + 1)
  if (provider === '' || name === '') throw invalid('who: expected provider|sub or provider|mailto:address')
  const address = name.startsWith('mailto:')
  if (address && !/^mailto:[^\s@|]+@[^\s@|]+$/.test(name)) throw invalid('who: expected an address after mailto:')
  if (app === '') throw invalid('app: required')
  if (level !== 'read' && level !== 'full') throw invalid('level: expected read or full')
  if (!isTimestamp(from) || !isTimestamp(until)) throw invalid('from, until: expected Unix time in milliseconds')
  if (until <= from) throw invalid('until: the grant ends before it begins')
  if (timeZone !== undefined && !isTimeZone(timeZone)) throw invalid('time_zone: expected a name such as Europe/Berlin')
  for (const text of [wanted.who, app, schedule, sponsor, reason, contract]) {
    if (text !== undefined && text.length > maxTextLength)
      throw invalid(`a text is longer than ${maxTextLength} characters`)
  }
  // Addresses of subjects are lower-case and NFC.
  const who = address ? `${provider}|${foldAddress(name)}` : wanted.who
  if (isExternal(who)) {
    if (sponsor === undefined || sponsor.trim() === '') {
      throw invalid('sponsor: required for an external user')
    }
    if (until - from > maxExternalGrant) throw invalid('until: at most 90 days after from, for an external user')
  }
  const zone = timeZone === undefined ? {} : { timeZone }
  return { who, app, level, from, until, ...zone, schedule, sponsor, reason, contract }
}

/**
 * Epoch milliseconds that every later step can handle: whole, and within what a `Date` can represent (ECMA-262 section
 * 21.4.1.1), beyond which formatting a time throws.
 */
export function isTimestamp(value: unknown): value is number {
  return Number.isSafeInteger(value) && Math.abs(value as number) <= 8.64e15
}

const maxTextLength = 2000
