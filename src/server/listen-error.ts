// Error messages for a failed listen(2) (EADDRINUSE, EACCES, ...), naming the configuration key.

const reasons: Readonly<Record<string, (port: number, host: string) => string>> = {
  EADDRINUSE: (port, host) => `port ${port} of ${host} is in use`,
  EACCES: (port, host) =>
    `not allowed to listen on port ${port} of ${host}; ports below 1024 need CAP_NET_BIND_SERVICE; or choose a higher one`,
  EADDRNOTAVAIL: (_port, host) => `${host} is not an address of this machine`,
  ENOTFOUND: (_port, host) => `the host name ${host} cannot be resolved`,
}

/** `key`: the configuration key of the address. Any error other than one of `listen` itself is returned unchanged. */
export function listenError(
  key: 'gateway.listen' | 'gateway.http' | 'gateway.operations',
  { host, port }: { readonly host: string; readonly port: number },
  cause: unknown,
): unknown {
  const code = codeOf(cause)
  const describe = Object.hasOwn(reasons, code) ? reasons[code] : undefined
  return describe === undefined
    ? cause
    : Object.assign(new Error(`${key}: ${describe(port, host)}`, { cause }), { code })
}

/** Whether `cause` is an error of `listen` itself. */
export function isListenError(cause: unknown): boolean {
  return Object.hasOwn(reasons, codeOf(cause))
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : ''
}
