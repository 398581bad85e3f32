// `/grants/ID`: one grant, for its holder and for its sponsor; a grant from a request is shown as that request.

import { timeZoneOf } from '../../identity/users/time-zone.ts'
import { isOfOtherAccount, type Grant } from '../../policy/grant.ts'
import { notFound } from '../errors/error-pages.ts'
import { navigationOf } from '../kit/current-page.ts'
import { redirect, type PageRequest, type Reply } from '../kit/reply.ts'
import { viewerOf } from '../kit/viewer.ts'
import { redirectToStepUp } from '../sign-in/step-up.ts'
import { maxExtension } from './extension.ts'
import { grantPage } from './grant-page.ts'
import { grantsOf } from './requests.ts'
import type { Session } from '../../identity/session/session.ts'
import type { RouteMatch, WebDependencies } from '../kit/dependencies.ts'

export async function grant(deps: WebDependencies, request: PageRequest, matched: RouteMatch): Promise<Reply> {
  const session = await viewerOf(deps, request)
  if (!session) return redirectToStepUp(deps, request, { back: request.path })
  const id = matched.parameters['id']!
  const own = grantsOf(deps, session).find((one) => one.id === id && !isOfOtherAccount(one, session.subject))
  // Undefined for a grant that does not concern this user, just as for an unknown id (no enumeration).
  const found = own ?? sponsored(deps, session, id)
  if (found === undefined) return notFound(request)
  const basis = own?.basis?.request
  if (basis !== undefined && own?.basis?.entitlement !== 'sponsor') return redirect(request, `/requests/${basis}`)

  const app = deps.config().apps.get(found.app)
  const more = deps.requests
    .all()
    .filter(({ followUp, extends: followed }) => followUp !== undefined && followed === id)
  const pending = more.find(({ state, by }) => state === 'open' && isSelf(by, session))
  const next = more.find(({ state, grant: following }) => state === 'approved' && following !== undefined)
  return grantPage(request, {
    session,
    nav: navigationOf(deps, session, 'apps'),
    grant: found,
    title: app?.title ?? found.app,
    person: own === undefined ? granteeOf(found) : undefined,
    origin: app?.origin,
    path: app?.addresses[0].path,
    mayExtend: own !== undefined && maxExtension(deps, session.subject, own) !== undefined,
    pending: own === undefined || pending === undefined ? undefined : `/requests/${pending.id}`,
    following: next === undefined ? undefined : `/grants/${next.grant}`,
    timeZone: timeZoneOf(deps, session),
    now: deps.now(),
  })
}

function sponsored(deps: WebDependencies, { subject }: Session, id: string): Grant | undefined {
  const found = deps.grants.all().find((one) => one.id === id)
  return found?.sponsor !== undefined && deps.requests.isSponsor(subject, found.sponsor) ? found : undefined
}

/** The address or account of the grantee. */
function granteeOf({ who, basis }: Grant): string {
  const name = who.slice(who.indexOf('|') + 1)
  return basis?.email ?? (name.startsWith('mailto:') ? name.slice('mailto:'.length) : name)
}

function isSelf(one: { readonly provider: string; readonly sub: string }, { subject }: Session): boolean {
  return one.provider === subject.provider && one.sub === subject.sub
}
