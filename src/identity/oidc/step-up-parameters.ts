// Parameters that ask a provider for a stronger or newer authentication (OIDC Core 3.1.2.1, 5.5.1.1; RFC 9470).

import type { ServerMetadata } from 'openid-client'
import type { ProviderSettings } from '../../config/provider-settings.ts'
import type { StepUp } from './return-context.ts'

type Asked = Pick<ServerMetadata, 'claims_parameter_supported'>

/**
 * `acr_values` alone is voluntary. An essential `acr` claim, `max_age` and `prompt` oblige the provider; the claims that come
 * back are checked in any case. Empty: there is nothing this provider could be asked for.
 */
export function stepUpParameters(
  settings: ProviderSettings,
  wanted: StepUp,
  metadata: Asked,
): Readonly<Record<string, string>> {
  const { stepUp } = settings
  const ages = wanted.silent ? [] : [wanted.maxAge, stepUp.maxAge].filter((age) => age !== undefined)
  return {
    ...levelParameters(settings, wanted.level, stepUp.essential && metadata.claims_parameter_supported !== false),
    ...(ages.length > 0 && { max_age: String(Math.floor(Math.min(...ages) / 1000)) }),
    // OIDC Core 3.1.2.1: `none` shows no page; the callback says so when one is needed.
    ...(wanted.silent ? { prompt: 'none' } : stepUp.prompt !== undefined && { prompt: stepUp.prompt }),
  }
}

/**
 * For a first sign-in on the way to an application that requires this level anyway: spares the second one. Voluntary where the
 * provider can take it so; nothing depends on it, because the application's rules are evaluated afterwards.
 */
export function firstSignInParameters(
  settings: ProviderSettings,
  level: StepUp['level'],
): Readonly<Record<string, string>> {
  return levelParameters(settings, level, false)
}

function levelParameters(
  { kind, stepUp, phishingResistant }: ProviderSettings,
  level: StepUp['level'],
  insist: boolean,
): Record<string, string> {
  if (level === 'any') return {}
  const strict = level === 'phishing_resistant' && phishingResistant.acrAny.length > 0
  const values = strict ? phishingResistant.acrAny : stepUp.acrValues
  // [MS-OAPX] 2.2.2.10: AD FS knows no `acr`; this is its way to ask for a second factor.
  if (kind === 'adfs' && values.length === 0) return { amr_values: 'ngcmfa' }
  if (values.length === 0) return {}
  // Microsoft's own claim for authentication contexts; it takes one value (Conditional Access developer guide).
  if (kind === 'entra') return claimsParameter({ acrs: { essential: true, value: values[0] } })
  // Core 5.5.1.1 does not define the combination of both, and some providers then ignore the essential claim.
  return insist ? claimsParameter({ acr: { essential: true, values } }) : { acr_values: values.join(' ') }
}

function claimsParameter(claims: object): Record<string, string> {
  return { claims: JSON.stringify({ id_token: claims }) }
}
