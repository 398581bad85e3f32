// Asks policy, unless the answer is given before any rule: declared public, nobody to ask, or another device.

import { decide } from '../policy/decide.ts'
import type { AccessRequest } from '../policy/access-request.ts'
import type { Decision, Remedy } from '../policy/decision.ts'
import type { ReasonCode } from '../policy/reasons.ts'
import { isForeign } from './assess.ts'
import { emergencyProvider } from '../policy/subject.ts'
import type { Confirmed } from './confirm.ts'
import type { Parts } from './parts.ts'
import type { Session } from '../identity/session.ts'
import type { Site } from './applied.ts'
import type { Target } from './route.ts'

const unlimited = { download: undefined, upload: undefined }

export function judge(
  parts: Parts,
  target: Extract<Target, { kind: 'app' }>,
  who: Confirmed,
  access: AccessRequest,
): Decision {
  const { site } = target
  if (target.open) return openToAll(access.now + site.policy.lease)
  if (who.state === 'unreachable') return closed(who.code, { kind: 'try_again' }, access.now)
  if (who.state === 'none') return decide(site.policy, access)
  if (isForeign(who.session, access))
    return closed('device_mismatch', { kind: 'sign_in', provider: undefined }, access.now)
  if (isElsewhere(who.session, site)) return closed('user_not_listed', { kind: 'ask_owner' }, access.now)
  return tooOld(parts, site, who.session, access.now) ?? parts.leases.decide(site.policy, who.session, access)
}

/** A sealed code opens one app; at every other its bearer is nobody, not even one of "everyone signed in". */
function isElsewhere({ subject }: Session, { app }: Pick<Site, 'app'>): boolean {
  return subject.provider === emergencyProvider && subject.claims['app']?.includes(app.name) !== true
}

/**
 * An app's own `session` may be stricter than the session at large: then the person proves once more that it is them.
 * Being active anywhere counts; a connection that is merely open does not.
 */
function tooOld(parts: Parts, site: Site, session: Session, now: number): Decision | undefined {
  const { idle, lifetime } = site.app.session
  const ends = endsOf(parts, site, session)
  if (now >= ends.lifetime) return again('session_expired', lifetime, now)
  if (now > ends.idle) return again('session_idle', idle, now)
  return undefined
}

/** Epoch milliseconds at which an open connection may be too old: by those limits, or because nobody was there. */
export function oldAt(parts: Pick<Parts, 'sessions'>, site: Pick<Site, 'app'>, session: Session): number {
  const ends = endsOf(parts, site, session)
  return Math.min(ends.lifetime, ends.idle + 1, parts.sessions.lastSeen(session) + session.idle + 1)
}

function endsOf(
  parts: Pick<Parts, 'sessions'>,
  site: Pick<Site, 'app'>,
  session: Session,
): { readonly lifetime: number; readonly idle: number } {
  const { idle, lifetime } = site.app.session
  const provenAt = session.authentication.authTime ?? session.createdAt
  const stricter = lifetime < session.endsAt - session.createdAt
  return {
    lifetime: stricter ? provenAt + lifetime : Infinity,
    idle: idle < session.idle ? Math.max(parts.sessions.lastSeen(session), provenAt) + idle : Infinity,
  }
}

function again(code: ReasonCode, maxAge: number, now: number): Decision {
  return { ...closed(code, { kind: 'step_up', level: 'any', maxAge }, now), effect: 'challenge' }
}

function openToAll(validUntil: number): Decision {
  return {
    effect: 'allow',
    rule: 'public',
    reasons: [],
    remedy: undefined,
    limits: unlimited,
    validUntil,
    grant: undefined,
    monitored: undefined,
  }
}

/** A denial given before any rule was asked. */
export function closed(code: ReasonCode, remedy: Remedy, now: number): Decision {
  return {
    effect: 'deny',
    rule: undefined,
    reasons: [{ code, parameters: {} }],
    remedy,
    limits: unlimited,
    validUntil: now,
    grant: undefined,
    monitored: undefined,
  }
}
