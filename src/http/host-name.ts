// Name of a host: the Host of a request without its port.

/** `host`: canonical. */
export function hostName(host: string): string {
  return host.replace(/:\d+$/, '')
}
