// What distinguishes one provider that cannot run here from another: what it accepts, refuses, asks for and states.

import type { GroupName, UserName } from '../provider-case.ts'
import type { ScenarioName } from '../scenario-names.ts'

export type Claims = Readonly<Record<string, unknown>>

export interface SimulatedUser {
  readonly username: UserName
  /** Ids of a user at a provider are no names. */
  readonly sub: string
  readonly email: string
  groups: GroupName[]
  readonly hasSecondFactor: boolean
  disabled: boolean
}

/** One authorization and the tokens that came of it. */
export interface Grant {
  readonly user: SimulatedUser
  readonly scopes: ReadonlySet<string>
  readonly parameters: URLSearchParams
  /** Epoch seconds. */
  readonly authTime: number
  readonly secondFactor: boolean
  readonly sid: string
  /** True in the response to a refresh token. */
  readonly refreshed: boolean
  /** The user had not granted access to this client before. */
  readonly firstConsent: boolean
}

/** Single sign-on of one browser at the provider. */
export interface BrowserSession {
  readonly user: SimulatedUser
  authTime: number
  secondFactor: boolean
  readonly sid: string
}

export interface Behaviour {
  readonly name: string
  /** Page below `docs`, and the issuer it writes. */
  readonly page: string
  readonly issuer: string
  /** Of the issuer: `` or `/oauth2/default`; a trailing slash counts. */
  readonly issuerPath: string
  readonly groups?: Readonly<Record<GroupName, string>>
  readonly cannot: Partial<Record<ScenarioName, string>>
  /** Replaces members of the metadata; undefined removes one. */
  readonly metadata: Claims
  /** Scopes of an authorization request that are not refused. */
  readonly scopes: readonly string[]
  /** OAuth error of an authorization request that the real provider refuses otherwise. */
  refuse?(parameters: URLSearchParams): string | undefined
  /** Whether this request makes it ask for a second factor. */
  asksSecondFactor(parameters: URLSearchParams, user: SimulatedUser): boolean
  /** OAuth error when a user has no second factor to answer with. */
  readonly unmet: string
  /** Claims of the ID token beyond those of OIDC Core 2. Undefined members are left out, also of the standard ones. */
  claims(grant: Grant): Claims
  /** Undefined: the metadata lists no UserInfo endpoint. */
  userInfo?(grant: Grant): Claims
  issuesRefreshToken(grant: Grant): boolean
  /** What a refresh brings: no other refresh token, a new one beside the old, or one in place of the old. */
  readonly refreshTokens: 'same' | 'new' | 'rotated'
  /** Where to go after the end of the session; undefined: refused with 400. Absent: no such endpoint. */
  endSession?(parameters: URLSearchParams, signedOut: string): string | undefined
  readonly revokes: boolean
  /** Announces the end of a session by back-channel logout. */
  readonly announces: boolean
}

/** RP-Initiated Logout 1.0, section 2. */
export function standardEndSession(parameters: URLSearchParams, signedOut: string): string | undefined {
  return parameters.get('post_logout_redirect_uri') === signedOut ? signedOut : undefined
}

/** Values requested as an essential claim of the ID token (OIDC Core 5.5.1). */
export function requestedClaim(parameters: URLSearchParams, claim: string): readonly string[] {
  const requested = JSON.parse(parameters.get('claims') ?? '{}') as {
    id_token?: Record<string, { value?: string; values?: string[] } | null>
  }
  const { value, values = [] } = requested.id_token?.[claim] ?? {}
  return value === undefined ? values : [value]
}
