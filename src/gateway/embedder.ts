// Embedder: which pages may show an app, and our pages on its host, in a frame while the user signs in.

import type { App } from '../config/configuration.ts'
import type { Frame } from '../web/kit/reply.ts'
import type { CanonicalRequest } from './canonical/canonical-request.ts'
import type { Dependencies } from './dependencies.ts'

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

/**
 * Logs that no sign-in begins in a frame, with what an admin can set: the page around it shows nothing, and says nothing.
 * `request`: as `withEmbedder` returned it.
 */
export function reportOtherEmbedder(
  { log }: Pick<Dependencies, 'log'>,
  { name }: Pick<App, 'name'>,
  { id, framed, navigation, header }: CanonicalRequest,
): void {
  if (!framed || navigation) return
  const page = URL.parse(header('referer') ?? '')?.origin
  const setting = `apps.${name}.frame_ancestors, or embeds of the app whose page it is`
  log.info({ request: id, app: name, page, setting }, 'a page that is not listed shows the application in a frame')
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
