// `/.einlass/join` and `/sign-in/hosts`: the chain of redirects that hands a session to the other hosts of an application.

import type { App } from '../../config/configuration.ts'
import { chainStopped, clearChainCookie, setChainCookie } from '../../identity/session/chain-cookie.ts'
import type { ChainStep, HandoffResult } from '../../identity/oidc/sign-in.ts'
import type { Session } from '../../identity/session/session.ts'
import type { RouteMatch, WebDependencies } from '../kit/dependencies.ts'
import { fieldsOf } from '../kit/form.ts'
import { redirect, setCookies, type PageRequest, type Reply } from '../kit/reply.ts'
import { viewerOf } from '../kit/viewer.ts'
import { expiredLink } from './expired-link.ts'
import { redirectPage } from './redirect-page.ts'

type Arrived = Extract<HandoffResult, { state: 'arrived' }>

/**
 * Browsers follow about 20 redirects in a row: with more hosts than this the chain goes on from a page, where they count anew.
 */
const maxHostsWithoutPage = 3

/**
 * Begins the chain after a session arrived at a host of the app. Undefined: it has no other host, or the last chain of this
 * browser stopped half-way, so that one host out of reach costs one attempt and not the application. `sessionCookie`: value for
 * `Set-Cookie` of this host.
 */
export function toOtherHosts(
  deps: WebDependencies,
  request: PageRequest,
  arrived: Arrived,
  sessionCookie: string,
): Reply | undefined {
  const app = deps.config().apps.get(arrived.app ?? '')
  const hosts = app === undefined ? [] : otherHosts(app, request.host)
  if (app === undefined || hosts.length === 0 || chainStopped(request.header('cookie'), deps.now())) return undefined
  const end = { host: request.host, page: arrived.page }
  const step = deps.signIn.chains.begin(arrived.session, { app: app.name, hosts, end })
  const headers = setCookies([sessionCookie, setChainCookie(deps.now())])
  const location = addressOf(deps, step)
  const inFrame = (request.header('sec-fetch-dest') ?? 'document') !== 'document'
  return hosts.length > maxHostsWithoutPage && !inFrame
    ? redirectPage(request, { location, reason: 'hosts' }, headers)
    : redirect(request, location, headers)
}

/** `GET /.einlass/join?chain=`: on each other host twice, to prove the browser and to redeem the ticket. */
export async function joinHost(deps: WebDependencies, request: PageRequest, matched: RouteMatch): Promise<Reply> {
  const step = await deps.signIn.chains.visit(fieldsOf(request.query)('chain'), {
    host: request.host,
    cookies: request.header('cookie'),
    session: await viewerIfKnown(deps, request),
  })
  if (step === undefined) return expiredLink(request, `${originAt(matched.app!, request.host)}/`)
  return redirect(request, addressOf(deps, step), setCookies(step.cookies))
}

/** `GET /sign-in/hosts?chain=` on the gateway's host: issues the tickets. */
export async function ticketsForHosts(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  const session = await viewerIfKnown(deps, request)
  const step = await deps.signIn.chains.issue(fieldsOf(request.query)('chain'), session)
  return redirect(request, step === undefined ? '/' : addressOf(deps, step))
}

/** `Set-Cookie` values at the end of a chain. */
export const endOfChain: readonly string[] = [clearChainCookie()]

/** Origin of the app on this host. */
export function originAt(app: App, host: string): string {
  return app.addresses.find((address) => address.host === host)?.origin ?? app.origin
}

/** Each once, in the order of the configuration. */
function otherHosts(app: App, host: string): readonly string[] {
  return [...new Set(app.addresses.map((address) => address.host))].filter((one) => one !== host)
}

/** Absolute, and only to hosts that the configuration has for this app: anything else ends on the portal. */
function addressOf(deps: WebDependencies, step: ChainStep): string {
  const { gateway, apps } = deps.config()
  if (step.to === 'gateway') return `${gateway.origin}/sign-in/hosts?chain=${step.chain}`
  const host = step.to === 'host' ? step.host : step.end.host
  const origin = apps.get(step.app)?.addresses.find((address) => address.host === host)?.origin
  if (origin === undefined) return `${gateway.origin}/`
  return step.to === 'host'
    ? `${origin}/.einlass/join?chain=${step.chain}`
    : `${origin}/.einlass/arrive?page=${step.end.page}`
}

/** Without the store nothing is known of the browser; the chain goes on to its page, which says so. */
async function viewerIfKnown(deps: WebDependencies, request: PageRequest): Promise<Session | undefined> {
  return viewerOf(deps, request).catch((error: unknown) => {
    if ((error as { code?: unknown }).code === 'store_unreachable') return undefined
    throw error
  })
}
