// A trial sign-in for `einlass init`: one authorization request, and the verified claims that come back. No session is made.

import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  buildAuthorizationUrlWithPAR,
  calculatePKCECodeChallenge,
  tokenRevocation,
} from 'openid-client'
import { newToken } from '../session/opaque-token.ts'
import { authorizationError, checkIssuer, checkSyntax, readParameters } from './authorization-response.ts'
import { kindParameters } from './kind-parameters.ts'
import { issuerHashOf } from './pending-sign-ins.ts'
import type { Claims } from './provider-claims.ts'
import type { Connection, Provider } from './provider.ts'
import { providerErrorOf, signInErrorOf, SignInFailed } from './sign-in-error.ts'
import { verifyClaims, type Tokens } from './verified-claims.ts'

export interface TrialSignIn {
  /** Where the browser goes. */
  readonly location: string
  /** Of the response that belongs to this sign-in; another one is somebody else's. */
  readonly state: string
  /** `search`: query of the redirect back, with or without `?`. Rejects with `SignInFailed`. */
  redeem(search: string): Promise<TrialResult>
}

export interface TrialResult {
  readonly idToken: Claims
  readonly userInfo: Claims | undefined
  readonly sub: string
  readonly requestedScopes: readonly string[]
  /** Whether sessions can be revalidated without a page of the provider. */
  readonly refreshToken: boolean
}

/** Rejects with `SignInFailed` when the provider cannot be asked. `redirectUri`: on loopback, known to the provider. */
export async function beginTrialSignIn(
  provider: Provider,
  redirectUri: string,
  now: () => number,
): Promise<TrialSignIn> {
  const [state, nonce, verifier] = [newToken(), newToken(), newToken()]
  try {
    const connection = await provider.connect()
    const { configuration, metadata } = connection
    const requestedScopes = provider.scopes.requested(metadata)
    const parameters = {
      ...kindParameters(provider.settings),
      response_type: 'code',
      response_mode: 'query',
      redirect_uri: redirectUri,
      scope: requestedScopes.join(' '),
      state,
      nonce,
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }
    const location = metadata.pushed_authorization_request_endpoint
      ? await buildAuthorizationUrlWithPAR(configuration, parameters)
      : buildAuthorizationUrl(configuration, parameters)
    return {
      location: location.href,
      state,
      async redeem(search) {
        const query = search.replace(/^\?/, '')
        const parameters = readParameters(query)
        checkSyntax(query, parameters)
        checkIssuer(parameters, connection, { issuerHash: issuerHashOf(metadata) })
        const error = parameters.get('error')
        if (error !== null) throw authorizationError(error)
        const url = new URL(redirectUri)
        url.search = parameters.toString()
        const tokens = await authorizationCodeGrant(configuration, url, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        }).catch(asFailed)
        const result = await verified(provider, connection, tokens, nonce, now()).finally(() =>
          revoke(connection, tokens),
        )
        return { ...result, requestedScopes }
      },
    }
  } catch (error) {
    return asFailed(error)
  }
}

async function verified(
  { settings, groups }: Provider,
  connection: Connection,
  tokens: Tokens,
  nonce: string,
  now: number,
): Promise<Omit<TrialResult, 'requestedScopes'>> {
  const expected = { nonce: { required: nonce }, authTimeRequired: false, now }
  const stated = await verifyClaims(tokens, { connection, settings, expected, groups, expectedSub: undefined })
  if (stated.kind !== 'stated') {
    const { code, detail } = signInErrorOf(stated)
    throw new SignInFailed(code, detail)
  }
  const { idToken, userInfo } = stated.statement
  return { idToken: idToken ?? {}, userInfo, sub: stated.sub, refreshToken: tokens.refresh_token !== undefined }
}

/** The trial keeps nothing: a refresh token that nobody uses is one that can be stolen (RFC 7009). */
async function revoke({ configuration, metadata }: Connection, { refresh_token: refresh }: Tokens): Promise<void> {
  if (refresh === undefined || metadata.revocation_endpoint === undefined) return
  await tokenRevocation(configuration, refresh).catch(() => undefined)
}

function asFailed(error: unknown): never {
  if (error instanceof SignInFailed) throw error
  const { code, detail } = signInErrorOf(providerErrorOf(error))
  throw new SignInFailed(code, detail)
}
