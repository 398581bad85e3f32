// `/sign-in/passkey`: a guest confirms a sign-in with a passkey; `/account/passkeys`: adds, lists and removes them.

import { isIP } from 'node:net'
import { setSessionCookie } from '../../identity/session/cookies.ts'
import type { Session } from '../../identity/session/session.ts'
import { never } from '../../policy/never.ts'
import { badForm, notFound } from '../errors/error-pages.ts'
import { navigationOf } from '../kit/current-page.ts'
import type { WebDependencies } from '../kit/dependencies.ts'
import { flashMessageOf } from '../kit/flash-message.ts'
import { fieldsOf, readForm } from '../kit/form.ts'
import { language, redirect, setCookies, type PageRequest, type Reply } from '../kit/reply.ts'
import { origin, viewerOf } from '../kit/viewer.ts'
import { toDestination } from '../sign-in/other-hosts.ts'
import { signInPath } from '../sign-in/sign-in-page.ts'
import { redirectToStepUp } from '../sign-in/step-up.ts'
import { isGuest } from './guest-sign-in.ts'
import { confirmPage, noPasskeyPage, passkeysPage } from './passkey-page.ts'

/**
 * Milliseconds since the sign-in within which passkeys may be changed: an open session of an hour ago must not be enough to leave a
 * key of one's own behind.
 */
const recent = 15 * 60_000

/** `GET /sign-in/passkey?journey=`. Without a session it begins with the code. */
export async function askPasskey(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  if (!deps.guests.open()) return notFound(request)
  const journey = fieldsOf(request.query)('journey')
  const session = await viewerOf(deps, request)
  if (!isGuest(session)) return redirect(request, signInPath(journey))
  return confirm(deps, request, session, { journey, refused: false })
}

/** `POST /sign-in/passkey`, fields `challenge`, `credential`, `journey`. */
export async function usePasskey(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  const { gateway } = deps.config()
  const form = await readForm(request, gateway.origin)
  if (form.state !== 'read') return badForm(request, form.state)
  if (!deps.guests.open()) return notFound(request)
  const journey = form.fields('journey')
  const session = await viewerOf(deps, request)
  if (!isGuest(session)) return redirect(request, signInPath(journey))
  const result = await deps.passkeys.finishConfirm({
    ...acting(request, session),
    id: form.fields('challenge'),
    credential: form.fields('credential') ?? '',
  })
  switch (result.state) {
    case 'confirmed': {
      const cookie = await deps.sessions.issueCookie(result.session, gateway.host, 'replaceable')
      const headers = setCookies([setSessionCookie(cookie), ...result.cookies])
      return toDestination(deps, request, result.session, result.returnContext, headers)
    }
    case 'refused':
      return confirm(deps, request, session, { journey, refused: true })
    default:
      return never(result)
  }
}

/** `GET /account/passkeys`. 404 for everybody but guests. */
export async function passkeys(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  const session = await viewerOf(deps, request)
  if (session === undefined && deps.guests.open()) return redirect(request, '/sign-in')
  if (!isGuest(session) || !deps.guests.open()) return notFound(request)
  const journey = fieldsOf(request.query)('journey')
  return (await strongEnough(deps, request, session, journey)) ?? list(deps, request, session, { journey })
}

/** `POST /account/passkeys`, fields `challenge`, `credential`, `name`, `journey`. */
export async function addPasskey(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  const form = await readForm(request, deps.config().gateway.origin)
  if (form.state !== 'read') return badForm(request, form.state)
  const session = await viewerOf(deps, request)
  if (!isGuest(session) || !deps.guests.open()) return notFound(request)
  const journey = form.fields('journey')
  const notYet = await strongEnough(deps, request, session, journey)
  if (notYet !== undefined) return notYet
  const result = await deps.passkeys.finishAdd({
    ...acting(request, session),
    id: form.fields('challenge'),
    credential: form.fields('credential') ?? '',
    name: (form.fields('name') ?? '').slice(0, 200),
    language: language(request),
  })
  if (result.state !== 'added') return list(deps, request, session, { journey, mistake: result.state })
  const headers = setCookies(result.cookies)
  // What it was added for comes next.
  if (deps.signIn.returnContexts.open(journey) !== undefined) return redirect(request, confirmPath(journey), headers)
  return redirect(request, '/account/passkeys?said=added', headers)
}

