// `/sign-in`: OpenID Connect sign-in on the gateway host: provider choice and redirect.

import { providerCookie } from '../../identity/session/cookies.ts'
import { fieldsOf, readForm } from '../kit/form.ts'
import { badForm } from '../errors/error-pages.ts'
import { redirectPage } from './redirect-page.ts'
import { redirect, setCookies, type PageRequest, type Reply } from '../kit/reply.ts'
import { journeyOf, maySkipSignIn } from './destination.ts'
import { toDestination } from './other-hosts.ts'
import { choicePage, signInFailedPage, signInPath, type ProviderChoice } from './sign-in-page.ts'
import { framedSignIn, sufficesInFrame } from './framed-sign-in.ts'
import { viewerOf } from '../kit/viewer.ts'
import { levelOf } from '../../policy/mfa-level.ts'
import { guestProvider } from '../../policy/subject.ts'
import { beginWithCode, startGuestSignIn } from '../guests/guest-sign-in.ts'
import { isFoundByEmail, providerOf, waysToSignIn } from './ways.ts'
import type { ReturnContext, StepUp } from '../../identity/oidc/sign-in.ts'
import type { Session } from '../../identity/session/session.ts'
import type { WebDependencies } from '../kit/dependencies.ts'

/** `GET /sign-in`: redirects at once when the session suffices or the provider is determined. */
export async function signIn(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  const fields = fieldsOf(request.query)
  const returnContext = deps.signIn.returnContexts.open(fields('journey'))
  const session = await viewerOf(deps, request)
  const suffices = request.framed ? sufficesInFrame : maySkipSignIn
  if (session && suffices(session, returnContext)) return toDestination(deps, request, session, returnContext)
  if (request.framed) return framedSignIn(deps, request, returnContext)

  const provider =
    returnContext?.provider ??
    stepUpProvider(returnContext, session) ??
    offeredProvider(deps, request, fields('provider'))
  const choices = waysToSignIn(deps, request)
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
  const provider = email.length <= 254 ? providerOf(deps, email) : undefined
  if (provider === guestProvider && (returnContext?.provider ?? provider) === guestProvider)
    return beginWithCode(deps, request, returnContext, email)
  if (provider === undefined) return chooseProvider(deps, request, returnContext, email.slice(0, 254))
  return startSignIn(deps, request, {
    provider: returnContext?.provider ?? provider,
    returnContext,
    loginHint: email,
    byForm: true,
  })
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
  if (start.provider === guestProvider) return startGuestSignIn(deps, request, start.returnContext, session)
  const started = await deps.signIn.authorize({
    provider: start.provider,
    returnContext: start.returnContext,
    stepUp: start.returnContext?.stepUp,
    level: session === undefined ? requiredLevel(deps, start.returnContext) : undefined,
    session: session?.subject.provider === start.provider ? session : undefined,
    loginHint: start.loginHint,
    cookies: request.header('cookie'),
    address: request.client,
    requestId: request.id,
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

/** What the application asks of every user: without it they would have to sign in a second time. */
function requiredLevel(deps: WebDependencies, returnContext: ReturnContext | undefined): StepUp['level'] | undefined {
  const mfa = deps.config().apps.get(returnContext?.app ?? '')?.declaration.require.mfa
  return mfa && levelOf(mfa)
}

function chooseProvider(
  deps: WebDependencies,
  request: PageRequest,
  returnContext: ReturnContext | undefined,
  unknownEmail: string | undefined,
): Reply {
  const { apps } = deps.config()
  return choicePage(request, {
    journey: journeyOf(deps, returnContext),
    app: returnContext?.app === undefined ? undefined : apps.get(returnContext.app),
    providers: lastFirst(waysToSignIn(deps, request), providerCookie(request.header('cookie'))),
    byEmail: isFoundByEmail(deps),
    unknownEmail,
  })
}

/** The provider of the last sign-in in this browser is offered first; a name that is not configured changes nothing. */
function lastFirst(choices: ProviderChoice['providers'], last: string | undefined): ProviderChoice['providers'] {
  return choices.toSorted((one, other) => Number(other.name === last) - Number(one.name === last))
}

/** A step-up upgrades the existing session, so it uses the provider of that session. */
function stepUpProvider(returnContext: ReturnContext | undefined, session: Session | undefined): string | undefined {
  return returnContext?.stepUp && session ? session.subject.provider : undefined
}

function offeredProvider(deps: WebDependencies, request: PageRequest, name: string | undefined): string | undefined {
  return waysToSignIn(deps, request).find((choice) => choice.name === name)?.name
}
