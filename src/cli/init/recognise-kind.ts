// Recognises the kind of a provider by its issuer, else by what its metadata shows.

import type { ServerMetadata } from 'openid-client'
import type { ProviderKind } from '../../config/provider-settings.ts'

const byHost: readonly (readonly [RegExp, ProviderKind])[] = [
  [/^login\.microsoftonline\.(?:com|us)$/, 'entra'],
  [/^accounts\.google\.com$/, 'google'],
  [/(?:^|\.)(?:okta|oktapreview|okta-emea)\.com$/, 'okta'],
  [/(?:^|\.)auth0\.com$/, 'auth0'],
  [/^cognito-idp\.[a-z0-9-]+\.amazonaws\.com$/, 'cognito'],
  [/^gitlab\.com$/, 'gitlab'],
  [/(?:^|\.)zitadel\.(?:cloud|app)$/, 'zitadel'],
]

/** `generic` when nothing is recognised: a preset of the wrong kind would read claims that mean something else. */
export function recogniseKind(
  issuer: string,
  metadata: Pick<ServerMetadata, 'authorization_endpoint' | 'claims_supported'> = {},
): ProviderKind {
  const url = URL.parse(issuer)
  if (url === null) return 'generic'
  const host = byHost.find(([pattern]) => pattern.test(url.hostname))
  if (host !== undefined) return host[1]
  const authorization = URL.parse(metadata.authorization_endpoint ?? '')?.pathname ?? ''
  if (/\/realms\/[^/]+\/protocol\/openid-connect\/auth$/.test(authorization)) return 'keycloak'
  if (/\/adfs\/oauth2\/authorize\/?$/.test(authorization)) return 'adfs'
  const claims = Array.isArray(metadata.claims_supported) ? metadata.claims_supported : []
  if (claims.includes('groups_direct')) return 'gitlab'
  if (claims.includes('urn:zitadel:iam:org:project:roles')) return 'zitadel'
  return 'generic'
}
