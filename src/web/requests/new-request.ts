// `/requests/new`: asking for access, for more time, or - where that is offered - letting oneself in, in an emergency.

import { acting } from '../kit/acting.ts'
import { decidersInWords } from './approver-names.ts'
import { detour, isFresh } from '../sign-in/step-up.ts'
import { findDraft } from '../sign-in/form-drafts.ts'
import { fieldsOf, readForm, type Fields } from '../kit/form.ts'
import { badForm } from '../errors/error-pages.ts'
import { backTo } from '../kit/flash-message.ts'
import { longestExtension } from './extension.ts'
import { language, redirect, type PageRequest, type Reply } from '../kit/reply.ts'
import { chooseRequestPage, newRequestPage, newRequestPath, nothingToAsk, type NewRequest } from './new-request-page.ts'
import { draftOf, placeOf, requestForm, wantedAccess, type Mistakes, type RequestForm } from './new-request-form.ts'
import { showRequest } from './requests.ts'
import { viewerOf } from '../kit/viewer.ts'
import { navOf } from '../kit/current-page.ts'
import { RequestRefused, type GrantRequest, type Offer } from '../../grants/requests/repository.ts'
import type { App } from '../../config/configuration.ts'
import type { Session } from '../../identity/session/session.ts'
import type { StepUp } from '../../identity/oidc/return-context.ts'
import type { Grant } from '../../policy/grant.ts'
import type { WebParts } from '../kit/dependencies.ts'

/** `?app=NAME`, `&extends=GRANT`, `&emergency=1`; without an app a choice of those that may be asked for. */
export async function newRequest(parts: WebParts, request: PageRequest): Promise<Reply> {
  const fields = fieldsOf(request.query)
  const session = await viewerOf(parts, request)
  if (!session) return detour(parts, request, { back: request.path + request.query })
  if (fields('app') === undefined) return choose(parts, request, session)
  const wish = wishOf(parts, session, fields)
  if (!wish) return nothingToAsk(request, session.subject, navOf(parts, session, 'requests'))
  const pending = openRequest(parts, session, wish)
  if (pending) return showRequest(parts, request, session, pending, 'already_requested')

  const typed = await findDraft(parts, fields('draft'))
  // Asked for before anything is typed, so that nothing that was typed has to be kept.
  const stepUp = staleProof(wish, session, parts.now())
  if (stepUp && request.method === 'GET') {
    const back = newRequestPath(wish.app.name, wish)
    return detour(parts, request, { back, typed, stepUp: { ...stepUp, session } })
  }
  const form = requestForm((name) => typed?.[name])
  const notice = typed === undefined ? undefined : proofOf(wish) ? 'proven' : 'resumed'
  return newRequestPage(request, pageOf(parts, request, session, wish, form, {}, notice))
}

/** `POST /requests/new`: whatever is wrong is said at its field, and nothing typed is lost on any of the ways. */
export async function sendRequest(parts: WebParts, request: PageRequest): Promise<Reply> {
  const sent = await readForm(request, parts.config().gateway.origin)
  if (sent.state !== 'read') return badForm(request, sent.state)
  const form = requestForm(sent.fields)
  const session = await viewerOf(parts, request)
  if (!session) return detour(parts, request, { back: pathOf(form), typed: draftOf(form) })
  const wish = wishOf(parts, session, sent.fields)
  if (!wish) return nothingToAsk(request, session.subject, navOf(parts, session, 'requests'))
  const again = (mistakes: Mistakes) =>
    newRequestPage(request, pageOf(parts, request, session, wish, form, mistakes, undefined))

  const read = wantedAccess(form, wish, parts.timeZone)
  if (read.state === 'mistaken') return again(read.mistakes)
  try {
    const asked = await parts.requests.ask(read.wanted, acting(session, request))
    return redirect(request, `/requests/${asked.id}`)
  } catch (error) {
    if (!(error instanceof RequestRefused)) throw error
    if (error.code === 'mfa_needed') {
      const stepUp = { ...(proofOf(wish) ?? { level: 'mfa', maxAge: undefined }), session } as const
      return detour(parts, request, { back: pathOf(form), typed: draftOf(form), stepUp })
    }
    const pending = error.code === 'already_requested' ? openRequest(parts, session, wish) : undefined
    if (pending) return backTo(request, `/requests/${pending.id}`, error.code)
    return again({ [placeOf(error.code)]: error.code })
  }
}

