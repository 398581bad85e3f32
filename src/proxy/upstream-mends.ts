// What an administrator does about an error of an upstream connection, for `einlass check --online`.

import { errorKindOf } from './upstream-error.ts'

export function upstreamMend(error: Error): string {
  const { code } = error as { readonly code?: unknown }
  if (typeof code === 'string' && Object.hasOwn(mends, code)) return mends[code]!
  if (/wrong version number|packet length too long/i.test(error.message)) return plainThere
  return errorKindOf(error) === 'timeout' || error.message === 'timeout'
    ? 'no answer: check firewalls and routes, and whether the application runs'
    : 'check the address in `to`, and the log of the application'
}

const plainThere = 'the application does not speak TLS there: write http: in `to`'
const unknownAuthority = 'the certificate comes from an unknown authority: set `upstream_tls: {ca: FILE}` of the app'
const name = 'the name in `to` cannot be resolved: check its spelling and DNS'
const closed = 'the application closed the connection: check whether it speaks HTTP there, or TLS (https: in `to`)'

const mends: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens at the address in `to`: check it, and whether the application runs',
  ENOTFOUND: name,
  EAI_AGAIN: name,
  EHOSTUNREACH: 'no route to the address in `to`: check the network',
  ENETUNREACH: 'no route to the address in `to`: check the network',
  ENOENT: 'there is no socket at this path: check it, and whether the application runs',
  EACCES: 'this process may not open the socket: check its permissions',
  ADDRESS_REFUSED: 'the name leads to a special address or to the gateway itself: check DNS',
  EPROTO: plainThere,
  ERR_SSL_WRONG_VERSION_NUMBER: plainThere,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: plainThere,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  CERT_HAS_EXPIRED: 'the certificate of the application has expired: renew it',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'the certificate is for another name: write that in `to`, or set `upstream_tls: {server_name: NAME}`',
  ECONNRESET: closed,
  UPSTREAM_CLOSED: closed,
  UND_ERR_SOCKET: closed,
  UPSTREAM_INVALID: 'the answer is no HTTP: check the port, and whether TLS is spoken there (https: in `to`)',
}
