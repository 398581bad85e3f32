// Where a browser goes to end its session at the provider: RP-Initiated Logout, or what Cognito has in its place.

import { buildEndSessionUrl } from 'openid-client'
import type { ProviderSettings } from '../../config/provider-settings.ts'
import type { Connection } from './provider-connection.ts'

/** False: the provider stays signed in, and would sign the next person at this browser in without a word. */
export function canEndSession({ metadata }: Pick<Connection, 'metadata'>, { kind }: ProviderSettings): boolean {
  return metadata.end_session_endpoint !== undefined || kind === 'cognito'
}

/** `back`: absolute URL on the gateway. `hint`: ID token. Undefined when the provider has no such endpoint. */
export function endSessionUrl(
  connection: Connection,
  settings: ProviderSettings,
  { back, hint }: { readonly back: string; readonly hint: string | undefined },
): string | undefined {
  const { metadata, configuration } = connection
  if (settings.kind === 'cognito') {
    // Amazon Cognito Developer Guide, "Logout endpoint": not in the metadata of every pool, and with parameters of its own.
    const url = new URL(metadata.end_session_endpoint ?? new URL('/logout', metadata.authorization_endpoint))
    url.searchParams.set('client_id', settings.clientId)
    url.searchParams.set('logout_uri', back)
    return url.href
  }
  if (metadata.end_session_endpoint === undefined) return undefined
  // OpenID Connect RP-Initiated Logout 1.0 section 2.
  return buildEndSessionUrl(configuration, {
    post_logout_redirect_uri: back,
    ...(hint !== undefined && { id_token_hint: hint }),
  }).href
}
