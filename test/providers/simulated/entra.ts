// Microsoft Entra ID, v2.0 endpoint: no acr or amr, step-up by `acrs`, groups as object ids.
// https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference
// https://learn.microsoft.com/entra/identity-platform/optional-claims-reference
// https://learn.microsoft.com/entra/identity-platform/developer-guide-conditional-access-authentication-context

import { requestedClaim, standardEndSession, type Behaviour } from './behaviour.ts'

const tenant = '7f2c9a1e-3f0b-4b7e-9a51-2d1c0e6a8b44'
const groups = { staff: '5c1f4e3a-8d0e-4a53-9a3e-0f6f0f7f1a01', hr: '5c1f4e3a-8d0e-4a53-9a3e-0f6f0f7f1a02' }

export const entra: Behaviour = {
  name: 'Entra ID',
  page: 'guides/providers/entra.md',
  issuer: `https://login.microsoftonline.com/${tenant}/v2.0`,
  issuerPath: `/${tenant}/v2.0`,
  groups,
  cannot: {
    'back-channel logout': 'front-channel logout only; a session ends at the next revalidation',
    revocation: 'no revocation endpoint; sign-out ends the session at Microsoft, the refresh token expires there',
    'two nodes': 'old refresh tokens stay valid',
  },
  metadata: { code_challenge_methods_supported: undefined, request_uri_parameter_supported: false },
  scopes: ['openid', 'profile', 'email', 'offline_access'],
  asksSecondFactor: (parameters) => requestedClaim(parameters, 'acrs').length > 0,
  unmet: 'access_denied',
  claims: ({ user, parameters, secondFactor, refreshed, scopes, sid }) => ({
    ver: '2.0',
    tid: tenant,
    oid: `${user.sub.slice(0, 8)}-0000-4000-8000-${user.sub.slice(8, 20)}`,
    nbf: Math.floor(Date.now() / 1000),
    sid,
    ...(scopes.has('profile') && { name: user.username, preferred_username: user.email }),
    ...(scopes.has('email') && { email: user.email, xms_edov: true }),
    groups: user.groups.map((group) => groups[group]),
    ...(secondFactor && !refreshed && { acrs: requestedClaim(parameters, 'acrs') }),
  }),
  // The endpoint belongs to Microsoft Graph and states neither groups nor a verified address.
  userInfo: ({ user }) => ({ name: user.username, email: user.email }),
  issuesRefreshToken: ({ scopes }) => scopes.has('offline_access'),
  refreshTokens: 'new',
  endSession: standardEndSession,
  revokes: false,
  announces: false,
}
