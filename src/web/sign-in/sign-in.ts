// Signing in on the gateway host: which provider, off to it, and back again.

import { bindingCookie, setBindingCookie, setSessionCookie } from '../../identity/session/cookies.ts'
import { fieldsOf, readForm } from '../kit/form.ts'
import { badForm } from '../errors/error-pages.ts'
import { onward } from './redirect-page.ts'
import { redirect, type PageRequest, type Reply } from '../kit/reply.ts'
import { choicePage, failedPage, signInPath } from './sign-in-page.ts'
import { origin, viewerOf } from '../kit/viewer.ts'
import type { Journey } from '../../identity/oidc/sign-in.ts'
import type { Session } from '../../identity/session/session.ts'
import type { Matched, WebParts } from '../kit/dependencies.ts'

/** `GET /sign-in`: straight on wherever there is nothing to ask. */
export async function signIn(parts: WebParts, request: PageRequest): Promise<Reply> {
  const fields = fieldsOf(request.query)
  const journey = await journeyOf(parts, fields('journey'))
  const session = await viewerOf(parts, request)
  if (session && mayPass(session, journey)) return redirect(request, await destination(parts, session, journey))

  const provider = journey?.provider ?? stepUpProvider(journey, session) ?? offered(parts, fields('provider'))
  const choices = parts.signIn.choices()
  const only = choices.length === 1 ? choices[0]!.name : undefined
  const chosen = provider ?? only
  if (chosen === undefined) return choose(parts, request, journey, undefined)
  return depart(parts, request, { provider: chosen, journey, loginHint: undefined, byForm: false })
}

/** `POST /sign-in`: an e-mail address instead of a choice. */
export async function signInByEmail(parts: WebParts, request: PageRequest): Promise<Reply> {
  const form = await readForm(request, parts.config().gateway.origin)
  if (form.state !== 'read') return badForm(request, form.state)
  const journey = await journeyOf(parts, form.fields('journey'))
  const email = form.fields('email')?.trim() ?? ''
  const provider = email.length <= 254 ? parts.signIn.providerOf(email) : undefined
  if (provider === undefined) return choose(parts, request, journey, email.slice(0, 254))
  return depart(parts, request, { provider: journey?.provider ?? provider, journey, loginHint: email, byForm: true })
}

/** `GET /callback/PROVIDER`: what the provider sent back with the browser. */
export async function callback(parts: WebParts, request: PageRequest, matched: Matched): Promise<Reply> {
  const { gateway } = parts.config()
  const previous = await viewerOf(parts, request)
  const returned = await parts.signIn.callback({
    provider: matched.parameters['provider']!,
    query: request.query,
    binding: bindingCookie(request.header('cookie')),
    previous,
    origin: origin(request),
  })
  if (returned.state === 'failed') {
    const again = signInPath(returned.journey?.id)
    const sealed = parts.emergency.offered()
    return failedPage(request, { code: returned.failure.code, again, signedIn: previous !== undefined, sealed })
  }
  const cookie = await parts.sessions.issueCookie(returned.session, gateway.host)
  const location = await destination(parts, returned.session, returned.journey)
  return redirect(request, location, ['Set-Cookie', setSessionCookie(cookie)])
}

/**
 * A session that is there is enough, unless the journey asks for more. What "more" is was decided by policy and is not
 * decided again here: two opinions about it could send the browser round in circles.
 */
function mayPass(session: Session, journey: Journey | undefined): boolean {
  if (!journey) return true
  if (journey.stepUp) return false
  return journey.provider === undefined || journey.provider === session.subject.provider
}

/** Absolute, or a path of ours. Only from what was kept on the server: the request has no say in it. */
async function destination(parts: WebParts, session: Session, journey: Journey | undefined): Promise<string> {
  const { gateway } = parts.config()
  if (!journey) return '/'
  // The origin is written out, so that a target like `//elsewhere` stays a path of this host.
  if (journey.host === gateway.host) return gateway.origin + journey.target
  return parts.signIn.ticket(session, journey)
}

async function depart(
  parts: WebParts,
  request: PageRequest,
  start: {
    readonly provider: string
    readonly journey: Journey | undefined
    readonly loginHint: string | undefined
    readonly byForm: boolean
  },
): Promise<Reply> {
  const begun = await parts.signIn.authorize({
    provider: start.provider,
    journey: start.journey?.id,
    stepUp: start.journey?.stepUp,
    loginHint: start.loginHint,
    binding: bindingCookie(request.header('cookie')),
    address: request.address,
  })
  if (begun.state === 'failed') {
    const again = signInPath(start.journey?.id)
    return failedPage(request, { code: begun.failure.code, again, signedIn: false, sealed: parts.emergency.offered() })
  }
  const headers = ['Set-Cookie', setBindingCookie(begun.binding)]
  if (start.byForm) return onward(request, { location: begun.location, reason: 'sign_in' }, headers)
  return redirect(request, begun.location, headers)
}

function choose(
  parts: WebParts,
  request: PageRequest,
  journey: Journey | undefined,
  unknownEmail: string | undefined,
): Reply {
  const { apps, providers } = parts.config()
  return choicePage(request, {
    journey: journey?.id,
    app: journey?.app === undefined ? undefined : apps.get(journey.app),
    providers: parts.signIn.choices(),
    byEmail: [...providers.values()].some((provider) => provider.domains.length > 0),
    unknownEmail,
  })
}

/** A step-up raises the session there is, so it stays with the provider that session came from. */
function stepUpProvider(journey: Journey | undefined, session: Session | undefined): string | undefined {
  return journey?.stepUp && session ? session.subject.provider : undefined
}

function offered(parts: WebParts, name: string | undefined): string | undefined {
  return parts.signIn.choices().find((choice) => choice.name === name)?.name
}

/** An id that leads nowhere (any more) is no journey: the person ends on the portal. */
async function journeyOf(parts: WebParts, id: string | undefined): Promise<Journey | undefined> {
  return id !== undefined && /^[\w-]{1,64}$/.test(id) ? parts.signIn.journey(id) : undefined
}
