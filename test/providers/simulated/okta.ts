// Okta: the org authorization server, which sends groups to the scope `groups`, and a custom one, which refuses that scope.
// https://developer.okta.com/docs/concepts/auth-servers/
// https://developer.okta.com/docs/guides/step-up-authentication/main/
// https://developer.okta.com/docs/guides/customize-tokens-groups-claim/main/

import { standardEndSession, type Behaviour } from './behaviour.ts'

const secondFactorClasses = ['urn:okta:loa:2fa:any', 'phr', 'phrh']

function requestedClasses(parameters: URLSearchParams): string[] {
  return (parameters.get('acr_values') ?? '').split(' ').filter((one) => secondFactorClasses.includes(one))
}

const common: Omit<Behaviour, 'name' | 'issuer' | 'issuerPath' | 'scopes' | 'claims'> = {
  page: 'guides/providers/okta.md',
  cannot: {
    'back-channel logout': 'not offered to clients; a session ends at the next revalidation',
    'two nodes': 'tried with Keycloak; rotation is a setting of the client here',
  },
  metadata: { acr_values_supported: ['urn:okta:loa:1fa:any', ...secondFactorClasses] },
  asksSecondFactor: (parameters) => requestedClasses(parameters).length > 0,
  unmet: 'unmet_authentication_requirements',
  userInfo: ({ user, scopes }) => ({
    name: user.username,
    preferred_username: user.email,
    email: user.email,
    email_verified: true,
    ...(scopes.has('groups') && { groups: user.groups }),
  }),
  issuesRefreshToken: ({ scopes }) => scopes.has('offline_access'),
  refreshTokens: 'rotated',
  endSession: (parameters, signedOut) =>
    parameters.has('id_token_hint') ? standardEndSession(parameters, signedOut) : undefined,
  revokes: true,
  announces: false,
}

const claims =
  (groups: (scopes: ReadonlySet<string>) => boolean): Behaviour['claims'] =>
  ({ user, scopes, parameters, secondFactor }) => ({
    name: user.username,
    preferred_username: user.email,
    email: user.email,
    email_verified: true,
    idp: '00o1',
    amr: secondFactor ? ['pwd', 'otp', 'mfa'] : ['pwd'],
    ...(secondFactor && requestedClasses(parameters).length > 0 && { acr: requestedClasses(parameters)[0] }),
    ...(groups(scopes) && { groups: user.groups }),
  })

export const oktaOrg: Behaviour = {
  ...common,
  name: 'Okta, org server',
  issuer: 'https://example.okta.com',
  issuerPath: '',
  scopes: ['openid', 'profile', 'email', 'address', 'phone', 'offline_access', 'groups'],
  claims: claims((scopes) => scopes.has('groups')),
}

export const oktaCustom: Behaviour = {
  ...common,
  name: 'Okta, custom server',
  issuer: 'https://example.okta.com/oauth2/default',
  issuerPath: '/oauth2/default',
  scopes: ['openid', 'profile', 'email', 'address', 'phone', 'offline_access', 'device_sso'],
  // A claim of the server for any scope.
  claims: claims(() => true),
}
