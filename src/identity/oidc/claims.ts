// Maps claims of a verified ID token and UserInfo to the subject (groups, email) and its authentication (acr, amr, MFA). Pure.

import type { ProviderSettings } from '../../config/provider-settings.ts'
import type { Authentication, Subject } from '../../policy/subject.ts'
import { statedGroups } from './groups/stated-groups.ts'
import { comparableText, readClaim, type Claims, type ProviderClaims } from './provider-claims.ts'
import { verifiedEmail } from './verified-email.ts'

const maxClaims = 200
const maxValues = 1000
const maxBytes = 1024
const maxDepth = 4
// A session is read on every request: its size stays bounded whatever a provider sends.
const maxClaimBytes = 32 * 1024

/** True when a claim the configuration reads is missing from the ID token, so that UserInfo must be requested. */
export function needsUserInfo(idToken: Claims | undefined, { claims, groupsFrom }: ProviderSettings): boolean {
  if (idToken === undefined || groupsFrom === 'userinfo') return true
  // A directory states the groups that the ID token lacks.
  const groups = groupsFrom === undefined || groupsFrom === 'token' ? [claims.groups.claim] : []
  return [...groups, claims.email, claims.name, claims.username].some((path) => readClaim(idToken, path) === undefined)
}

/** Subject as policy sees it, with bounded groups and claims. */
export function subjectOf(sub: string, statement: ProviderClaims, settings: ProviderSettings): Subject {
  const { idToken, userInfo } = statement
  // The signed ID token takes precedence; UserInfo supplies claims that it lacks.
  const stated = (path: string): unknown =>
    (idToken && readClaim(idToken, path)) ?? (userInfo && readClaim(userInfo, path))
  const { names, complete } = statedGroups(statement, settings)
  const email = ownEmail(verifiedEmail(statement, settings), settings)
  const [fromUserInfo, fromIdToken] = [flatten(userInfo), flatten(idToken)]
  const { email: _raw, ...claims } = { ...fromUserInfo.claims, ...fromIdToken.claims }
  const partial = [...new Set([...fromUserInfo.partial, ...fromIdToken.partial])]
  return {
    provider: settings.name,
    sub,
    email,
    name: textOf(stated(settings.claims.name)),
    username: usernameOf(stated(settings.claims.username)),
    groups: names,
    groupsComplete: complete,
    // A rule on this claim compares the verified address, never the raw one.
    claims: email === undefined ? claims : { ...claims, email: [email] },
    ...(partial.length > 0 && { partialClaims: partial }),
    external: settings.external,
  }
}

/** An address of a domain that another provider vouches for is none: this provider could state anybody's. */
export function ownEmail(email: string | undefined, { foreignDomains }: ProviderSettings): string | undefined {
  return email !== undefined && foreignDomains?.has(email.slice(email.indexOf('@') + 1)) ? undefined : email
}

/**
 * Authentication proven by an ID token; `now` in epoch milliseconds. `before`: what the sign-in proved; a refreshed token
 * that omits a claim removes nothing, a claim it has replaces the old one. UserInfo never counts (it proves no authentication).
 */
export function authenticationOf(
  idToken: Claims | undefined,
  settings: ProviderSettings,
  now: number,
  before?: Authentication,
): Authentication {
  const acr = authenticationContext(idToken, settings) ?? (idToken?.acr === undefined ? before?.acr : undefined)
  // OIDC Core 2: a JSON array of strings. A bare string is not accepted.
  const amr = idToken?.amr === undefined ? (before?.amr ?? []) : amrOf(idToken.amr)
  const stated = idToken?.auth_time
  // May be ahead by the clock tolerance (`token-checks.ts`); capped at now, or it would count as recent for longer.
  const authTime = typeof stated === 'number' ? Math.min(stated * 1000, now) : before?.authTime
  const proves = (rule: ProviderSettings['mfa']): boolean =>
    (acr !== undefined && classesIn(acr, settings).some((one) => rule.acrAny.includes(one))) ||
    amr.some((method) => rule.amrAny.includes(method))
  return { acr, amr, authTime, mfa: proves(settings.mfa), phishingResistant: proves(settings.phishingResistant) }
}

