// GitLab: refuses `offline_access`, direct groups in the ID token and all groups in UserInfo, no word about a second factor.
// https://docs.gitlab.com/integration/openid_connect_provider/
// https://docs.gitlab.com/api/oauth2/

import type { Behaviour } from './behaviour.ts'

export const gitlab: Behaviour = {
  name: 'GitLab',
  page: 'guides/providers/gitlab.md',
  issuer: 'https://gitlab.example.com',
  issuerPath: '',
  cannot: {
    MFA: 'states neither acr nor amr',
    'step-up': 'states neither acr nor amr',
    'back-channel logout': 'not offered; a session ends at the next revalidation',
    'two nodes': 'tried with Keycloak; refresh tokens rotate in every scenario',
  },
  metadata: { code_challenge_methods_supported: ['plain', 'S256'] },
  scopes: ['api', 'read_api', 'read_user', 'openid', 'profile', 'email'],
  asksSecondFactor: () => false,
  unmet: 'access_denied',
  claims: ({ user, scopes }) => ({
    sub_legacy: user.sub,
    ...(scopes.has('profile') && { name: user.username, nickname: user.username, preferred_username: user.username }),
    ...(scopes.has('email') && { email: user.email, email_verified: true }),
    groups_direct: user.groups,
  }),
  userInfo: ({ user, scopes }) => ({
    ...(scopes.has('profile') && { name: user.username, nickname: user.username, preferred_username: user.username }),
    ...(scopes.has('email') && { email: user.email, email_verified: true }),
    groups: user.groups,
  }),
  issuesRefreshToken: () => true,
  refreshTokens: 'rotated',
  revokes: true,
  announces: false,
}
