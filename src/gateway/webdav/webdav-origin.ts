// Origin that the upstream of an app takes for its own, for `Destination` and tagged `If` lists. Computed at reload.

import type { App } from '../../config/configuration.ts'
import { isWebDav } from '../methods.ts'

/**
 * The Host that the upstream sees, with the scheme of its connection: mod_dav compares both with its own and answers 502 to
 * any other (RFC 4918 9.8.5). Applications that believe X-Forwarded-Proto want the public scheme instead
 * (`destination_scheme: public`). Undefined: the app accepts no methods of WebDAV.
 */
export function webDavOrigin(app: App): string | undefined {
  if (!isWebDav(app)) return undefined
  const [upstream] = app.upstreams
  if (app.destinationScheme === 'public' || upstream === undefined) return app.origin
  return `${upstream.origin.startsWith('https:') ? 'https' : 'http'}://${app.host}`
}
