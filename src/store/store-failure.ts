// Causes of an unreachable store, each with what to do about it: for the log and `einlass status`.

const unknownAuthority =
  'the certificate of Redis comes from an unknown authority: add that to the system, or to NODE_EXTRA_CA_CERTS'

const mendOf: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens at the address of `store`: check it, and whether Redis runs',
  ENOTFOUND: 'the name in `store` cannot be resolved: check its spelling and DNS',
  EAI_AGAIN: 'the name in `store` cannot be resolved: check its spelling and DNS',
  ECONNRESET: 'the connection was closed at once: check whether Redis speaks TLS there (`rediss:`), and its log',
  ETIMEDOUT: 'no connection: check firewalls and routes to the address of `store`',
  EHOSTUNREACH: 'no route to the address of `store`: check the network',
  ENETUNREACH: 'no route to the address of `store`: check the network',
  EACCES: 'this process may not connect there: check its sandbox',
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  CERT_HAS_EXPIRED: 'the certificate of Redis has expired: renew it, and check the clock of this machine',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate of Redis is for another name: check the host in `store`',
  ERR_SSL_WRONG_VERSION_NUMBER: 'Redis does not speak TLS there: write redis: in place of rediss:',
  EPROTO: 'Redis does not speak TLS there: write redis: in place of rediss:',
  NOAUTH: 'Redis wants a password: check the URL of `store`',
  WRONGPASS: 'Redis refuses the user name or password: check the URL of `store`',
  NOPERM: 'the Redis user lacks permissions: it needs all commands on the keys of the prefix',
  READONLY: 'Redis is a replica: `store` must name the master',
  OOM: 'the memory of Redis is full: raise `maxmemory`',
  MISCONF: 'Redis cannot save to its disk: free space, and see its log',
  LOADING: 'Redis is loading its data: wait',
}

/** `code: message` of what is behind a `StoreUnreachable`, and what to do about it. */
export function explainStoreFailure(error: unknown): { readonly cause: string; readonly mend: string } {
  const cause = (error as { cause?: unknown }).cause ?? error
  const { code, message = String(cause) } = cause as { code?: string; message?: string }
  // An error reply of Redis starts with its code.
  if (message.startsWith('Unknown RESP type'))
    return { cause: 'what answers there is no Redis', mend: 'check host and port in `store`' }
  const word = code ?? /^[A-Z]{2,}/.exec(message)?.[0] ?? ''
  return {
    cause: message === '' ? word : message,
    mend: mendOf[word] ?? 'check the address in `store`, the network and the log of Redis',
  }
}

/** One sentence: the cause, and what to do about it. `kind`: of the store. */
export function storeFailureText(error: unknown, kind: string): string {
  const { cause, mend } = explainStoreFailure(error)
  return `${cause}. To mend it: ${kind === 'redis' ? mend : 'check the file of `store`, its folder and the space on its disk'}`
}
