// Session as of an earlier sign-in: what its cookies of other hosts still open after a stronger sign-in (decision 27).

import type { Authentication } from '../../policy/subject.ts'
import type { EarlierSignIn, Session } from './session.ts'

/** Older ones are forgotten: their cookies open nothing. */
const maxEarlier = 20

/** `earlier` of a session that a sign-in of the same person raised to its next generation. */
export function withEarlier({ earlier = [], generation, authentication, endsAt }: Session): readonly EarlierSignIn[] {
  return [...earlier, { generation, authentication, endsAt }].slice(-maxEarlier)
}

/** A stored session lacks what is undefined, so fields are compared, not objects. */
export function provesSame(one: Authentication, other: Authentication): boolean {
  return (
    one.acr === other.acr &&
    one.authTime === other.authTime &&
    one.mfa === other.mfa &&
    one.phishingResistant === other.phishingResistant &&
    one.amr.length === other.amr.length &&
    one.amr.every((method, index) => method === other.amr[index])
  )
}

/**
 * The session as the sign-in of `generation` left it: a cookie that was stolen before a stronger sign-in gains nothing by it,
 * neither strength nor time. Undefined when that sign-in is unknown or forgotten.
 */
export function asOf(session: Session, generation: number): Session | undefined {
  if (generation === session.generation) return session
  const then = session.earlier?.find((one) => one.generation === generation)
  if (then === undefined) return undefined
  const authentication = weaker(then.authentication, session.authentication)
  return { ...session, generation, authentication, endsAt: Math.min(then.endsAt, session.endsAt) }
}

/** Never more than either: the provider may since have stated less. */
function weaker(then: Authentication, now: Authentication): Authentication {
  const lessNow = (then.mfa && !now.mfa) || (then.phishingResistant && !now.phishingResistant)
  const stated = lessNow ? now : then
  const known = then.authTime !== undefined && now.authTime !== undefined
  return {
    ...stated,
    mfa: then.mfa && now.mfa,
    phishingResistant: then.phishingResistant && now.phishingResistant,
    authTime: known ? Math.min(then.authTime, now.authTime) : undefined,
  }
}
