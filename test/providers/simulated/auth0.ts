// Auth0: MFA by an Action that looks at `acr_values`, `amr` only right after it, groups in a namespaced claim.
// https://auth0.com/docs/secure/multi-factor-authentication/step-up-authentication/configure-step-up-authentication-for-web-apps
// https://auth0.com/docs/secure/tokens/json-web-tokens/create-custom-claims

import { standardEndSession, type Behaviour } from './behaviour.ts'

const multiFactor = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor'

export const auth0: Behaviour = {
  name: 'Auth0',
  page: 'guides/providers/auth0.md',
  issuer: 'https://example.eu.auth0.com/',
  issuerPath: '/',
  cannot: { 'two nodes': 'tried with Keycloak; rotation is a setting of the application here' },
  metadata: {},
  // Scopes nobody knows are left out of the token, not refused; `groups` is none.
  scopes: ['openid', 'profile', 'email', 'offline_access', 'name', 'nickname', 'address', 'phone'],
  asksSecondFactor: (parameters) => (parameters.get('acr_values') ?? '').split(' ').includes(multiFactor),
  unmet: 'access_denied',
  claims: ({ user, secondFactor, refreshed, sid }) => ({
    name: user.username,
    nickname: user.username,
    email: user.email,
    email_verified: true,
    sid,
    auth_time: undefined,
    'https://example.com/groups': user.groups,
    ...(secondFactor && !refreshed && { amr: ['mfa'], acr: multiFactor }),
  }),
  userInfo: ({ user }) => ({
    name: user.username,
    nickname: user.username,
    email: user.email,
    email_verified: true,
    'https://example.com/groups': user.groups,
  }),
  issuesRefreshToken: ({ scopes }) => scopes.has('offline_access'),
  refreshTokens: 'rotated',
  endSession: standardEndSession,
  revokes: true,
  announces: true,
}
