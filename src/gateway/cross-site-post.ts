// Form posts of other sites to paths in `cross_site_posts`: answered by a page that sends the form again from the app's host.

import type { App } from '../config/configuration.ts'
import type { Exchange } from '../http/exchange.ts'
import { formFields, type FormField } from '../http/form-fields.ts'
import { pageOriginOf } from '../http/page-origin.ts'
import { sessionCookie } from '../identity/session/cookies.ts'
import { matchesPath } from '../policy/conditions/action.ts'
import { canBeSentAgain, sendAgainPage } from '../web/cross-site-posts/send-again-page.ts'
import { formNotPassedOn, type UnsendableForm } from '../web/errors/error-pages.ts'
import type { CanonicalRequest } from './canonical/canonical-request.ts'
import { readBytes } from './canonical/read-body.ts'
import type { Dependencies } from './dependencies.ts'
import { originParameters, type RequestSource } from './origin-check.ts'
import type { Target } from './route.ts'
import { sendReply } from './send-reply.ts'

/** Slow lines may take 20 s. */
const limits = { maxBytes: 256 * 1024, timeout: 20_000 }
const maxFields = 1_000

/**
 * Browsers send no session cookie with a form of another site (`SameSite=Lax`); sent again by our page, it has the cookie, and
 * `Origin` and `Sec-Fetch-Site` are those of the app, which only pages of its host can bring about. It is decided on then, so
 * that nothing is sent again twice. A form of another origin of the same site has the cookie and takes the same way: in a frame
 * that may not show our page it goes no further.
 */
export function isToBeSentAgain(
  target: Pick<Extract<Target, { kind: 'app' }>, 'app' | 'address' | 'publicPath'>,
  request: CanonicalRequest,
  source: RequestSource | undefined,
): source is RequestSource {
  const { config } = target.app
  if (config.crossSitePosts === undefined || source === undefined || target.publicPath) return false
  if (!isDeclaredForm(config, request.path, source)) return false
  const page = pageOriginOf(source, target.address.origin, config.trustedOrigins)
  // A trusted page of the same site has the cookie, and its forms are accepted as they come.
  return page === 'other' || (page === 'trusted' && sessionCookie(request.header('cookie')) === undefined)
}

/** A form, sent as a navigation, to a path in `cross_site_posts`. */
export function isDeclaredForm(
  { crossSitePosts = [] }: Pick<App, 'crossSitePosts'>,
  path: string,
  { navigation }: Pick<RequestSource, 'navigation'>,
): boolean {
  return navigation && crossSitePosts.some((pattern) => matchesPath(pattern, path))
}

/** Nothing is stored, and nothing is decided: the audit has what comes again. */
export async function sendFormAgain(
  deps: Pick<Dependencies, 'formReads' | 'log'>,
  app: App,
  request: CanonicalRequest,
  source: RequestSource,
  exchange: Exchange,
): Promise<void> {
  const frame = request.framed ? { embedders: app.frameAncestors ?? [], otherSite: false } : undefined
  const requester = { ...request, navigation: true, frame }
  const form = await readForm(deps, request, exchange)
  const refused = typeof form === 'string' ? form : undefined
  deps.log.info(
    { request: request.id, app: app.name, ...originParameters(source), refused },
    refused === undefined ? 'form of another site: to be sent again' : 'form of another site cannot be sent again',
  )
  sendReply(
    exchange.response,
    typeof form === 'string' ? formNotPassedOn(requester, form, app) : sendAgainPage(requester, app, form),
  )
}

async function readForm(
  { formReads }: Pick<Dependencies, 'formReads'>,
  { header, client, contentLength }: CanonicalRequest,
  exchange: Exchange,
): Promise<readonly FormField[] | UnsendableForm> {
  const type = header('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/x-www-form-urlencoded' || header('content-encoding') !== undefined) return 'form_type'
  if (contentLength !== undefined && contentLength > limits.maxBytes) return 'form_too_large'
  const release = formReads.acquire(client)
  if (release === undefined) return 'form_busy'
  try {
    const fields = formFields(await readBytes(exchange, limits), maxFields)
    if (fields === undefined) return 'form_too_large'
    return canBeSentAgain(fields) ? fields : 'form_unreadable'
  } catch (error) {
    return (error as { readonly tooLarge?: unknown }).tooLarge === true ? 'form_too_large' : 'form_unreadable'
  } finally {
    release()
  }
}
