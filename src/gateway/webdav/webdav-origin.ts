// Origin that the upstream of an app takes for its own, for `Destination` and tagged `If` lists. Computed at reload.

import type { App } from '../../config/configuration.ts'
import { locationOrigin } from '../../config/upstream-origin.ts'
import { isWebDav } from '../methods.ts'

/** From the Host of the request. */
export type WebDavOrigin = (host: string) => string

/**
 * The Host that the upstream sees, with the scheme of its connection: mod_dav compares both with its own, and answers 502 to
 * any other (RFC 4918 9.8.5). Applications that believe X-Forwarded-Proto want the public scheme (`destination_scheme:
 * public`). Undefined: the app accepts no methods of WebDAV.
 */
export function webDavOrigin(app: App): WebDavOrigin | undefined {
  if (!isWebDav(app)) return undefined
  const { upstreamHost = 'public', upstreams, destinationScheme = 'upstream', secure } = app
  const upstream = upstreams[0]?.origin ?? ''
  const scheme = (destinationScheme === 'public' ? secure : upstream.startsWith('https:')) ? 'https' : 'http'
  if (upstreamHost === 'public') return (host) => `${scheme}://${host}`
  // As in `upstream-server.ts`. All upstreams have this host (`config/build/methods.ts`).
  const seen =
    upstreamHost === 'upstream' ? new URL(locationOrigin(upstream) ?? 'http://localhost').host : upstreamHost.name
  return () => `${scheme}://${seen}`
}
