// What programs get instead of a page: problem details (RFC 9457), in the reader's language.

import { described, language, reply, type Requester, type Reply } from './reply.ts'
import { reasonTexts } from '../errors/reasons.ts'
import type { Decision } from '../../policy/decision.ts'

export interface Problem {
  readonly status: number
  /** Stable, for programs: a reason code or a name of ours; becomes `type`. */
  readonly code: string
  readonly title: string
  readonly detail?: string
  /** Where the reasons come from, if policy had any. */
  readonly decision?: Pick<Decision, 'reasons' | 'remedy'>
  /** Title of the app the reasons are about. */
  readonly app?: string
  /** Absolute URL: where a person would have to go. */
  readonly signIn?: string
}

export function problem(requester: Requester, content: Problem, headers: readonly string[] = []): Reply {
  const body = {
    type: `urn:einlass:problem:${content.code}`,
    title: content.title,
    status: content.status,
    detail: content.detail,
    request_id: requester.id,
    reasons: content.decision ? reasonsOf(content.decision, requester, content.app) : [],
    sign_in: content.signIn,
  }
  return reply(
    requester,
    content.status,
    ['Content-Type', 'application/problem+json', ...described(requester), ...headers],
    `${JSON.stringify(body)}\n`,
  )
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
