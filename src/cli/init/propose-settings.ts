// Reads the claims of a trial sign-in: what they say by the present settings, and which settings would read more. Pure.

import type { ServerMetadata } from 'openid-client'
import type { ProviderSettings } from '../../config/provider-settings.ts'
import { authenticationOf, subjectOf } from '../../identity/oidc/claims.ts'
import { readGroups } from '../../identity/oidc/groups/group-shapes.ts'
import type { Claims } from '../../identity/oidc/provider-claims.ts'
import type { TrialResult } from '../../identity/oidc/trial-sign-in.ts'
import type { Authentication } from '../../policy/subject.ts'

export interface TrialFindings {
  readonly name: string | undefined
  /** Verified. */
  readonly email: string | undefined
  /** Stated, and not counted because it is not verified. */
  readonly unverifiedEmail: string | undefined
  readonly groups: readonly string[]
  readonly authentication: Authentication
  readonly refreshToken: boolean
  /** Another claim, or shape of it, that has groups. */
  readonly groupsClaim: GroupsProposal | undefined
  /** A scope that the provider offers and that may bring groups. */
  readonly scope: string | undefined
  readonly mfa: MfaProposal
}

export interface GroupsProposal {
  readonly claim: string
  readonly shape: 'list' | 'keys' | 'path'
  readonly field: string | undefined
  readonly names: readonly string[]
}

export type MfaProposal =
  | { readonly kind: 'proved' }
  /** If a second factor was used: what to count as its proof. */
  | { readonly kind: 'values'; readonly setting: 'acr_any' | 'amr_any'; readonly values: readonly string[] }
  /** These values also come without a second factor. */
  | { readonly kind: 'unclear'; readonly said: string }
  | { readonly kind: 'nothing' }

/** `now`: epoch milliseconds. */
export function findingsOf(
  result: TrialResult,
  settings: ProviderSettings,
  metadata: Pick<ServerMetadata, 'scopes_supported'>,
  now: number,
): TrialFindings {
  const { idToken, userInfo, sub, refreshToken } = result
  const subject = subjectOf(sub, { idToken, userInfo }, settings)
  const authentication = authenticationOf(idToken, settings, now)
  const stated = idToken['email'] ?? userInfo?.['email']
  const groupsClaim = proposeGroups(subject.groups, [idToken, userInfo], settings)
  return {
    name: subject.name,
    email: subject.email,
    unverifiedEmail: subject.email === undefined && typeof stated === 'string' ? stated.slice(0, 254) : undefined,
    groups: subject.groups,
    authentication,
    refreshToken,
    groupsClaim,
    scope:
      subject.groups.length > 0 || groupsClaim !== undefined ? undefined : proposeScope(result, settings, metadata),
    mfa: proposeMfa(authentication, settings),
  }
}

function proposeGroups(
  present: readonly string[],
  sources: readonly (Claims | undefined)[],
  { claims }: ProviderSettings,
): GroupsProposal | undefined {
  const current = claims.groups.claim
  const isPath = (name: string): boolean => /^(?:\/[^/]+)+$/.test(name)
  if (present.length > 0) {
    // Keycloak, "Full group path": rules name groups without the slash.
    if (claims.groups.shape !== 'list' || !present.every(isPath)) return undefined
    return { claim: current, shape: 'path', field: claims.groups.field, names: present.map((name) => name.slice(1)) }
  }
  for (const source of sources) {
    for (const [claim, value] of candidatesIn(source ?? {})) {
      const found = shapeOf(claim, value)
      if (found !== undefined) return found
    }
  }
  return undefined
}

/** Claims whose name says that they hold groups, those named `groups` first; nested ones with a dotted path. */
function candidatesIn(claims: Claims): [claim: string, value: unknown][] {
  const nested = Object.entries(claims).flatMap(([name, value]): [string, unknown][] =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? [[name, value], ...Object.entries(value).map(([inner, one]): [string, unknown] => [`${name}.${inner}`, one])]
      : [[name, value]],
  )
  const rank = (name: string): number =>
    /(?:^|[.:/_])groups?$/i.test(name) ? 0 : /(?:^|[.:/_])roles?$/i.test(name) ? 1 : 2
  return nested.filter(([name]) => rank(name) < 2 && isWritable(name)).toSorted(([a], [b]) => rank(a) - rank(b))
}

function shapeOf(claim: string, value: unknown): GroupsProposal | undefined {
  const first = Array.isArray(value) ? (value as readonly unknown[])[0] : undefined
  const isObject = typeof first === 'object' && first !== null
  const field = isObject ? ['name', 'displayName', 'id'].find((one) => Object.hasOwn(first, one)) : undefined
  for (const shape of ['path', 'list', 'keys'] as const) {
    if (shape === 'keys' && Array.isArray(value)) continue
    const { names, complete } = readGroups(value, { shape, field })
    if (complete && names.length > 0) return { claim, shape, field, names }
  }
  return undefined
}

/** Not of Keycloak, whose metadata lists scopes that this client need not have, nor of Google, which has none for groups. */
function proposeScope(
  { requestedScopes }: TrialResult,
  { kind }: ProviderSettings,
  { scopes_supported: listed }: Pick<ServerMetadata, 'scopes_supported'>,
): string | undefined {
  if (kind === 'keycloak' || kind === 'google') return undefined
  return ['groups', 'roles', 'allatclaims'].find(
    (scope) => listed?.includes(scope) === true && !requestedScopes.includes(scope),
  )
}

/** RFC 8176 section 2: methods that are no second factor, or none of a person. */
const firstFactors = new Set(['pwd', 'pin', 'kba', 'user', 'rba', 'geo', 'tel', 'wia', 'email', 'fed', 'external'])
/** Levels that a sign-in by one factor reaches: Keycloak's 0 and 1, and what is said when nothing is known. */
const firstLevels =
  /^(?:[01]|unspecified|(?:.*[:/])?(?:unspecified|password|passwordprotectedtransport|loa[:-]?1|1fa(?::any)?|bronze|silver))$/i

function proposeMfa({ acr, amr, mfa }: Authentication, { kind }: ProviderSettings): MfaProposal {
  if (mfa) return { kind: 'proved' }
  const methods = amr.filter((one) => !firstFactors.has(one) && isWritable(one))
  if (methods.length > 0) return { kind: 'values', setting: 'amr_any', values: methods }
  const levels = acr === undefined ? [] : kind === 'entra' ? acr.split(' ') : [acr]
  // What used the password alone says so, whatever the provider calls the level.
  const raised = amr.length > 0 ? [] : levels.filter((one) => !firstLevels.test(one) && isWritable(one))
  if (raised.length > 0) return { kind: 'values', setting: 'acr_any', values: raised }
  const said = [...(acr === undefined ? [] : [`acr ${acr}`]), ...(amr.length > 0 ? [`amr ${amr.join(', ')}`] : [])]
  return said.length === 0 ? { kind: 'nothing' } : { kind: 'unclear', said: said.join('; ') }
}

/** In the configuration such a text would name a file or variable to read; none that a provider says is written there. */
function isWritable(text: string): boolean {
  return !/^(?:env|file):|\p{Cc}/u.test(text) && text.length <= 200
}
