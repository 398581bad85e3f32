// What the demo's identity provider is told to be: claims, policies and lifetimes of `oidc-provider`.

import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { Configuration } from 'oidc-provider'
import { fetch, type Agent, type RequestInit } from 'undici'
import type { Directory } from '../people.ts'
import { acrOne, acrTwo } from './interaction.ts'
import type { Kept } from './memory.ts'
import * as pages from './pages.ts'

export interface Means {
  readonly directory: Directory
  readonly memory: Kept
  readonly agent: Agent
  readonly brand: pages.Brand
}

/** Keys are made here, for this one provider. */
export function configure({ directory, memory, agent, brand }: Means): Configuration {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const kid = randomBytes(8).toString('base64url')
  return {
    adapter: memory.adapter,
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'ES256' }] as never },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    // Everything in the ID token: the gateway asks at the token endpoint only, never at userinfo.
    conformIdTokenClaims: false,
    acrValues: [acrOne, acrTwo],
    scopes: ['openid', 'profile', 'email', 'groups', 'offline_access'],
    claims: {
      openid: ['sub', 'acr', 'amr', 'auth_time'],
      profile: ['name', 'preferred_username', 'groups'],
      email: ['email', 'email_verified'],
      groups: ['groups'],
    },
    findAccount(_context, sub) {
      const entry = directory.bySub(sub)
      if (!entry || entry.disabled) return undefined
      return {
        accountId: sub,
        claims: () => ({
          sub,
          email: entry.email,
          email_verified: true,
          name: entry.name,
          preferred_username: entry.username,
          groups: [...entry.groups],
        }),
      }
    },
    // Consent was given by the company for everybody: a grant for whatever is asked, made on the way.
    async loadExistingGrant({ oidc }) {
      const { client, session, provider } = oidc
      const clientId = client!.clientId
      const accountId = session!.accountId!
      const existing = session!.grantIdFor(clientId)
      const found = existing === undefined ? undefined : await provider.Grant.find(existing)
      const grant = found?.accountId === accountId ? found : new provider.Grant({ clientId, accountId })
      grant.addOIDCScope([...oidc.requestParamOIDCScopes].join(' '))
      grant.addOIDCClaims([...oidc.requestParamClaims])
      await grant.save()
      return grant
    },
    // Offline access without a question, as company providers do; tied to the session, so that its end is their end.
    issueRefreshToken: async (_context, client) => client.grantTypeAllowed('refresh_token'),
    expiresWithSession: async () => true,
    rotateRefreshToken: true,
    pkce: { required: () => true },
    clientBasedCORS: () => false,
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    // What the library hands to `fetch` refuses loopback addresses, and those are all a demo has.
    fetch: (url, init) =>
      fetch(url as URL, { ...(init as RequestInit), dispatcher: agent }) as unknown as Promise<Response>,
    features: {
      devInteractions: { enabled: false },
      claimsParameter: { enabled: true },
      backchannelLogout: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
      revocation: {
        enabled: true,
        allowedPolicy: async (_context, client, token) => token.clientId === client.clientId,
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource(context, form) {
          context.body = pages.confirmSignOut(brand, { markup: form })
        },
        postLogoutSuccessSource(context) {
          context.body = pages.message(brand, 'Signed out', 'You can close this page.')
        },
      },
    },
    renderError(context, out) {
      context.type = 'html'
      context.body = pages.message(brand, 'That did not work', [out.error, out.error_description].join(': '))
    },
    ttl: {
      AccessToken: 300,
      AuthorizationCode: 60,
      IdToken: 300,
      RefreshToken: 86_400,
      Interaction: 1800,
      Session: 86_400,
      Grant: 86_400,
    },
  }
}
