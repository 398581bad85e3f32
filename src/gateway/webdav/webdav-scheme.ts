// Scheme of `Destination` and tagged `If` lists at the upstream of an app. Computed at reload.

import type { App } from '../../config/configuration.ts'
import { isWebDav } from '../methods.ts'

/**
 * That of the connection to the upstream: mod_dav compares it, and the Host, with its own, and answers 502 to any other
 * (RFC 4918 9.8.5). Applications that believe X-Forwarded-Proto want the public one (`destination_scheme: public`).
 * Undefined: the app accepts no methods of WebDAV.
 */
export function webDavScheme(app: App): 'http' | 'https' | undefined {
  if (!isWebDav(app)) return undefined
  const [upstream] = app.upstreams
  if (app.destinationScheme === 'public' || upstream === undefined) return app.secure ? 'https' : 'http'
  return upstream.origin.startsWith('https:') ? 'https' : 'http'
}