/**
 * Microsoft Entra states satisfied authentication contexts in the list `acrs`, and no `acr` (v2.0 tokens).
 * They are kept in one string, separated by spaces like `acr_values` (OIDC Core 3.1.2.1).
 */
function authenticationContext(idToken: Claims | undefined, { kind }: ProviderSettings): string | undefined {
  const acr = idToken?.acr === undefined ? undefined : comparableText(idToken.acr)
  if (kind !== 'entra') return acr
  const contexts = amrOf(idToken?.acrs).filter((context) => !context.includes(' '))
  return comparableText([...(acr === undefined ? [] : [acr]), ...contexts].join(' '))
}

function classesIn(acr: string, { kind }: ProviderSettings): readonly string[] {
  return kind === 'entra' ? acr.split(' ') : [acr]
}

function amrOf(amr: unknown): string[] {
  if (!Array.isArray(amr)) return []
  return amr.filter((method): method is string => comparableText(method) !== undefined).slice(0, 50)
}

/** Claims about the token itself, or stored elsewhere in the session. */
const protocol = new Set(
  'iss aud exp iat nbf jti nonce azp at_hash c_hash s_hash sid sub acr amr auth_time _claim_names _claim_sources'.split(
    ' ',
  ),
)
const dangerous = new Set(['__proto__', 'constructor', 'prototype'])

interface FlatClaims {
  readonly claims: Record<string, readonly string[]>
  /** See `Subject.partialClaims`. */
  readonly partial: ReadonlySet<string>
}

/**
 * Flattens all claims that rules may use; nested ones get a dotted path. Bounded in depth, number and size: what the bounds
 * cut off is unknown, not absent. An empty list is a statement, null is none.
 */
function flatten(claims: Claims | undefined): FlatClaims {
  const found: [string, readonly string[]][] = []
  const partial = new Set<string>()
  const open: [path: string, value: unknown, depth: number][] = Object.entries(claims ?? {})
    .filter(([name]) => !protocol.has(name))
    .map(([name, value]) => [name, value, 1])
  let bytes = 0
  while (open.length > 0) {
    if (found.length >= maxClaims || bytes > maxClaimBytes) {
      partial.add('*')
      break
    }
    const [path, value, depth] = open.shift()!
    if (value === null || dangerous.has(path) || path.length > maxBytes) continue
    if (typeof value === 'object' && !Array.isArray(value)) {
      const inner = Object.entries(value)
      const tooMuch = depth >= maxDepth || open.length > maxClaims
      if (tooMuch || inner.length > maxClaims) partial.add(path)
      if (tooMuch) continue
      const taken = inner.slice(0, maxClaims)
      open.push(...taken.map(([name, one]): [string, unknown, number] => [`${path}.${name}`, one, depth + 1]))
      continue
    }
    const stated: readonly unknown[] = Array.isArray(value) ? value : [value]
    const values = stated.slice(0, maxValues).flatMap((one) => scalar(one))
    bytes += values.reduce((sum, one) => sum + one.length, path.length)
    if (bytes > maxClaimBytes) {
      partial.add(path)
      continue
    }
    if (values.length < stated.length) partial.add(path)
    // A claim whose name contains dots takes precedence over a nested path spelled the same.
    if ((values.length > 0 || stated.length === 0) && !found.some(([name]) => name === path)) found.push([path, values])
  }
  return { claims: Object.fromEntries(found), partial }
}

/** Texts of a scalar claim; empty for other types and over-long text. */
function scalar(value: unknown): string[] {
  if (typeof value === 'number' || typeof value === 'boolean') return [String(value)]
  return comparableText(value) === undefined ? [] : [value as string]
}

// Apps may identify users by it, so it is never normalized: that could turn it into the name of another user (homographs).
function usernameOf(value: unknown): string | undefined {
  const text = comparableText(value)
  if (text === undefined || text.length > 256 || text.trim() !== text || /[\p{Cf}\p{Zl}\p{Zp}]/u.test(text))
    return undefined
  return text.normalize('NFKC') === text ? text : undefined
}

/** For displayed values: control characters replaced, length cut. */
function textOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const text = value
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ')
    .trim()
    .normalize('NFC')
    .slice(0, 256)
  return text === '' ? undefined : text
}
