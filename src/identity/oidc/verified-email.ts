// E-mail address that a provider vouches for, by what each kind of provider documents; an absent proof proves nothing.

import type { ProviderSettings } from '../../config/provider-settings.ts'
import { never } from '../../policy/never.ts'
import { emailOf } from '../users/email.ts'
import { readClaim, type Claims, type ProviderClaims } from './provider-claims.ts'

/** Normalized. Undefined when there is none, or the provider does not state that it belongs to this person. */
export function verifiedEmail({ idToken, userInfo }: ProviderClaims, settings: ProviderSettings): string | undefined {
  const sources = [idToken, userInfo].filter((source) => source !== undefined)
  if (sources.some((source) => String(source.email_verified).toLowerCase() === 'false')) return undefined
  const path = settings.claims.email
  const stated = sources.map((source) => readClaim(source, path)).find((value) => value !== undefined)
  // Another claim than the standard one was chosen by the administrator, who knows what it contains.
  if (settings.emailVerified === 'assumed' || path !== 'email') return emailOf(stated)
  // About this address: the other source may state another one.
  const about = sources.filter((source) => source.email === undefined || source.email === stated)
  switch (settings.kind) {
    case 'entra':
      return about.some(domainOwnerVerified) ? emailOf(stated) : memberName(sources)
    case 'google':
      return about.some(isVerified) && isGoogleAccount(stated, sources) ? emailOf(stated) : undefined
    case 'generic':
    case 'keycloak':
    case 'okta':
    case 'auth0':
    case 'cognito':
    case 'gitlab':
    case 'adfs':
    case 'dex':
    case 'zitadel':
      return about.some(isVerified) ? emailOf(stated) : undefined
    default:
      return never(settings.kind)
  }
}

/** OIDC Core 5.1. Some providers write booleans as text. */
function isVerified(source: Claims): boolean {
  return source.email_verified === true || source.email_verified === 'true'
}

/**
 * Microsoft Entra, "Optional claims reference": users and administrators of a tenant write any address into `mail`;
 * `xms_edov` says that its domain is verified.
 */
function domainOwnerVerified({ xms_edov: verified }: Claims): boolean {
  return verified === true || verified === 1 || verified === '1' || verified === 'true'
}

/**
 * The user principal name of a member: Entra accepts only domains that the tenant has verified. A guest's name comes from
 * elsewhere; then `idp` is present and is not the issuer ("ID token claims reference"), or the name contains `#EXT#`.
 */
function memberName(sources: readonly Claims[]): string | undefined {
  const guest = sources.some(
    ({ idp, iss, acct }) => (idp !== undefined && idp !== iss) || acct === 1 || String(acct) === '1',
  )
  const name = sources.map((source) => source.preferred_username ?? source.upn).find((value) => value !== undefined)
  return guest || String(name).toUpperCase().includes('#EXT#') ? undefined : emailOf(name)
}

/**
 * Google, "Verify the Google ID token": authoritative for Gmail addresses and for organisations (`hd`) only. The owner of any
 * other address may have changed since Google verified it.
 */
function isGoogleAccount(email: unknown, sources: readonly Claims[]): boolean {
  if (sources.some(({ hd }) => typeof hd === 'string' && hd !== '')) return true
  return typeof email === 'string' && /@(?:gmail|googlemail)\.com$/i.test(email)
}
