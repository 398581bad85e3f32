// `/.einlass/join` and `/sign-in/hosts`: the chain of redirects that hands a session to the other hosts of an application.

import type { App } from '../../config/configuration.ts'
import { chainCookie, clearChainCookie, hasStopped, setChainCookie } from '../../identity/session/chain-cookie.ts'
import type { ChainStep, ReturnContext } from '../../identity/oidc/sign-in.ts'
import type { Session } from '../../identity/session/session.ts'
import type { RouteMatch, WebDependencies } from '../kit/dependencies.ts'
import { never } from '../../policy/never.ts'
import { addressOn, homeOf } from '../kit/app-home.ts'
import { fieldsOf } from '../kit/form.ts'
import { redirect, setCookies, type PageRequest, type Reply } from '../kit/reply.ts'
import { viewerOf } from '../kit/viewer.ts'
import { destination, journeyOf } from './destination.ts'
import { expiredLink } from './expired-link.ts'
import { redirectPage } from './redirect-page.ts'
import { signInPath } from './sign-in-page.ts'

/**
 * Browsers follow about 20 redirects in a row: with more hosts than this the chain goes on from a page, where they count anew.
 */
const maxHostsWithoutPage = 3

/**
 * To the page where a sign-in began, for an app of several hosts by way of the others; straight there after a chain of this browser
 * stopped half-way, so that one host out of reach costs one attempt and not the application.
 */
export async function toDestination(
  deps: WebDependencies,
  request: PageRequest,
  session: Session,
  returnContext: ReturnContext | undefined,
  headers: readonly string[] = [],
): Promise<Reply> {
  const app = deps.config().apps.get(returnContext?.app ?? '')
  const hosts = app === undefined || returnContext?.page === undefined ? [] : otherHosts(app, returnContext.host)
  const begun = chainCookie(request.header('cookie'), app?.name ?? '') ?? { app: app?.name ?? '', at: deps.now() }
  if (app === undefined || returnContext === undefined || hosts.length === 0 || hasStopped(begun, deps.now()))
    return onward(request, await destination(deps, session, returnContext), headers)
  const step = deps.signIn.chains.begin(session, { app: app.name, hosts, returnContext })
  const all = [...headers, ...setCookies([setChainCookie(begun)])]
  const location = addressOf(deps, step)
  const inFrame = (request.header('sec-fetch-dest') ?? 'document') !== 'document'
  return hosts.length > maxHostsWithoutPage && !inFrame
    ? redirectPage(request, { location, reason: 'hosts' }, all)
    : onward(request, location, all)
}

/** After a form (a guest's code) by a page: Chromium applies `form-action` to every redirect of it. */
function onward(request: PageRequest, location: string, headers: readonly string[]): Reply {
  return request.method === 'POST'
    ? redirectPage(request, { location, reason: 'signed_in' }, headers)
    : redirect(request, location, headers)
}

/** `GET /.einlass/join?chain=`: on each other host twice, to prove the browser and to redeem the ticket. */
export async function joinHost(deps: WebDependencies, request: PageRequest, matched: RouteMatch): Promise<Reply> {
  const step = await deps.signIn.chains.visit(fieldsOf(request.query)('chain'), {
    host: request.host,
    cookies: request.header('cookie'),
    session: await viewerIfKnown(deps, request),
  })
  if (step === undefined) return expiredLink(request, homeOf(addressOn(matched.app!, request.host)))
  return redirect(request, addressOf(deps, step), setCookies(step.cookies))
}

/** `GET /sign-in/hosts?chain=` on the gateway's host, after every host answered once: issues the tickets. */
export async function ticketsForHosts(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  const session = await viewerOf(deps, request)
  const step = await deps.signIn.chains.issue(fieldsOf(request.query)('chain'), session)
  if (step === undefined) return redirect(request, '/')
  return redirect(request, addressOf(deps, step), setCookies([clearChainCookie()]))
}

/** Each once, in the order of the configuration. */
function otherHosts(app: App, host: string): readonly string[] {
  return [...new Set(app.addresses.map((address) => address.host))].filter((one) => one !== host)
}

/** Absolute, and only to hosts that the configuration has for this app: anything else ends on the portal. */
function addressOf(deps: WebDependencies, step: ChainStep): string {
  const { gateway, apps } = deps.config()
  switch (step.to) {
    case 'end':
      return step.url
    case 'gateway':
      return `${gateway.origin}/sign-in/hosts?chain=${step.chain}`
    case 'sign_in':
      return gateway.origin + signInPath(journeyOf(deps, step.returnContext))
    case 'host': {
      const origin = apps.get(step.app)?.addresses.find((address) => address.host === step.host)?.origin
      return origin === undefined ? `${gateway.origin}/` : `${origin}/.einlass/join?chain=${step.chain}`
    }
    default:
      return never(step)
  }
}

/** Without the store nothing is known of the browser; the chain goes on to its end, which says so. */
async function viewerIfKnown(deps: WebDependencies, request: PageRequest): Promise<Session | undefined> {
  return viewerOf(deps, request).catch((error: unknown) => {
    if ((error as { code?: unknown }).code === 'store_unreachable') return undefined
    throw error
  })
}
