// Why a port cannot be listened on, in the words of the configuration.

const reasons: Readonly<Record<string, (port: number, host: string) => string>> = {
  EADDRINUSE: (port, host) => `port ${port} of ${host} is taken`,
  EACCES: (port, host) =>
    `not allowed to listen on port ${port} of ${host}; below 1024 that takes CAP_NET_BIND_SERVICE, or choose a higher one`,
  EADDRNOTAVAIL: (_port, host) => `${host} is no address of this machine`,
  ENOTFOUND: (_port, host) => `${host} is no known name`,
}

/** `key`: where the address stands. Anything but the failing of `listen` itself is given back as it is. */
export function listenError(
  key: 'gateway.listen' | 'gateway.operations',
  { host, port }: { readonly host: string; readonly port: number },
  cause: unknown,
): unknown {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const words = Object.hasOwn(reasons, code) ? reasons[code] : undefined
  return words === undefined ? cause : Object.assign(new Error(`${key}: ${words(port, host)}`, { cause }), { code })
}
