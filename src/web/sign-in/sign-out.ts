// Leaving: asked first, done by POST, and then at the provider too.

import { clearSessionCookie } from '../../identity/session/cookies.ts'
import { readForm } from '../kit/form.ts'
import { badForm } from '../errors/error-pages.ts'
import { onward } from './redirect-page.ts'
import { redirect, type PageRequest, type Reply } from '../kit/reply.ts'
import { askSignOutPage, forgetPages, signedOutPage } from './sign-out-page.ts'
import { actor, origin, viewerOf } from '../kit/viewer.ts'
import type { Matched, WebParts } from '../kit/dependencies.ts'

/** `GET /sign-out`, `GET /.einlass/sign-out`: a question, so that no link or image can sign anybody out. */
export async function askSignOut(parts: WebParts, request: PageRequest, matched: Matched): Promise<Reply> {
  const session = await viewerOf(parts, request)
  if (!session) return redirect(request, `${parts.config().gateway.origin}/signed-out`)
  return askSignOutPage(request, {
    viewer: session.subject,
    action: matched.app ? '/.einlass/sign-out' : '/sign-out',
    stay: matched.app ? `${matched.app.origin}/` : '/',
  })
}

/** `POST`: ends the session everywhere, forgets the cookie, and goes on to the provider when it has a sign-out page. */
export async function signOut(parts: WebParts, request: PageRequest, matched: Matched): Promise<Reply> {
  const { gateway } = parts.config()
  const form = await readForm(request, matched.app?.origin ?? gateway.origin)
  if (form.state !== 'read') return badForm(request, form.state)
  const session = await viewerOf(parts, request)
  const cleared = ['Set-Cookie', clearSessionCookie(), ...forgetPages]
  const done = `${gateway.origin}/signed-out`
  if (!session) return onward(request, { location: done, reason: 'signed_out' }, cleared)
  const hint = await parts.signIn.logoutHint(session)
  await parts.sessions.end(session.id, 'session_revoked', actor(session), origin(request))
  // The session is over whatever the provider says; one that cannot be asked only keeps its own.
  const provider = await parts.signIn.logoutUrl(session, hint).catch(() => undefined)
  if (provider === undefined) return onward(request, { location: done, reason: 'signed_out' }, cleared)
  return onward(request, { location: provider, reason: 'sign_out' }, cleared)
}

export async function signedOut(_parts: WebParts, request: PageRequest): Promise<Reply> {
  return signedOutPage(request)
}
