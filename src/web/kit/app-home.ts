// Public addresses of apps as links: the first page, and the address on the host of a request.

import type { App, PublicAddress } from '../../config/configuration.ts'
import type { PageRequest } from './reply.ts'

/** URL of the first page. `path`: '' or such as `/wiki`. */
export function homeOf({ origin, path = '' }: { readonly origin: string; readonly path?: string | undefined }): string {
  return `${origin}${path}/`
}

/** The app's address on `host`; its first one where it has none there. */
export function addressOn({ addresses }: Pick<App, 'addresses'>, host: string): PublicAddress {
  return addresses.find((address) => address.host === host) ?? addresses[0]
}

/** Origin of a request whose host and scheme were routed, so that they are configured ones. */
export function ownOrigin({ scheme, host }: Pick<PageRequest, 'scheme' | 'host'>): string {
  return `${scheme}://${host}`
}
