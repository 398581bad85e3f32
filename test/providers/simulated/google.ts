// Google: no scope `offline_access`, a refresh token only after a consent, `auth_time` and `amr` on request, no groups.
// https://developers.google.com/identity/openid-connect/openid-connect
// https://developers.google.com/identity/protocols/oauth2/web-server#offline

import type { Behaviour } from './behaviour.ts'

export const google: Behaviour = {
  name: 'Google',
  page: 'guides/providers/google.md',
  issuer: 'https://accounts.google.com',
  issuerPath: '',
  cannot: {
    groups: 'tokens contain none',
    'step-up': 'nothing asks for a second factor; the organisation enforces it for all',
    'back-channel logout': 'not offered; a session ends at the next revalidation',
    'group removed': 'tokens contain none',
    'two nodes': 'refresh tokens do not rotate',
  },
  metadata: { claims_parameter_supported: undefined },
  scopes: ['openid', 'email', 'profile'],
  // 2-Step Verification belongs to the account, not to the request.
  asksSecondFactor: (_parameters, user) => user.hasSecondFactor,
  unmet: 'access_denied',
  claims: ({ user, parameters, secondFactor, authTime }) => {
    const onRequest = parameters.has('claims')
    return {
      auth_time: onRequest ? authTime : undefined,
      amr: onRequest ? ['pwd', ...(secondFactor ? ['mfa'] : [])] : undefined,
      hd: 'example.com',
      email: user.email,
      email_verified: true,
      name: user.username,
    }
  },
  userInfo: ({ user }) => ({ email: user.email, email_verified: true, name: user.username, hd: 'example.com' }),
  issuesRefreshToken: ({ parameters, firstConsent }) =>
    parameters.get('access_type') === 'offline' && (firstConsent || parameters.get('prompt') === 'consent'),
  refreshTokens: 'same',
  revokes: true,
  announces: false,
}
