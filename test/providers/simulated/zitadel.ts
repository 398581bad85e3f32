// Zitadel: roles are the keys of an object, `amr` holds `mfa`, and no parameter asks for a second factor.
// https://zitadel.com/docs/apis/openidoauth/claims
// https://zitadel.com/docs/apis/openidoauth/scopes

import { standardEndSession, type Behaviour } from './behaviour.ts'

const roles = 'urn:zitadel:iam:org:project:roles'

export const zitadel: Behaviour = {
  name: 'Zitadel',
  page: 'guides/providers/zitadel.md',
  issuer: 'https://example.zitadel.cloud',
  issuerPath: '',
  cannot: {
    'step-up': 'a user with a second factor gives it at every sign-in',
    'two nodes': 'tried with Keycloak; refresh tokens rotate in every scenario',
  },
  metadata: {},
  scopes: ['openid', 'profile', 'email', 'phone', 'address', 'offline_access'],
  // The login policy asks everybody who has one.
  asksSecondFactor: (_parameters, user) => user.hasSecondFactor,
  unmet: 'access_denied',
  claims: ({ user, secondFactor, sid }) => ({
    sid,
    amr: secondFactor ? ['pwd', 'otp', 'mfa'] : ['pwd'],
    name: user.username,
    preferred_username: user.email,
    email: user.email,
    email_verified: true,
    // Without a role the claim is absent.
    ...(user.groups.length > 0 && {
      [roles]: Object.fromEntries(user.groups.map((group) => [group, { '271828': 'example.zitadel.cloud' }])),
    }),
  }),
  userInfo: ({ user }) => ({
    name: user.username,
    preferred_username: user.email,
    email: user.email,
    email_verified: true,
    ...(user.groups.length > 0 && {
      [roles]: Object.fromEntries(user.groups.map((group) => [group, { '271828': 'example.zitadel.cloud' }])),
    }),
  }),
  issuesRefreshToken: ({ scopes }) => scopes.has('offline_access'),
  refreshTokens: 'rotated',
  endSession: standardEndSession,
  revokes: true,
  announces: true,
}
