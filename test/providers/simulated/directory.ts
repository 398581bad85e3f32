// The company's own provider behind Dex: groups and refresh tokens for those who ask, as OpenID Connect says.

import { standardEndSession, type Behaviour } from './behaviour.ts'

export const directory: Behaviour = {
  name: 'directory',
  page: 'guides/providers/dex.md',
  issuer: 'https://login.example.com',
  issuerPath: '',
  cannot: {},
  metadata: {},
  scopes: ['openid', 'profile', 'email', 'groups', 'offline_access'],
  asksSecondFactor: () => false,
  unmet: 'access_denied',
  claims: ({ user }) => ({
    name: user.username,
    preferred_username: user.username,
    email: user.email,
    email_verified: true,
    groups: user.groups,
  }),
  userInfo: ({ user }) => ({ email: user.email, email_verified: true, groups: user.groups }),
  issuesRefreshToken: ({ scopes }) => scopes.has('offline_access'),
  refreshTokens: 'rotated',
  endSession: standardEndSession,
  revokes: true,
  announces: false,
}
