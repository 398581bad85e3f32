// Amazon Cognito: refuses scopes it does not know, groups in `cognito:groups`, sign-out by `client_id` and `logout_uri`.
// https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
// https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-step-up-authentication.html

import type { Behaviour } from './behaviour.ts'

const secondLevel = 'urn:cognito:loa:2'

export const cognito: Behaviour = {
  name: 'Cognito',
  page: 'guides/providers/cognito.md',
  issuer: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_EXAMPLE',
  issuerPath: '/eu-central-1_EXAMPLE',
  cannot: {
    'back-channel logout': 'not offered; a session ends at the next revalidation',
    'two nodes': 'tried with Keycloak; rotation is a setting of the app client here',
  },
  metadata: {},
  scopes: ['openid', 'email', 'phone', 'profile'],
  asksSecondFactor: (parameters) => (parameters.get('acr_values') ?? '').split(' ').includes(secondLevel),
  unmet: 'access_denied',
  claims: ({ user, secondFactor }) => ({
    token_use: 'id',
    'cognito:username': user.username,
    // A user in no group has no such claim.
    ...(user.groups.length > 0 && { 'cognito:groups': user.groups }),
    email: user.email,
    email_verified: true,
    amr: secondFactor ? ['pwd', 'otp', 'mfa'] : ['pwd'],
    acr: secondFactor ? secondLevel : 'urn:cognito:loa:1',
  }),
  // Booleans are texts here.
  userInfo: ({ user }) => ({ username: user.username, email: user.email, email_verified: 'true' }),
  issuesRefreshToken: () => true,
  refreshTokens: 'same',
  endSession(parameters, signedOut) {
    return parameters.has('client_id') && parameters.get('logout_uri') === signedOut ? signedOut : undefined
  },
  revokes: true,
  announces: false,
}