/** `POST /account/passkeys/remove`, fields `passkey`, `journey`. */
export async function removePasskey(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  const form = await readForm(request, deps.config().gateway.origin)
  if (form.state !== 'read') return badForm(request, form.state)
  const session = await viewerOf(deps, request)
  if (!isGuest(session) || !deps.guests.open()) return notFound(request)
  const notYet = await strongEnough(deps, request, session, form.fields('journey'))
  if (notYet !== undefined) return notYet
  const removed = await deps.passkeys.remove(acting(request, session), (form.fields('passkey') ?? '').slice(0, 2000))
  return redirect(request, removed ? '/account/passkeys?said=removed' : '/account/passkeys')
}

/**
 * Undefined when this session may change passkeys: signed in lately, and with a passkey once there is one, so that neither a mailbox
 * nor an open browser is enough to add another.
 */
async function strongEnough(
  deps: WebDependencies,
  request: PageRequest,
  session: Session,
  journey: string | undefined,
): Promise<Reply | undefined> {
  const { authTime, phishingResistant } = session.authentication
  const fresh = authTime !== undefined && deps.now() - authTime <= recent
  const hasPasskey = (await deps.passkeys.of(session)).length > 0
  if (fresh && (phishingResistant || !hasPasskey)) return undefined
  const level = hasPasskey ? 'phishing_resistant' : 'any'
  return redirectToStepUp(deps, request, {
    back: `/account/passkeys${journey === undefined ? '' : `?journey=${encodeURIComponent(journey)}`}`,
    stepUp: { level, maxAge: recent, session },
  })
}

async function confirm(
  deps: WebDependencies,
  request: PageRequest,
  session: Session,
  { journey, refused }: { readonly journey: string | undefined; readonly refused: boolean },
): Promise<Reply> {
  const returnContext = deps.signIn.returnContexts.open(journey)
  const begun = await deps.passkeys.beginConfirm(acting(request, session), returnContext)
  if (begun === undefined) {
    const add = journey === undefined ? '/account/passkeys' : `/account/passkeys?journey=${encodeURIComponent(journey)}`
    return noPasskeyPage(request, add, arePossible(deps))
  }
  return confirmPage(request, { ceremony: begun, refused, journey }, setCookies(begun.cookies))
}

async function list(
  deps: WebDependencies,
  request: PageRequest,
  session: Session,
  shown: { readonly journey: string | undefined; readonly mistake?: 'refused' | 'full' },
): Promise<Reply> {
  const begun = arePossible(deps) ? await deps.passkeys.beginAdd(acting(request, session)) : undefined
  return passkeysPage(
    request,
    {
      session,
      nav: navigationOf(deps, session, undefined),
      passkeys: await deps.passkeys.of(session),
      ceremony: begun,
      mistake: shown.mistake,
      notice: flashMessageOf(request),
      journey: shown.journey,
      timeZone: deps.timeZone,
      now: deps.now(),
    },
    setCookies(begun?.cookies ?? []),
  )
}

/** WebAuthn 5.1.3: the relying party is a domain, never an address. */
function arePossible(deps: WebDependencies): boolean {
  const { hostname } = new URL(deps.config().gateway.origin)
  return isIP(hostname.replace(/^\[|\]$/g, '')) === 0
}

function confirmPath(journey: string | undefined): string {
  return `/sign-in/passkey?journey=${encodeURIComponent(journey ?? '')}`
}

function acting(request: PageRequest, session: Session) {
  return { session, cookies: request.header('cookie'), origin: origin(request) }
}
