// Problem details (RFC 9457): error responses for programs instead of pages, in the negotiated language.

import { described, language, reply, type Requester, type Reply } from './reply.ts'
import { reasonTexts } from '../errors/reasons.ts'
import { grpcFields, grpcStatus, grpcStatusOf, isGrpc } from '../../http/grpc.ts'
import type { Decision } from '../../policy/decision.ts'

export interface Problem {
  readonly status: number
  /** Stable identifier: a reason code or an error kind; becomes `type`. */
  readonly code: string
  readonly title: string
  readonly detail?: string
  /** Source of `reasons`, if policy decided. */
  readonly decision?: Pick<Decision, 'reasons' | 'remedy'>
  /** Title of the app to which the reasons refer. */
  readonly app?: string
  /** Absolute URL at which a person would sign in. */
  readonly signIn?: string | undefined
  /** Key of the configuration that sets the limit which was exceeded. */
  readonly setting?: string | undefined
}

export function problem(requester: Requester, content: Problem, headers: readonly string[] = []): Reply {
  if (isGrpc(requester.header('content-type'))) return grpcProblem(requester, content)
  const body = {
    type: `urn:einlass:problem:${content.code}`,
    title: content.title,
    status: content.status,
    detail: content.detail,
    request_id: requester.id,
    reasons: content.decision ? reasonsOf(content.decision, requester, content.app) : [],
    sign_in: content.signIn,
    setting: content.setting,
  }
  return reply(
    requester,
    content.status,
    ['Content-Type', 'application/problem+json', ...described(requester), ...headers],
    `${JSON.stringify(body)}\n`,
  )
}

/** Limits that say 403 or 503 to a browser. */
const exhausted = new Set(['throttled', 'download_limit'])

/** The same for a client of gRPC: status and message in a head without content ("Trailers-Only"). */
function grpcProblem(requester: Requester, { status, code, title, detail, signIn }: Problem): Reply {
  const grpc = exhausted.has(code) ? grpcStatus.resourceExhausted : grpcStatusOf(status)
  const remedy = signIn === undefined ? '' : ` Sign in at ${signIn}`
  const fields = grpcFields(grpc, `${detail ?? title} (${code})${remedy}`)
  return { ...reply(requester, status, ['Content-Type', 'application/grpc', ...fields], ''), grpc: true }
}

function reasonsOf(
  decision: Pick<Decision, 'reasons' | 'remedy'>,
  requester: Requester,
  app: string | undefined,
): object[] {
  return reasonTexts(decision, { language: language(requester), app }).map(({ code, message, remedy }) => ({
    code,
    message,
    remedy,
  }))
}
