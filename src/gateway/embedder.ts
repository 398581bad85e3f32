// Embedder: which pages may show an app, and our pages on its host, in a frame while the user signs in.

import type { App } from '../config/configuration.ts'
import type { Frame } from '../web/kit/reply.ts'
import type { CanonicalRequest } from './canonical/canonical-request.ts'

/**
 * A request that loads a frame, as the app's `frame_ancestors` see it: a navigation with the pages that may show the answer, or, for
 * other embedders, no navigation, so that no sign-in begins there. Other requests pass unchanged.
 *
 * The fields name the page that began the navigation, not the pages around the frame, which no field does. So this only
 * refuses early; what must not be shown elsewhere is kept from it by the browser (`frame-ancestors` of each page), and redirects
 * show nothing.
 */
export function withEmbedder(app: App, gateway: string, request: CanonicalRequest): CanonicalRequest {
  if (!request.framed || !request.navigation) return request
  const frame = frameOf(app.frameAncestors ?? [], gateway, request)
  return frame === undefined ? { ...request, navigation: false } : { ...request, frame }
}

/** `gateway`: its origin, whose page in the frame leads back to the app. */
export function frameOf(
  embedders: readonly string[],
  gateway: string,
  { header }: Pick<CanonicalRequest, 'header'>,
): Frame | undefined {
  const site = header('sec-fetch-site')
  const referer = header('referer')
  const initiator = referer === undefined ? undefined : URL.parse(referer)?.origin
  const listed = initiator !== undefined && (embedders.includes(initiator) || initiator === gateway)
  switch (site) {
    case 'same-origin':
    case 'none':
      return { embedders, otherSite: false }
    case 'same-site':
      // Many pages send no Referer to other origins (`Referrer-Policy: same-origin`, `no-referrer`).
      return listed || initiator === undefined ? { embedders, otherSite: false } : undefined
    case 'cross-site':
      return listed ? { embedders, otherSite: true } : undefined
    // open: absent, or no value of Fetch Metadata
    default:
      return listed ? { embedders, otherSite: false } : undefined
  }
}
