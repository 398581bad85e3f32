// AD FS 2019 and later: claims by issuance rules, one group as a bare text, `multipleauthn` in `amr`, UserInfo with `sub` alone.
// https://learn.microsoft.com/windows-server/identity/ad-fs/development/ad-fs-openid-connect-oauth-concepts
// https://learn.microsoft.com/windows-server/identity/ad-fs/development/custom-id-tokens-in-ad-fs
// https://learn.microsoft.com/openspecs/windows_protocols/ms-oapx/

import { standardEndSession, type Behaviour } from './behaviour.ts'

export const adfs: Behaviour = {
  name: 'AD FS',
  page: 'guides/providers/adfs.md',
  issuer: 'https://adfs.example.com/adfs',
  issuerPath: '/adfs',
  cannot: {
    'back-channel logout': 'front-channel logout only; a session ends at the next revalidation',
    revocation: 'no revocation endpoint',
    'two nodes': 'refresh tokens do not rotate',
  },
  metadata: {},
  scopes: ['openid', 'profile', 'email', 'allatclaims', 'aza', 'logon_cert', 'user_impersonation', 'vpn_cert'],
  asksSecondFactor: (parameters) => (parameters.get('amr_values') ?? '').split(' ').includes('ngcmfa'),
  unmet: 'access_denied',
  claims: ({ user, scopes, secondFactor, sid }) => ({
    upn: user.email,
    unique_name: `EXAMPLE\\${user.username}`,
    sid,
    amr: [
      'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport',
      ...(secondFactor ? ['http://schemas.microsoft.com/claims/multipleauthn'] : []),
    ],
    ...(scopes.has('allatclaims') && {
      email: user.email,
      group: user.groups.length === 1 ? user.groups[0] : user.groups,
    }),
  }),
  userInfo: () => ({}),
  issuesRefreshToken: () => true,
  refreshTokens: 'same',
  endSession: standardEndSession,
  revokes: false,
  announces: false,
}
