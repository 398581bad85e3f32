// `/signed-out`, and `/.einlass/signed-out` on app hosts, which empties what an app stored in the browser of a user who left.

import { hostName } from '../../http/host-name.ts'
import {
  backCookie,
  clearLeftAppsCookie,
  clearSessionCookie,
  leftAppsCookie,
  sessionCookie,
  setLeftAppsCookie,
} from '../../identity/session/cookies.ts'
import type { App } from '../../config/configuration.ts'
import type { Session } from '../../identity/session/session.ts'
import { setChooseAccountCookie } from '../../identity/session/choose-account-cookie.ts'
import { redirect, reply, setCookies, type PageRequest, type Reply } from '../kit/reply.ts'
import { signInPath } from './sign-in-page.ts'
import { clearPageCache, signedOutPage } from './sign-out-page.ts'
import { sessionOfBrowser } from '../kit/viewer.ts'
import type { RouteMatch, WebDependencies } from '../kit/dependencies.ts'

/** Apps looked at: each costs one read. */
const maxApps = 100
/** The page names each in its Content-Security-Policy, too. */
const maxOrigins = 100
const hour = 3_600_000

/**
 * `Set-Cookie` values that let `/signed-out` reach the apps this session was used at: the browser comes there by way of
 * the provider. `first`: name of the app where the sign-out began. Only browser data is at stake: without an answer of
 * the store none is emptied.
 */
export async function rememberLeftApps(
  deps: WebDependencies,
  session: Session,
  first: string | undefined,
): Promise<readonly string[]> {
  // `lastUsed` is rounded down to the hour.
  const since = session.createdAt - (session.createdAt % hour)
  const apps = [...deps.config().apps.values()].filter((app) => !app.keepStorage).slice(0, maxApps)
  const used = await Promise.all(apps.map((app) => deps.lastUsed(session.subject, app.name).catch(() => undefined)))
  const left = apps.filter((_app, index) => (used[index] ?? -Infinity) >= since).map(({ name }) => name)
  const begun = first !== undefined && deps.config().apps.has(first) ? [first] : []
  const all = new Set([...begun, ...left])
  // Set without any app as well: it tells the page after sign-out that there was one.
  return ['Set-Cookie', setLeftAppsCookie(all.size === 0 ? ['', ''] : [...all])]
}

/**
 * Where gateway and app are different sites, only a navigation carries the cookie of the app: it leads through the host
 * of the first one. Reaches all others by images: a service worker sees the requests of its own pages only, so that one that a malicious app
 * left behind cannot answer in our place, as it could a navigation.
 */
export async function signedOut(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  // Signed in again meanwhile, or with another session than the one that ended: "signed out" would be false.
  if (await sessionOfBrowser(deps, request)) return redirect(request, `${deps.config().gateway.origin}/sign-out`)
  const left = leftAppsCookie(request.header('cookie'))
  const { apps, gateway } = deps.config()
  const first = apps.get(left[0] ?? '')
  // An empty name in front: the browser has been there.
  const onward = ['Set-Cookie', setLeftAppsCookie(['', ...left])]
  if (first !== undefined && !sharesParentDomain(gateway.host, first.host))
    return redirect(request, `${first.origin}/.einlass/signed-out`, onward)
  const hosts = left.flatMap((name) => apps.get(name)?.addresses.map(({ origin }) => origin) ?? [])
  const origins = [...new Set(hosts)].slice(0, maxOrigins)
  const journey = backCookie(request.header('cookie'))
  const known = deps.signIn.returnContexts.open(journey) === undefined ? undefined : journey
  const ended = left.length > 0
  const cookies = ended ? [setChooseAccountCookie(), clearLeftAppsCookie()] : []
  return signedOutPage(request, { ended, apps: [...new Set(origins)], again: signInPath(known) }, setCookies(cookies))
}

/** Hosts of one site, as far as it can be told without a list of public suffixes. */
function sharesParentDomain(gateway: string, app: string): boolean {
  const parent = hostName(gateway).split('.').slice(1)
  return parent.length > 1 && hostName(app).endsWith(`.${parent.join('.')}`)
}

/**
 * `GET /.einlass/signed-out`: an image, or a step on the way to the page after sign-out. Any page can request it, so it does nothing unless this browser has the cookie of
 * a session that was ended: not of a live one, and not of one that merely expired.
 */
export async function clearAppStorage(
  deps: WebDependencies,
  request: PageRequest,
  matched: RouteMatch,
): Promise<Reply> {
  const cookie = sessionCookie(request.header('cookie'))
  const found = cookie === undefined ? undefined : await deps.sessions.find(cookie, request.host)
  const ended = found?.state === 'none' && found.reason === 'session_revoked'
  const headers = ended ? ['Set-Cookie', clearSessionCookie(), ...clearSiteData(matched.app!)] : []
  if (request.navigation) return redirect(request, `${deps.config().gateway.origin}/signed-out`, headers)
  // A browser reports an image of another origin as blocked otherwise.
  const shown = request.header('sec-fetch-dest') === 'image' ? ['Cross-Origin-Resource-Policy', 'cross-origin'] : []
  const image = ['Content-Type', 'image/svg+xml', ...shown, ...headers]
  return reply(request, 200, image, '<svg xmlns="http://www.w3.org/2000/svg"/>')
}

/** Of an app's host at sign-out. */
export function clearSiteData({ keepStorage }: Pick<App, 'keepStorage'>): readonly string[] {
  return keepStorage ? clearPageCache : ['Clear-Site-Data', '"cache", "storage"']
}
