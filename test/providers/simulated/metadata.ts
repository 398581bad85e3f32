// Metadata document of a simulated provider (OIDC Discovery 1.0, section 3).

import type { Behaviour, Claims } from './behaviour.ts'

export function metadataOf(behaviour: Behaviour, origin: string): Claims {
  return {
    issuer: `${origin}${behaviour.issuerPath}`,
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    jwks_uri: `${origin}/keys`,
    ...(behaviour.userInfo && { userinfo_endpoint: `${origin}/userinfo` }),
    ...(behaviour.endSession && { end_session_endpoint: `${origin}/logout` }),
    ...(behaviour.revokes && { revocation_endpoint: `${origin}/revoke` }),
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    code_challenge_methods_supported: ['S256'],
    scopes_supported: behaviour.scopes,
    ...(behaviour.announces && { backchannel_logout_supported: true, backchannel_logout_session_supported: true }),
    ...behaviour.metadata,
  }
}
