// Mends: what an administrator does about each failure of a sign-in or provider, for the log and `einlass status`.

import type { ProviderFailureCause } from './provider-failure.ts'
import type { SignInError, SignInErrorCode } from './sign-in-error.ts'

/** Names the mend of the code, or of its detail where that says more. */
export function mendOf({ code, detail }: SignInError): string {
  const word = detail.split(':', 1)[0]!
  const details = byDetail[code]
  return details !== undefined && Object.hasOwn(details, word) ? details[word]! : mends[code]
}

export const mends: Readonly<Record<SignInErrorCode, string>> = {
  transaction_unknown: 'none needed: the user starts again. If all users get it, the nodes differ in `secret_key`',
  browser_mismatch: 'the browser sends no cookies of the gateway: check its settings and proxies in front',
  response_invalid: 'none needed: the address of the callback was changed on the way',
  provider_error: 'look up the error at the provider; its own log has the request',
  scope_refused: 'permit these scopes at the provider, or list the permitted ones under `scopes`',
  cancelled: 'none needed: the user cancelled',
  provider_refused: 'look up the error at the provider; its own log has the request',
  client_rejected:
    'compare `client_id` and `client_secret` (or `private_key`) with the client at the provider; renew an expired secret',
  account_not_allowed: 'the user chooses an account of the organisation; `hosted_domain` lists the accepted ones',
  token_invalid:
    'the named check failed: compare `issuer` and `client_id`, and report it to the operator of the provider',
  clock_skew: 'set the clocks: NTP on this machine (`timedatectl`) and at the provider',
  step_up_not_proven: 'compare `mfa` and `step_up` with the `acr` and `amr` that the provider states',
  step_up_unavailable: 'set `mfa` and `step_up` of the provider; `einlass check` names what is missing',
  other_account: 'none needed: the user chose another account than the one of the session',
  auth_time_missing:
    'have the provider state `auth_time` in the ID token, or leave out `max_age` in `step_up` and in rules',
  provider_unreachable: 'check the network from this machine to the provider',
  signing_key_unknown:
    'the key set at `jwks_uri` lacks the key: usually a cache in front of it, else report it to the operator of the provider',
  store_unreachable: 'check the store: `einlass status`',
  throttled:
    'if the address is that of a load balancer, list it in `trusted_proxies`; else raise `limits.sign_ins_per_minute`',
}

/** By the first word of `detail`. */
export const unreachableMends: Readonly<Record<ProviderFailureCause, string>> = {
  name_not_resolved: 'the name of `issuer` cannot be resolved: check its spelling and the DNS of this machine',
  connection_refused: 'nothing listens at the address: check `issuer`, and whether the provider runs',
  no_connection: 'no connection: check firewalls and routes; where only a proxy leads out, set `proxy`',
  connection_closed: 'the provider or something between closed the connection: check its log, proxies and firewalls',
  no_answer: 'the provider accepted the connection and did not answer: check its load and log',
  tls_unknown_ca: 'the certificate comes from an unknown authority: set `ca` of the provider to that authority',
  tls_certificate_expired:
    'the certificate of the provider is expired or not valid yet: renew it, and check the clock of this machine',
  tls_other_name: 'the certificate of the provider is for another name: check `issuer`',
  tls_failed: 'the TLS handshake failed: check that the port of `issuer` speaks TLS 1.2 or newer',
  address_refused: 'the name resolves to a special address (link-local, metadata): check `issuer` and DNS',
  plain_http: 'an endpoint has an http URL: the provider must be configured with its https address',
  status: 'the provider answered with an error status: check the path of `issuer`, and its log',
  not_json: 'the answer is not JSON, often the page of a proxy: check the path of `issuer`, and what is between',
  unacceptable_answer: 'the answer is encoded, too large or empty: check what is between, and the provider',
  issuer_mismatch: 'write `issuer` exactly as the provider states it, or correct its public address',
  metadata_incomplete: 'the discovery document lacks a required member: check the path of `issuer`',
  not_asked: 'an earlier request got no answer; the provider is asked again within seconds',
  unknown: 'check the network from this machine to the provider',
}

const byDetail: Partial<Record<SignInErrorCode, Readonly<Record<string, string>>>> = {
  provider_unreachable: unreachableMends,
  provider_refused: {
    invalid_grant:
      'none needed: the code was used already or is too old. If all users get it, compare the redirect URI',
    invalid_request: 'compare the redirect URI and PKCE settings of the client at the provider',
    invalid_scope: 'remove the scope that the provider does not know from `scopes`',
    unauthorized_client: 'allow the client the authorization code and refresh token grants at the provider',
    unsupported_grant_type: 'allow the client the authorization code and refresh token grants at the provider',
  },
  provider_error: {
    invalid_scope: 'remove the scope that the provider does not know from `scopes`',
    unauthorized_client: 'allow the client the authorization code flow at the provider',
    invalid_request: 'compare the redirect URI and PKCE settings of the client at the provider',
  },
  token_invalid: {
    iss_mismatch: 'write `issuer` exactly as the provider states it in its tokens',
    aud_mismatch: 'the token is for another client: compare `client_id`',
    id_token_missing:
      'the provider sent no ID token: the client needs the scope `openid` and the OpenID Connect protocol',
    signature_invalid:
      'the published key does not verify the signature: the provider published or signed with the wrong key',
    alg_not_allowed: 'have the provider sign ID tokens with RS256, PS256, ES256 or EdDSA, not with the client secret',
    malformed: 'the ID token is no signed JWT; encrypted ID tokens are not supported',
    token_too_large: 'reduce the claims in the token, such as groups, at the provider',
    sub_invalid: 'the subject is empty, too long or looks like an address: change the subject mapping at the provider',
  },
}
