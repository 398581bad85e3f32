// Client authentication at the token endpoint (OIDC Core 9): the method and its key, from settings and metadata.

import { createPrivateKey } from 'node:crypto'
import {
  ClientSecretBasic,
  ClientSecretPost,
  None,
  PrivateKeyJwt,
  TlsClientAuth,
  type ClientAuth,
  type ServerMetadata,
} from 'openid-client'
import type { ProviderSettings } from '../../config/configuration.ts'

export function clientAuthentication(settings: ProviderSettings, metadata: ServerMetadata): ClientAuth {
  const { clientAuth, clientSecret, privateKey } = settings
  if (clientAuth === 'tls') return TlsClientAuth()
  if (privateKey !== undefined) return PrivateKeyJwt(assertionKey(privateKey, metadata))
  if (clientSecret === undefined) return None()
  // OpenID Connect Discovery 3: where the list is missing, client_secret_basic is the default.
  const methods = metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
  const post =
    clientAuth === undefined
      ? !methods.includes('client_secret_basic') && methods.includes('client_secret_post')
      : clientAuth === 'post'
  return post ? ClientSecretPost(clientSecret) : ClientSecretBasic(clientSecret)
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
