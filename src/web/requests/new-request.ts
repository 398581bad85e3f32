// `/requests/new`: requests access, an extension, or emergency access (break-glass) where offered.

import { timeZoneOf } from '../../identity/users/time-zone.ts'
import { actingUser } from '../kit/acting.ts'
import { approverNames } from './approver-names.ts'
import { redirectToStepUp, isFresh } from '../sign-in/step-up.ts'
import { fieldsOf, readForm, type Fields } from '../kit/form.ts'
import { badForm } from '../errors/error-pages.ts'
import { redirectBack } from '../kit/flash-message.ts'
import { maxExtension } from './extension.ts'
import { language, redirect, type PageRequest, type Reply } from '../kit/reply.ts'
import {
  chooseRequestPage,
  newRequestPage,
  newRequestPath,
  noRequestPossible,
  type NewRequest,
} from './new-request-page.ts'
import {
  draftOf,
  fieldForRejection,
  requestForm,
  parseRequestForm,
  type FieldErrors,
  type RequestForm,
} from './new-request-form.ts'
import { showRequest } from './requests.ts'
import { viewerOf } from '../kit/viewer.ts'
import { navigationOf } from '../kit/current-page.ts'
import { RequestRejected, type FollowUpOffer, type GrantRequest, type Offer } from '../../grants/requests/repository.ts'
import type { App } from '../../config/configuration.ts'
import type { Session } from '../../identity/session/session.ts'
import type { StepUp } from '../../identity/oidc/return-context.ts'
import type { Grant } from '../../policy/grant.ts'
import type { WebDependencies } from '../kit/dependencies.ts'

/** Query: `app`, `extends` (grant id), `emergency=1`; without `app` the list of apps to choose from. */
export async function newRequest(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  const fields = fieldsOf(request.query)
  const session = await viewerOf(deps, request)
  if (!session) return redirectToStepUp(deps, request, { back: request.path + request.query })
  if (fields('app') === undefined) return choose(deps, request, session)
  const draft = requestDraftOf(deps, session, fields)
  if (!draft) return noRequestPossible(request, session.subject, navigationOf(deps, session, 'requests'))
  const pending = openRequest(deps, session, draft)
  if (pending) return showRequest(deps, request, session, pending, 'already_requested')

  const typed = await deps.signIn.drafts.find(fields('draft'), request.header('cookie'))
  // Step-up before the form is filled in, so that usually no draft has to be kept.
  const stepUp = proofExpired(draft, session, deps.now())
  if (stepUp && request.method === 'GET') {
    const back = newRequestPath(draft.app.name, draft)
    return redirectToStepUp(deps, request, { back, typed, stepUp: { ...stepUp, session } })
  }
  const form = requestForm((name) => typed?.[name])
  const notice = typed === undefined ? undefined : proofOf(draft) ? 'proven' : 'resumed'
  return newRequestPage(request, pageOf(deps, request, session, draft, form, {}, notice))
}

/** `POST /requests/new`: reports errors at their fields and keeps the input through sign-in and step-up. */
export async function sendRequest(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  const sent = await readForm(request, deps.config().gateway.origin)
  if (sent.state !== 'read') return badForm(request, sent.state)
  const form = requestForm(sent.fields)
  const session = await viewerOf(deps, request)
  if (!session) return redirectToStepUp(deps, request, { back: pathOf(form), typed: draftOf(form) })
  const draft = requestDraftOf(deps, session, sent.fields)
  if (!draft) return noRequestPossible(request, session.subject, navigationOf(deps, session, 'requests'))
  const again = (errors: FieldErrors) =>
    newRequestPage(request, pageOf(deps, request, session, draft, form, errors, undefined))

  const read = parseRequestForm(form, draft, timeZoneOf(deps, session))
  if (read.state === 'mistaken') return again(read.errors)
  try {
    const asked = await deps.requests.create(read.wanted, actingUser(session, request))
    return redirect(request, `/requests/${asked.id}`)
  } catch (error) {
    if (!(error instanceof RequestRejected)) throw error
    if (error.code === 'mfa_needed') {
      const stepUp = { ...(proofOf(draft) ?? { level: 'mfa', maxAge: undefined }), session } as const
      return redirectToStepUp(deps, request, { back: pathOf(form), typed: draftOf(form), stepUp })
    }
    const pending = error.code === 'already_requested' ? openRequest(deps, session, draft) : undefined
    if (pending) return redirectBack(request, `/requests/${pending.id}`, error.code)
    return again({ [fieldForRejection(error.code)]: error.code })
  }
}

