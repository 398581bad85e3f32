// `/sign-in/guest`: guests ask for a code by mail; `/sign-in/guest/code`: they enter it, in the same browser.

import { setProviderCookie, setSessionCookie } from '../../identity/session/cookies.ts'
import type { ReturnContext } from '../../identity/oidc/sign-in.ts'
import type { Session } from '../../identity/session/session.ts'
import { guestProvider } from '../../policy/subject.ts'
import { never } from '../../policy/never.ts'
import { badForm, notFound } from '../errors/error-pages.ts'
import type { WebDependencies } from '../kit/dependencies.ts'
import { fieldsOf, readForm } from '../kit/form.ts'
import { language, redirect, setCookies, type PageRequest, type Reply } from '../kit/reply.ts'
import { origin, sessionOfBrowser, viewerOf } from '../kit/viewer.ts'
import { journeyOf } from '../sign-in/destination.ts'
import { toDestination } from '../sign-in/other-hosts.ts'
import { signInFailedPage, signInPath } from '../sign-in/sign-in-page.ts'
import { addressPage, codePage, guestPath, type CodePage } from './guest-pages.ts'

/** Where a sign-in as a guest begins: at the address, or for a stronger step-up at the passkey. */
export function startGuestSignIn(
  deps: WebDependencies,
  request: PageRequest,
  returnContext: ReturnContext | undefined,
  session: Session | undefined,
): Reply {
  const journey = journeyOf(deps, returnContext)
  const level = returnContext?.stepUp?.level
  if (isGuest(session) && (level === 'mfa' || level === 'phishing_resistant')) {
    return redirect(request, `/sign-in/passkey?journey=${encodeURIComponent(journey ?? '')}`)
  }
  return redirect(request, guestPath(journey))
}

/** `GET /sign-in/guest?journey=`. 404 when no guest can sign in. */
export async function askAddress(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  if (!deps.guests.open()) return notFound(request)
  const returnContext = deps.signIn.returnContexts.open(fieldsOf(request.query)('journey'))
  const stepUp = await steppedUpGuest(deps, request, returnContext)
  return addressPage(request, {
    journey: journeyOf(deps, returnContext),
    email: stepUp?.subject.email ?? deps.guests.lastEmail(request.header('cookie')) ?? '',
    stepUp: stepUp !== undefined,
    malformed: false,
  })
}

/** `POST /sign-in/guest`, fields `email`, `journey`. */
export async function sendCode(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  const form = await readForm(request, deps.config().gateway.origin)
  if (form.state !== 'read') return badForm(request, form.state)
  if (!deps.guests.open()) return notFound(request)
  const returnContext = deps.signIn.returnContexts.open(form.fields('journey'))
  return beginWithCode(deps, request, returnContext, (form.fields('email') ?? '').slice(0, 400))
}

/** The answer is the same for every address. */
export async function beginWithCode(
  deps: WebDependencies,
  request: PageRequest,
  returnContext: ReturnContext | undefined,
  typed: string,
): Promise<Reply> {
  const journey = journeyOf(deps, returnContext)
  const stepUp = await steppedUpGuest(deps, request, returnContext)
  // A session is confirmed by its own person.
  const email = stepUp?.subject.email ?? typed
  const begun = await deps.guests.begin({
    email,
    returnContext,
    language: language(request),
    cookies: request.header('cookie'),
    origin: origin(request),
  })
  switch (begun.state) {
    case 'malformed':
      return addressPage(request, { journey, email: typed.slice(0, 254), stepUp: false, malformed: true })
    case 'throttled':
      return signInFailedPage(request, { code: 'throttled', again: guestPath(journey), signedIn: false })
    case 'begun':
      return redirect(request, `/sign-in/guest/code?attempt=${begun.id}`, setCookies(begun.cookies))
    default:
      return never(begun)
  }
}

/** `GET /sign-in/guest/code?attempt=`. */
export async function enterCode(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  if (!deps.guests.open()) return notFound(request)
  const id = fieldsOf(request.query)('attempt')
  const found = deps.guests.find(id, request.header('cookie'))
  if (id === undefined || found === undefined) return unknownAttempt(request)
  const { attempt, expired } = found
  return codePage(request, {
    attempt: id,
    email: attempt.email,
    journey: journeyOf(deps, attempt.returnContext),
    mistake: expired ? { state: 'spent' } : undefined,
  })
}

/** `POST /sign-in/guest/code`, fields `attempt`, `code`. */
export async function useGuestCode(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  const { gateway } = deps.config()
  const form = await readForm(request, gateway.origin)
  if (form.state !== 'read') return badForm(request, form.state)
  if (!deps.guests.open()) return notFound(request)
  const id = form.fields('attempt')
  const result = await deps.guests.redeem({
    id,
    code: (form.fields('code') ?? '').slice(0, 100),
    cookies: request.header('cookie'),
    previous: await sessionOfBrowser(deps, request),
    origin: origin(request),
  })
  switch (result.state) {
    case 'signed_in': {
      const cookie = await deps.sessions.issueCookie(result.session, gateway.host, 'replaceable')
      const cookies = [setSessionCookie(cookie), ...result.cookies, setProviderCookie(guestProvider)]
      return toDestination(deps, request, result.session, result.returnContext, setCookies(cookies))
    }
    case 'unknown':
      return unknownAttempt(request)
    case 'throttled':
      return signInFailedPage(request, { code: 'throttled', again: guestPath(undefined), signedIn: false })
    case 'wrong':
    case 'spent':
    case 'no_access': {
      const { email, returnContext } = result.attempt
      const mistake: CodePage['mistake'] =
        result.state === 'wrong' ? { state: 'wrong', left: result.left } : { state: result.state }
      return codePage(request, { attempt: id ?? '', email, journey: journeyOf(deps, returnContext), mistake })
    }
    default:
      return never(result)
  }
}

export function isGuest(session: Session | undefined): session is Session {
  return session?.subject.provider === guestProvider
}

/** The guest whose session is to be confirmed; undefined for a first sign-in. */
async function steppedUpGuest(
  deps: WebDependencies,
  request: PageRequest,
  returnContext: ReturnContext | undefined,
): Promise<Session | undefined> {
  if (returnContext?.stepUp === undefined) return undefined
  const session = await viewerOf(deps, request)
  return isGuest(session) ? session : undefined
}

/** The cookie is of another browser, gone, or never was. */
function unknownAttempt(request: PageRequest): Reply {
  return signInFailedPage(request, { code: 'transaction_unknown', again: signInPath(undefined), signedIn: false })
}
