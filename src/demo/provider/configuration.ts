// Configuration of `oidc-provider` for the demo: claims, consent, tokens and lifetimes.

import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { Configuration } from 'oidc-provider'
import { fetch, type Agent, type RequestInit } from 'undici'
import type { Directory } from '../people.ts'
import { acrOne, acrTwo } from './interaction.ts'
import type { MemoryStorage } from './memory.ts'
import * as pages from './pages.ts'
import { words } from './words.ts'
import { languageOf } from '../../web/kit/language.ts'

export interface ProviderDependencies {
  readonly directory: Directory
  readonly memory: MemoryStorage
  readonly agent: Agent
  readonly brand: pages.Brand
}

/** Generates the signing and cookie keys of this provider. */
export function configure({ directory, memory, agent, brand }: ProviderDependencies): Configuration {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const kid = randomBytes(8).toString('base64url')
  const screenOf = (context: { get(field: string): string }): pages.Screen => {
    return { brand, language: languageOf(context.get('accept-language')) }
  }
  return {
    adapter: memory.adapter,
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'ES256' }] as never },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    // All claims in the ID token: the gateway uses the token endpoint only, not UserInfo.
    conformIdTokenClaims: false,
    acrValues: [acrOne, acrTwo],
    scopes: ['openid', 'profile', 'email', 'groups', 'offline_access'],
    claims: {
      openid: ['sub', 'acr', 'amr', 'auth_time'],
      profile: ['name', 'preferred_username', 'groups', 'zoneinfo'],
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
          ...(entry.zoneInfo === undefined ? {} : { zoneinfo: entry.zoneInfo }),
        }),
      }
    },
    // The company consented for all users: grants every requested scope and claim automatically.
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
    // Refresh tokens without a consent prompt, as company providers do; they end with the session.
    issueRefreshToken: async (_context, client) => client.grantTypeAllowed('refresh_token'),
    expiresWithSession: async () => true,
    rotateRefreshToken: true,
    pkce: { required: () => true },
    clientBasedCORS: () => false,
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    // The library's default dispatcher rejects loopback addresses, which the demo needs.
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
          context.body = pages.confirmSignOut(screenOf(context), { markup: form })
        },
        postLogoutSuccessSource(context) {
          const screen = screenOf(context)
          const say = words[screen.language]
          context.body = pages.message(screen, say.signedOut, say.signedOutAbout)
        },
      },
    },
    renderError(context, out) {
      context.type = 'html'
      const screen = screenOf(context)
      const text = [out.error, out.error_description].join(': ')
      context.body = pages.message(screen, words[screen.language].failed, text)
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