interface RequestDraft {
  readonly app: App
  readonly offer: Offer
  readonly emergency: boolean
  /** Milliseconds. */
  readonly maxDuration: number
  readonly grant: Grant | undefined
  /** Id of `grant`, from the query. */
  readonly extends: string | undefined
  /** Set when a grant is to follow `grant`. */
  readonly followUp?: FollowUpOffer
}

/** Undefined for anything this user cannot request, whatever the reason. */
function requestDraftOf(deps: WebDependencies, { subject }: Session, fields: Fields): RequestDraft | undefined {
  const app = deps.config().apps.get(fields('app') ?? '')
  const followed = app && fields('emergency') !== '1' && ownGrant(deps, subject, app.name, fields('extends'))
  const followUp = followed && deps.requests.followUpFor(subject, followed)
  if (app && followed && followUp) {
    const { maxDuration } = followUp
    return { app, offer: followUp, emergency: false, maxDuration, grant: followed, extends: followed.id, followUp }
  }
  const offer = app && deps.requests.offerFor(subject, app.name)
  if (!app || !offer) return undefined
  const emergency = fields('emergency') === '1'
  if (emergency ? offer.emergency === undefined : offer.levels.length === 0) return undefined
  const wanted = fields('extends')
  if (emergency || wanted === undefined) {
    const maxDuration = emergency ? offer.emergency!.maxDuration : offer.maxDuration
    return { app, offer, emergency, maxDuration, grant: undefined, extends: undefined }
  }
  const grant = ownGrant(deps, subject, app.name, wanted)
  const maxDuration = grant && maxExtension(deps, subject, grant)
  return maxDuration === undefined ? undefined : { app, offer, emergency, maxDuration, grant, extends: wanted }
}

function ownGrant(
  deps: WebDependencies,
  subject: Session['subject'],
  app: string,
  id: string | undefined,
): Grant | undefined {
  return id === undefined ? undefined : deps.grants.of(subject, app).find((one) => one.id === id)
}

/** The step-up the configuration requires for this request. */
function proofOf({ offer, emergency }: RequestDraft): StepUp | undefined {
  if (emergency) return offer.emergency?.mfa
  return offer.freshMfa === undefined ? undefined : { level: 'mfa', maxAge: offer.freshMfa }
}

function proofExpired(draft: RequestDraft, session: Session, now: number): StepUp | undefined {
  const proof = proofOf(draft)
  if (!proof) return undefined
  const strong = proof.level !== 'phishing_resistant' || session.authentication.phishingResistant
  return strong && isFresh(session, proof.maxAge, now) ? undefined : proof
}

function openRequest(deps: WebDependencies, { subject }: Session, draft: RequestDraft): GrantRequest | undefined {
  if (draft.emergency) return undefined
  const same = (one: GrantRequest) =>
    one.app === draft.app.name && !one.emergency && one.extends === draft.extends && one.state === 'open'
  return deps.requests.of(subject).find(same)
}

function pathOf(form: RequestForm): string {
  const { app, emergency } = form
  return newRequestPath(app, { emergency: emergency === '1', extends: form.extends === '' ? undefined : form.extends })
}

function choose(deps: WebDependencies, request: PageRequest, session: Session): Reply {
  const offers = [...deps.config().apps.values()]
    .flatMap(({ name, title }) => {
      const offer = deps.requests.offerFor(session.subject, name)
      return offer ? [{ ...offer, title }] : []
    })
    .toSorted((a, b) => a.title.localeCompare(b.title, language(request)))
  return chooseRequestPage(request, { viewer: session.subject, nav: navigationOf(deps, session, 'requests'), offers })
}

function pageOf(
  deps: WebDependencies,
  request: PageRequest,
  session: Session,
  draft: RequestDraft,
  form: RequestForm,
  errors: FieldErrors,
  notice: NewRequest['notice'],
): NewRequest {
  const { app, offer, emergency, maxDuration, grant, followUp } = draft
  const deciders = emergency ? (app.emergency?.reviewers ?? app.requests?.approvers) : app.requests?.approvers
  return {
    viewer: session.subject,
    nav: navigationOf(deps, session, 'requests'),
    title: app.title,
    offer,
    emergency,
    maxDuration,
    grant,
    form,
    errors,
    notice,
    deciders:
      followUp?.sponsor ??
      approverNames(
        deciders,
        deps.config(),
        session.subject.email,
        language(request),
        emergency ? 'all of them' : 'any of them',
      ),
    lapseAfter: followUp?.lapseAfter ?? app.requests?.lapseAfter ?? 0,
    timeZone: timeZoneOf(deps, session),
    now: deps.now(),
  }
}
