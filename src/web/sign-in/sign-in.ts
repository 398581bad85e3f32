// `/sign-in` and `/callback`: OpenID Connect sign-in on the gateway host: provider choice, redirect and callback.

import { setSessionCookie } from '../../identity/session/cookies.ts'
import { fieldsOf, readForm } from '../kit/form.ts'
import { badForm } from '../errors/error-pages.ts'
import { redirectPage } from './redirect-page.ts'
import { redirect, setCookies, type PageRequest, type Reply } from '../kit/reply.ts'
import { choicePage, signInFailedPage, signInPath } from './sign-in-page.ts'
import { origin, viewerOf } from '../kit/viewer.ts'
import type { CallbackResult, ReturnContext, StepUp } from '../../identity/oidc/sign-in.ts'
import type { Session } from '../../identity/session/session.ts'
import type { RouteMatch, WebDependencies } from '../kit/dependencies.ts'

/** `GET /sign-in`: redirects at once when the session suffices or the provider is determined. */
export async function signIn(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  const fields = fieldsOf(request.query)
  const returnContext = deps.signIn.returnContexts.open(fields('journey'))
  const session = await viewerOf(deps, request)
  if (session && maySkipSignIn(session, returnContext))
    return redirect(request, await destination(deps, session, returnContext))

  const provider =
    returnContext?.provider ?? stepUpProvider(returnContext, session) ?? offeredProviders(deps, fields('provider'))
  const choices = deps.signIn.providerChoices()
  const only = choices.length === 1 ? choices[0]!.name : undefined
  const chosen = provider ?? only
  if (chosen === undefined) return chooseProvider(deps, request, returnContext, undefined)
  return startSignIn(deps, request, { provider: chosen, returnContext, loginHint: undefined, byForm: false })
}

/** `POST /sign-in`: finds the provider by the domain of an e-mail address. */
export async function signInByEmail(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  const form = await readForm(request, deps.config().gateway.origin)
  if (form.state !== 'read') return badForm(request, form.state)
  const returnContext = deps.signIn.returnContexts.open(form.fields('journey'))
  const email = form.fields('email')?.trim() ?? ''
  const provider = email.length <= 254 ? deps.signIn.providerOf(email) : undefined
  if (provider === undefined) return chooseProvider(deps, request, returnContext, email.slice(0, 254))
  return startSignIn(deps, request, {
    provider: returnContext?.provider ?? provider,
    returnContext,
    loginHint: email,
    byForm: true,
  })
}

/** `GET /callback/PROVIDER`: authorization response (RFC 6749 section 4.1.2). */
export async function callback(deps: WebDependencies, request: PageRequest, matched: RouteMatch): Promise<Reply> {
  const { gateway } = deps.config()
  const previous = await viewerOf(deps, request)
  const returned = await deps.signIn.callback({
    provider: matched.parameters['provider']!,
    query: request.query,
    cookies: request.header('cookie'),
    previous,
    origin: origin(request),
  })
  if (returned.state === 'failed') {
    const interactive = needsInteraction(returned)
    if (interactive) return redirect(request, signInPath(journeyOf(deps, interactive)), setCookies(returned.cookies))
    const again = signInPath(journeyOf(deps, returned.returnContext))
    const sealed = deps.emergency.offered()
    const failed = { code: returned.failure.code, again, signedIn: previous !== undefined, sealed }
    return signInFailedPage(request, failed, setCookies(returned.cookies))
  }
  const cookie = await deps.sessions.issueCookie(returned.session, gateway.host)
  const location = await destination(deps, returned.session, returned.returnContext)
  return redirect(request, location, setCookies([setSessionCookie(cookie), ...returned.cookies]))
}

/** Errors of OIDC Core 3.1.2.6 for `prompt=none`. */
const interactionErrors = new Set([
  'login_required',
  'interaction_required',
  'consent_required',
  'account_selection_required',
])

