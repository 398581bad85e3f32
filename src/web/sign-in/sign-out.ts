// Leaving: asked first, done by POST, and then at the provider too.

import { clearSessionCookie } from '../../identity/session/cookies.ts'
import { readForm } from '../kit/form.ts'
import { badForm } from '../errors/error-pages.ts'
import { redirectPage } from './redirect-page.ts'
import { redirect, type PageRequest, type Reply } from '../kit/reply.ts'
import { askSignOutPage, clearPageCache, signedOutPage } from './sign-out-page.ts'
import { actor, origin, viewerOf } from '../kit/viewer.ts'
import type { RouteMatch, WebDependencies } from '../kit/dependencies.ts'

/** `GET /sign-out`, `GET /.einlass/sign-out`: a question, so that no link or image can sign anybody out. */
export async function askSignOut(deps: WebDependencies, request: PageRequest, matched: RouteMatch): Promise<Reply> {
  const session = await viewerOf(deps, request)
  if (!session) return redirect(request, `${deps.config().gateway.origin}/signed-out`)
  return askSignOutPage(request, {
    viewer: session.subject,
    action: matched.app ? '/.einlass/sign-out' : '/sign-out',
    stay: matched.app ? `${matched.app.origin}/` : '/',
  })
}

/** `POST`: ends the session everywhere, forgets the cookie, and goes on to the provider when it has a sign-out page. */
export async function signOut(deps: WebDependencies, request: PageRequest, matched: RouteMatch): Promise<Reply> {
  const { gateway } = deps.config()
  const form = await readForm(request, matched.app?.origin ?? gateway.origin)
  if (form.state !== 'read') return badForm(request, form.state)
  const session = await viewerOf(deps, request)
  const cleared = ['Set-Cookie', clearSessionCookie(), ...clearPageCache]
  const done = `${gateway.origin}/signed-out`
  if (!session) return redirectPage(request, { location: done, reason: 'signed_out' }, cleared)
  const hint = await deps.signIn.logoutHint(session)
  await deps.sessions.end(session.id, 'session_revoked', actor(session), origin(request))
  // The session is over whatever the provider says; one that cannot be asked only keeps its own.
  const provider = await deps.signIn.logoutUrl(session, hint).catch(() => undefined)
  if (provider === undefined) return redirectPage(request, { location: done, reason: 'signed_out' }, cleared)
  return redirectPage(request, { location: provider, reason: 'sign_out' }, cleared)
}

export async function signedOut(_parts: WebDependencies, request: PageRequest): Promise<Reply> {
  return signedOutPage(request)
}
