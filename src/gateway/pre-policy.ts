// Pre-policy checks: one table of denials that precede every rule, used by enforcement, re-authorization and `explain`.

import type { App } from '../config/configuration.ts'
import type { Session } from '../identity/session/session.ts'
import type { AccessRequest } from '../policy/access-request.ts'
import type { Decision, Remedy } from '../policy/decision.ts'
import type { ReasonCode } from '../policy/reasons.ts'
import { emergencyProvider } from '../policy/subject.ts'
import type { AuthenticationResult } from './idp-freshness.ts'
import { isCrossOrigin, isTrustedPreflight, originParameters, type RequestSource } from './origin-check.ts'

export interface PrePolicyRequest {
  readonly app: Pick<
    App,
    'name' | 'origin' | 'addresses' | 'trustedOrigins' | 'websocketOrigins' | 'websocketWithoutOrigin' | 'session'
  >
  /** Milliseconds: the longest validity of a decision of this app. */
  readonly lease: number
  /** Origin of the address that was requested; absent: the app's first. */
  readonly requested?: string | undefined
  /** The path is declared `public`: no sign-in. */
  readonly publicPath: boolean
  readonly who: AuthenticationResult
  readonly access: AccessRequest
  /** Where a write, a WebSocket handshake or a preflight comes from; undefined for other requests. */
  readonly source: RequestSource | undefined
  /** Epoch milliseconds. */
  readonly lastSeen: (session: Session) => number
}

/** The first row that matches decides; undefined when the rules decide. */
export function decideBeforePolicy(request: PrePolicyRequest): Decision | undefined {
  for (const row of rows) {
    const decision = row(request)
    if (decision !== undefined) return decision
  }
  return undefined
}

type Row = (request: PrePolicyRequest) => Decision | undefined

/** In this order; each denial has a reason code of its own. */
export const prePolicyRows = {
  /** Rule `public`. */
  publicPath: ({ publicPath, access, lease }) => (publicPath ? openAllow('public', access.now + lease) : undefined),
  /** Rule `preflight`. */
  trustedPreflight: ({ app, source, access, lease }) =>
    isTrustedPreflight(app, source) ? openAllow('preflight', access.now + lease) : undefined,
  /** `origin_not_allowed`, also without a session: the other page learns no more, and the user reads why. */
  crossOrigin: ({ app, source, requested, access }) =>
    source !== undefined && isCrossOrigin(app, source, requested) ? crossOriginDenial(source, access.now) : undefined,
  /** `store_unreachable`, `provider_unreachable` */
  unreachable: ({ who, access }) =>
    who.state === 'unreachable' ? denial(who.code, { kind: 'try_again' }, access.now) : undefined,
  /** `device_mismatch` */
  otherDevice: ({ who, access }) =>
    who.state === 'live' && isOtherDevice(who.session, access.device)
      ? denial('device_mismatch', { kind: 'sign_in', provider: undefined }, access.now)
      : undefined,
  /** `emergency_code_other_app` */
  emergencyCodeOfOtherApp: ({ app, who, access }) =>
    who.state === 'live' && isEmergencySessionForOtherApp(who.session, app)
      ? denial('emergency_code_other_app', { kind: 'ask_owner' }, access.now)
      : undefined,
  /** `session_expired`, `session_idle` */
  appSessionExpired: (request) =>
    request.who.state === 'live' ? appSessionExpired(request, request.who.session) : undefined,
} satisfies Readonly<Record<string, Row>>

const rows: readonly Row[] = Object.values(prePolicyRows)

/** Not the device the session is bound to. Without a bound device, a mismatch is left to rules with `device`. */
export function isOtherDevice(session: Session, device: AccessRequest['device']): boolean {
  return device.state === 'mismatch' && session.device !== undefined
}

/** An emergency code opens one app; at every other app its session satisfies no rule, not even `allow: {}`. */
function isEmergencySessionForOtherApp({ subject }: Session, app: Pick<App, 'name'>): boolean {
  return subject.provider === emergencyProvider && subject.claims['app']?.includes(app.name) !== true
}

/**
 * An app's `session` limits may be stricter than the global ones: the user then signs in again. Activity at any app
 * counts; an open connection alone does not.
 */
function appSessionExpired({ app, access, lastSeen }: PrePolicyRequest, session: Session): Decision | undefined {
  const { idle, lifetime } = app.session
  const ends = appSessionEnds(app, session, lastSeen)
  if (access.now >= ends.lifetime) return signInAgain('session_expired', lifetime, access.now)
  if (access.now > ends.idle) return signInAgain('session_idle', idle, access.now)
  return undefined
}

/** Epoch milliseconds at which an open connection expires: by the app's session limits, or by inactivity of the user. */
export function appSessionExpiresAt(
  app: Pick<App, 'session'>,
  session: Session,
  lastSeen: (session: Session) => number,
): number {
  const ends = appSessionEnds(app, session, lastSeen)
  return Math.min(ends.lifetime, ends.idle + 1, lastSeen(session) + session.idle + 1)
}

function appSessionEnds(
  app: Pick<App, 'session'>,
  session: Session,
  lastSeen: (session: Session) => number,
): { readonly lifetime: number; readonly idle: number } {
  const { idle, lifetime } = app.session
  const provenAt = session.authentication.authTime ?? session.createdAt
  const stricter = lifetime < session.endsAt - session.createdAt
  return {
    lifetime: stricter ? provenAt + lifetime : Infinity,
    idle: idle < session.idle ? Math.max(lastSeen(session), provenAt) + idle : Infinity,
  }
}

function signInAgain(code: ReasonCode, maxAge: number, now: number): Decision {
  return { ...denial(code, { kind: 'step_up', level: 'any', maxAge }, now), effect: 'challenge' }
}

const unlimited = { download: undefined, upload: undefined }

/** Needs no session, and gets no identity. */
function openAllow(rule: 'public' | 'preflight', validUntil: number): Decision {
  return {
    effect: 'allow',
    rule,
    reasons: [],
    remedy: undefined,
    limits: unlimited,
    validUntil,
    grant: undefined,
    monitored: undefined,
  }
}

/** `origin_not_allowed`; names the page's origin, which an administrator may want to trust, and the setting that admits forms. */
function crossOriginDenial(source: RequestSource, now: number): Decision {
  const setting: Readonly<Record<string, string>> = source.navigation ? { setting: 'cross_site_posts' } : {}
  const reasons = [{ code: 'origin_not_allowed', parameters: { ...originParameters(source), ...setting } }] as const
  return { ...denial('origin_not_allowed', { kind: 'ask_owner' }, now), reasons }
}

/** Builds a denial that comes from no rule; valid for this request only. */
export function denial(code: ReasonCode, remedy: Remedy, now: number): Decision {
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