/** The return context of a sign-in with interaction, after one without it did not work; undefined for other failures. */
function needsInteraction(failed: Extract<CallbackResult, { state: 'failed' }>): ReturnContext | undefined {
  const { failure, returnContext } = failed
  if (!returnContext?.stepUp?.silent || failure.code !== 'provider_error') return undefined
  if (!interactionErrors.has(failure.detail)) return undefined
  return { ...returnContext, stepUp: { level: 'any', maxAge: undefined } }
}

/**
 * An existing session suffices unless the return context demands a step-up or another provider. Policy decided that,
 * and it is not evaluated again here: two differing results could cause a redirect loop.
 */
function maySkipSignIn(session: Session, returnContext: ReturnContext | undefined): boolean {
  if (!returnContext) return true
  if (returnContext.stepUp) return false
  return returnContext.provider === undefined || returnContext.provider === session.subject.provider
}

/** Absolute URL or path, only from the sealed return context, never from the request (open redirect). */
async function destination(
  deps: WebDependencies,
  session: Session,
  returnContext: ReturnContext | undefined,
): Promise<string> {
  const { gateway } = deps.config()
  if (!returnContext) return '/'
  // The origin is written out, so that a target like `//elsewhere` stays a path of this host.
  if (returnContext.host === gateway.host) return gateway.origin + returnContext.target
  return deps.signIn.ticket(session, returnContext)
}

async function startSignIn(
  deps: WebDependencies,
  request: PageRequest,
  start: {
    readonly provider: string
    readonly returnContext: ReturnContext | undefined
    readonly loginHint: string | undefined
    readonly byForm: boolean
  },
): Promise<Reply> {
  const session = await viewerOf(deps, request)
  const started = await deps.signIn.authorize({
    provider: start.provider,
    returnContext: start.returnContext,
    stepUp: start.returnContext?.stepUp,
    level: session === undefined ? requiredLevel(deps, start.returnContext) : undefined,
    session: session?.subject.provider === start.provider ? session : undefined,
    loginHint: start.loginHint,
    cookies: request.header('cookie'),
    address: request.client,
  })
  if (started.state === 'failed') {
    const again = signInPath(journeyOf(deps, start.returnContext))
    return signInFailedPage(request, {
      code: started.failure.code,
      again,
      signedIn: session !== undefined,
      sealed: deps.emergency.offered(),
    })
  }
  const headers = setCookies(started.cookies)
  if (start.byForm) return redirectPage(request, { location: started.location, reason: 'sign_in' }, headers)
  return redirect(request, started.location, headers)
}

/** What the application asks of everybody: whoever comes without it would have to sign in a second time. */
function requiredLevel(deps: WebDependencies, returnContext: ReturnContext | undefined): StepUp['level'] | undefined {
  const mfa = deps.config().apps.get(returnContext?.app ?? '')?.declaration.require.mfa
  if (mfa === undefined) return undefined
  return mfa === true ? 'mfa' : (mfa.level ?? 'mfa')
}

function chooseProvider(
  deps: WebDependencies,
  request: PageRequest,
  returnContext: ReturnContext | undefined,
  unknownEmail: string | undefined,
): Reply {
  const { apps, providers } = deps.config()
  return choicePage(request, {
    journey: journeyOf(deps, returnContext),
    app: returnContext?.app === undefined ? undefined : apps.get(returnContext.app),
    providers: deps.signIn.providerChoices(),
    byEmail: [...providers.values()].some((provider) => provider.domains.length > 0),
    unknownEmail,
  })
}

/** A step-up upgrades the existing session, so it uses the provider of that session. */
function stepUpProvider(returnContext: ReturnContext | undefined, session: Session | undefined): string | undefined {
  return returnContext?.stepUp && session ? session.subject.provider : undefined
}

function offeredProviders(deps: WebDependencies, name: string | undefined): string | undefined {
  return deps.signIn.providerChoices().find((choice) => choice.name === name)?.name
}

/** URL parameter of the return context; a sign-in without one ends on the portal. */
function journeyOf(deps: WebDependencies, returnContext: ReturnContext | undefined): string | undefined {
  return returnContext && deps.signIn.returnContexts.seal(returnContext)
}
