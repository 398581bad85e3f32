// Access to the admin pages: a session with an admin role; strangers sign in first, and for everybody else the page does not exist.

import { adminRole, type AdminRole } from './roles.ts'
import { notFound } from '../errors/error-pages.ts'
import { viewerOf } from '../kit/viewer.ts'
import { redirectToStepUp, type StepUpRequest } from '../sign-in/step-up.ts'
import type { PageRequest, Reply } from '../kit/reply.ts'
import type { Session } from '../../identity/session/session.ts'
import type { WebDependencies } from '../kit/dependencies.ts'

/** `back`: where to return after a sign-in, by default the page itself with its query. */
export async function forViewers(
  deps: WebDependencies,
  request: PageRequest,
  show: (session: Session, role: AdminRole) => Promise<Reply>,
  back: StepUpRequest = { back: request.path + request.query },
): Promise<Reply> {
  const session = await viewerOf(deps, request)
  if (!session) return redirectToStepUp(deps, request, back)
  const role = adminRole(deps, session.subject)
  return role === undefined ? notFound(request) : show(session, role)
}
