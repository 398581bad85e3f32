// `/sign-out`: ends the session after a confirmation, then continues at the provider (OIDC RP-Initiated Logout).

import { clearSessionCookie } from '../../identity/session/cookies.ts'
import { fieldsOf, readForm } from '../kit/form.ts'
import { badForm } from '../errors/error-pages.ts'
import { redirectPage } from './redirect-page.ts'
import { redirect, type PageRequest, type Reply } from '../kit/reply.ts'
import { clearSiteData, rememberLeftApps } from './signed-out.ts'
import { askSignOutPage, clearPageCache } from './sign-out-page.ts'
import { actor, origin, viewerOf } from '../kit/viewer.ts'
import type { RouteMatch, WebDependencies } from '../kit/dependencies.ts'

/** `GET /sign-out`: confirmation page, so that no link or image can sign a user out (CSRF). `app`: where to stay. */
export async function askSignOut(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  const session = await viewerOf(deps, request)
  if (!session) return redirect(request, `${deps.config().gateway.origin}/signed-out`)
  const app = deps.config().apps.get(fieldsOf(request.query)('app') ?? '')
  return askSignOutPage(request, { viewer: session.subject, app })
}

/**
 * `GET /.einlass/sign-out`: leads to the gateway host. A service worker of the app controls every page of its host, and
 * could show a page that only pretends to sign out.
 */
export async function leadToSignOut(deps: WebDependencies, request: PageRequest, matched: RouteMatch): Promise<Reply> {
  return redirect(request, `${deps.config().gateway.origin}/sign-out?app=${matched.app!.name}`)
}

/** `POST`, on either host: ends the session on all hosts, clears the cookie, continues at the provider if it has a logout endpoint. */
export async function signOut(deps: WebDependencies, request: PageRequest, matched: RouteMatch): Promise<Reply> {
  const { gateway } = deps.config()
  const form = await readForm(request, matched.app?.origin ?? gateway.origin)
  if (form.state !== 'read') return badForm(request, form.state)
  const session = await viewerOf(deps, request)
  const stored = matched.app === undefined ? clearPageCache : clearSiteData(matched.app)
  const cleared = ['Set-Cookie', clearSessionCookie(), ...stored]
  const done = `${gateway.origin}/signed-out`
  if (!session) return redirectPage(request, { location: done, reason: 'signed_out' }, cleared)
  const hint = await deps.signIn.logoutHint(session)
  if (matched.app === undefined) cleared.push(...(await rememberLeftApps(deps, session, form.fields('app'))))
  await deps.sessions.end(session.id, 'session_revoked', actor(session), origin(request))
  // The local session has ended in any case; if the provider is unreachable, only its own session remains.
  const provider = await deps.signIn.logoutUrl(session, hint).catch(() => undefined)
  if (provider === undefined) return redirectPage(request, { location: done, reason: 'signed_out' }, cleared)
  return redirectPage(request, { location: provider, reason: 'sign_out' }, cleared)
}
