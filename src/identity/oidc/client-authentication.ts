// Client authentication at the token endpoint (OIDC Core 9): the method and its key, from settings and metadata.

import { createPrivateKey } from 'node:crypto'
import {
  ClientSecretBasic,
  ClientSecretPost,
  modifyAssertion,
  None,
  PrivateKeyJwt,
  TlsClientAuth,
  type ClientAuth,
  type ModifyAssertionOptions,
  type ServerMetadata,
} from 'openid-client'
import type { ProviderSettings } from '../../config/provider-settings.ts'
import { clockTolerance } from './token-checks.ts'
import type { ClientAuthentication } from '../../config/provider-reach.ts'

export function clientAuthentication(settings: ProviderSettings, metadata: ServerMetadata): ClientAuth {
  const { clientSecret, privateKey } = settings
  const method = authenticationMethod(settings, metadata)
  if (method === 'tls') return TlsClientAuth()
  if (privateKey !== undefined) return PrivateKeyJwt(assertionKey(privateKey, metadata), datedTolerantly)
  if (clientSecret === undefined) return None()
  return method === 'post' ? ClientSecretPost(clientSecret) : ClientSecretBasic(clientSecret)
}

/** As configured, else by what is configured to authenticate with and what the provider offers. */
export function authenticationMethod(
  { clientAuth, privateKey }: ProviderSettings,
  metadata: Pick<ServerMetadata, 'token_endpoint_auth_methods_supported'>,
): ClientAuthentication {
  if (clientAuth !== undefined) return clientAuth
  if (privateKey !== undefined) return 'private_key_jwt'
  // OpenID Connect Discovery 3: where the list is missing, client_secret_basic is the default.
  const methods = metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
  return !methods.includes('client_secret_basic') && methods.includes('client_secret_post') ? 'post' : 'basic'
}

/** The provider's clock may be behind: an assertion that begins now (`nbf`) would be refused. */
const datedTolerantly: ModifyAssertionOptions = {
  [modifyAssertion](_header, payload) {
    payload['nbf'] = Number(payload['iat']) - clockTolerance
    payload['exp'] = Number(payload['iat']) + 2 * clockTolerance
  },
}

function assertionKey(pem: string, metadata: ServerMetadata): CryptoKey {
  const key = createPrivateKey(pem)
  if (key.asymmetricKeyType === 'ed25519') return key.toCryptoKey({ name: 'Ed25519' }, false, ['sign'])
  if (key.asymmetricKeyType === 'ec') {
    const curve = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' }[
      key.asymmetricKeyDetails?.namedCurve ?? ''
    ]
    if (curve === undefined) throw new TypeError('the private key uses an unsupported curve')
    return key.toCryptoKey({ name: 'ECDSA', namedCurve: curve }, false, ['sign'])
  }
  const offered = metadata.token_endpoint_auth_signing_alg_values_supported
  const name = offered?.includes('PS256') && !offered.includes('RS256') ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5'
  return key.toCryptoKey({ name, hash: 'SHA-256' }, false, ['sign'])
}
