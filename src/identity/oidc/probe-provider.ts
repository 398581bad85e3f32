// Asks a provider what a sign-in would ask, for `einlass check --online`: metadata, keys, and whether it knows this client.

import { genericGrantRequest } from 'openid-client'
import { authenticationMethod } from './client-authentication.ts'
import { redirectUriOf } from './pending-sign-ins.ts'
import type { Provider } from './provider.ts'
import { ProviderUnreachable } from './provider-http.ts'
import { providerErrorOf } from './sign-in-error.ts'

export interface ProbedProvider {
  readonly name: string
  readonly issuer: string
  readonly ok: boolean
  /** What was found, or what is wrong and how to mend it. */
  readonly detail: string
  /** The error (RFC 6749 section 5.2) with which it refuses this client; absent: it does not. */
  readonly refused?: string
  /** What a sign-in will request; empty when the metadata cannot be read. */
  readonly scopes: readonly string[]
}

/** `origin`: of the gateway. Never rejects. */
export async function probeProvider(provider: Provider, origin: string): Promise<ProbedProvider> {
  const { settings } = provider
  const found = { name: settings.name, issuer: settings.issuer }
  try {
    const connection = await provider.connect()
    const { metadata } = connection
    await connection.keys.ready()
    const scopes = provider.scopes.requested(metadata)
    const method = authenticationMethod(settings, metadata)
    const refusal = await refusalOf(connection.configuration, redirectUriOf(origin, settings.name))
    if (refusal === 'invalid_client' || refusal === 'unauthorized_client') {
      const detail = `the provider refuses this client (${refusal}, client_auth: ${method}): check client_id, its secret, key or certificate, and client_auth`
      return { ...found, ok: false, detail, refused: refusal, scopes }
    }
    // RFC 6749 section 5.2: the code is wrong, so the client is right.
    const client =
      refusal === 'invalid_grant'
        ? 'the client is accepted'
        : `whether the client is accepted is not known (${refusal})`
    return {
      ...found,
      ok: true,
      detail: `answers; ${client}; client_auth: ${method}; asks for ${scopes.join(' ')}`,
      scopes,
    }
  } catch (error) {
    const detail = error instanceof ProviderUnreachable ? error.message : providerErrorOf(error).kind
    return { ...found, ok: false, detail: `${detail}${advice(detail)}`, scopes: [] }
  }
}

/** The error with which the token endpoint answers a code that cannot be right. */
async function refusalOf(
  configuration: Parameters<typeof genericGrantRequest>[0],
  redirectUri: string,
): Promise<string> {
  try {
    const code = 'einlass-check'
    await genericGrantRequest(configuration, 'authorization_code', {
      code,
      redirect_uri: redirectUri,
      code_verifier: code.repeat(4),
    })
    return 'none'
  } catch (error) {
    const fault = providerErrorOf(error)
    if (fault.kind === 'unreachable') throw new ProviderUnreachable(`token endpoint: ${fault.detail}`, error)
    if (fault.kind === 'invalid') return fault.detail
    return fault.status === 401 ? 'invalid_client' : fault.error
  }
}

function advice(detail: string): string {
  if (detail.includes('certificate')) return ': name the authority of a private CA under ca'
  if (detail.includes('outbound proxy')) return ': check proxy, or HTTPS_PROXY and NO_PROXY'
  if (detail.startsWith('no response from')) return ': check the network, proxy and endpoints'
  return ''
}