interface Wish {
  readonly app: App
  readonly offer: Offer
  readonly emergency: boolean
  /** Milliseconds. */
  readonly longest: number
  readonly grant: Grant | undefined
  /** Id of `grant`, as the address of the form names it. */
  readonly extends: string | undefined
}

/** Undefined for everything that cannot be asked for by this person, whatever the reason. */
function wishOf(parts: WebParts, { subject }: Session, fields: Fields): Wish | undefined {
  const app = parts.config().apps.get(fields('app') ?? '')
  const offer = app && parts.requests.offer(subject, app.name)
  if (!app || !offer) return undefined
  const emergency = fields('emergency') === '1'
  if (emergency ? offer.emergency === undefined : offer.levels.length === 0) return undefined
  const wanted = fields('extends')
  if (emergency || wanted === undefined) {
    const longest = emergency ? offer.emergency!.maxDuration : offer.maxDuration
    return { app, offer, emergency, longest, grant: undefined, extends: undefined }
  }
  const grant = parts.grants.of(subject, app.name).find((one) => one.id === wanted)
  const longest = grant && longestExtension(app, grant, parts.now())
  return longest === undefined ? undefined : { app, offer, emergency, longest, grant, extends: wanted }
}

/** The proof this asks for beforehand, as the configuration says. */
function proofOf({ offer, emergency }: Wish): StepUp | undefined {
  if (emergency) return offer.emergency?.mfa
  return offer.freshMfa === undefined ? undefined : { level: 'mfa', maxAge: offer.freshMfa }
}

function staleProof(wish: Wish, session: Session, now: number): StepUp | undefined {
  const proof = proofOf(wish)
  if (!proof) return undefined
  const strong = proof.level !== 'phishing_resistant' || session.authentication.phishingResistant
  return strong && isFresh(session, proof.maxAge, now) ? undefined : proof
}

function openRequest(parts: WebParts, { subject }: Session, wish: Wish): GrantRequest | undefined {
  if (wish.emergency) return undefined
  const same = (one: GrantRequest) =>
    one.app === wish.app.name && !one.emergency && one.extends === wish.extends && one.state === 'open'
  return parts.requests.of(subject).find(same)
}

function pathOf(form: RequestForm): string {
  const { app, emergency } = form
  return newRequestPath(app, { emergency: emergency === '1', extends: form.extends === '' ? undefined : form.extends })
}

function choose(parts: WebParts, request: PageRequest, session: Session): Reply {
  const offers = [...parts.config().apps.values()]
    .flatMap(({ name, title }) => {
      const offer = parts.requests.offer(session.subject, name)
      return offer ? [{ ...offer, title }] : []
    })
    .toSorted((a, b) => a.title.localeCompare(b.title, language(request)))
  return chooseRequestPage(request, { viewer: session.subject, nav: navOf(parts, session, 'requests'), offers })
}

function pageOf(
  parts: WebParts,
  request: PageRequest,
  session: Session,
  wish: Wish,
  form: RequestForm,
  mistakes: Mistakes,
  notice: NewRequest['notice'],
): NewRequest {
  const { app, offer, emergency, longest, grant } = wish
  const deciders = emergency ? (app.emergency?.reviewers ?? app.requests?.approvers) : app.requests?.approvers
  return {
    viewer: session.subject,
    nav: navOf(parts, session, 'requests'),
    title: app.title,
    offer,
    emergency,
    longest,
    grant,
    form,
    mistakes,
    notice,
    deciders: decidersInWords(
      deciders,
      parts.config(),
      session.subject.email,
      language(request),
      emergency ? 'all of them' : 'any of them',
    ),
    lapseAfter: app.requests?.lapseAfter ?? 0,
    timeZone: parts.timeZone,
    now: parts.now(),
  }
}
