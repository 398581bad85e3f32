// `/sign-out`: ends the session after a confirmation, then continues at the provider (OIDC RP-Initiated Logout).

import { backCookie, clearBackCookie, clearSessionCookie, setBackCookie } from '../../identity/session/cookies.ts'
import { addressOn, ownOrigin } from '../kit/app-home.ts'
import { fieldsOf, readForm, type Fields } from '../kit/form.ts'
import { badForm } from '../errors/error-pages.ts'
import { redirectPage } from './redirect-page.ts'
import { redirect, setCookies, type PageRequest, type Reply } from '../kit/reply.ts'
import { clearSiteData, rememberLeftApps } from './signed-out.ts'
import { askSignOutPage, clearPageCache } from './sign-out-page.ts'
import { actor, origin, sessionOfBrowser } from '../kit/viewer.ts'
import type { Session } from '../../identity/session/session.ts'
import type { RouteMatch, WebDependencies } from '../kit/dependencies.ts'

/**
 * `GET /sign-out`: confirmation page, so that no link or image can sign a user out (CSRF). `app`: where it began, and where to
 * stay; `journey`: the page to return to; `session`: note of the app's host.
 */
export async function askSignOut(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  const fields = fieldsOf(request.query)
  const [session] = await sessionsToEnd(deps, request, fields)
  const journey = journeyIn(deps, fields)
  if (!session)
    return redirect(request, `${deps.config().gateway.origin}/signed-out`, setCookies(back(request, journey)))
  const app = deps.config().apps.get(fields('app') ?? '')
  return askSignOutPage(request, { viewer: session.subject, app, journey, session: fields('session') })
}

/**
 * `GET /.einlass/sign-out`: leads to the gateway host, which knows what there is to end. A service worker of the app controls
 * every page of its host, and could show a page that only pretends to sign out.
 */
export async function leadToSignOut(deps: WebDependencies, request: PageRequest, matched: RouteMatch): Promise<Reply> {
  const app = matched.app!
  const session = await sessionOfBrowser(deps, request)
  const address = addressOn(app, request.host)
  const target = ownPage(address.origin, request.header('referer'))
  // Scripts and images come back nowhere, and their cookies would displace those of pages.
  const context =
    target === undefined || !request.navigation
      ? undefined
      : deps.signIn.returnContexts.create(
          {
            origin: address.origin,
            host: address.host,
            target,
            home: `${address.path}/`,
            app: app.name,
            stepUp: undefined,
            provider: undefined,
          },
          request.header('cookie'),
          true,
        )
  const parameters = new URLSearchParams({ app: app.name })
  if (context !== undefined) parameters.set('journey', context.journey)
  if (session !== undefined) parameters.set('session', deps.signIn.signOutNotes.write(session.id))
  const location = `${deps.config().gateway.origin}/sign-out?${parameters}`
  return redirect(request, location, setCookies(context?.cookies ?? []))
}

/** `POST`, on either host: ends the session on all hosts, clears the cookie, continues at the provider if it has a logout endpoint. */
export async function signOut(deps: WebDependencies, request: PageRequest, matched: RouteMatch): Promise<Reply> {
  const { gateway } = deps.config()
  const { app } = matched
  const form = await readForm(request, app === undefined ? gateway.origin : ownOrigin(request))
  if (form.state !== 'read') return badForm(request, form.state)
  const [session, ...others] = await sessionsToEnd(deps, request, app === undefined ? form.fields : () => undefined)
  const stored = app === undefined ? clearPageCache : clearSiteData(app)
  const cleared = ['Set-Cookie', clearSessionCookie(), ...stored]
  // Without a session of its own an app's host does not know whether there is one: the gateway's host does.
  const done =
    session || app === undefined ? `${gateway.origin}/signed-out` : `${gateway.origin}/sign-out?app=${app.name}`
  if (!session) return redirectPage(request, { location: done, reason: 'to_sign_out' }, cleared)
  const hint = await deps.signIn.logoutHint(session)
  if (app === undefined) {
    cleared.push(...(await rememberLeftApps(deps, session, form.fields('app'))))
    cleared.push(...setCookies(back(request, journeyIn(deps, form.fields))))
  }
  for (const one of [session, ...others]) {
    await deps.sessions.end(one.id, 'session_revoked', actor(session), origin(request))
  }
  // The local session has ended in any case; if the provider is unreachable, only its own session remains.
  const provider = await deps.signIn.logoutUrl(session, hint).catch(() => undefined)
  if (provider === undefined) return redirectPage(request, { location: done, reason: 'signed_out' }, cleared)
  return redirectPage(request, { location: provider, reason: 'sign_out' }, cleared)
}

/** That of this host's cookie, and that of an app's host, if it is another one. */
async function sessionsToEnd(deps: WebDependencies, request: PageRequest, fields: Fields): Promise<readonly Session[]> {
  const own = await sessionOfBrowser(deps, request)
  const noted = deps.signIn.signOutNotes.read(fields('session'))
  const found = noted === undefined || noted === own?.id ? undefined : await deps.sessions.read(noted)
  return [...(own ? [own] : []), ...(found?.state === 'live' ? [found.session] : [])]
}

/** Path and query of the app's page that led here; undefined for pages of others, and for our own under `/.einlass/`. */
function ownPage(own: string, referrer: string | undefined): string | undefined {
  const url = URL.parse(referrer ?? '')
  if (url?.origin !== own || url.pathname.startsWith('/.einlass/')) return undefined
  return url.pathname + url.search
}

/** As it came, if it is one of ours. */
function journeyIn(deps: WebDependencies, fields: Fields): string | undefined {
  const journey = fields('journey')
  return deps.signIn.returnContexts.open(journey) && journey
}

/** `Set-Cookie` values for the page to return to; without one that of an earlier sign-out does not count. */
function back(request: PageRequest, journey: string | undefined): readonly string[] {
  if (journey !== undefined) return [setBackCookie(journey)]
  return backCookie(request.header('cookie')) === undefined ? [] : [clearBackCookie()]
}
