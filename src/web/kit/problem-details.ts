// What programs get instead of a page: problem details (RFC 9457), in the reader's language.

import { described, language, reply, type Asker, type Reply } from './reply.ts'
import { reasonsInWords } from '../errors/reasons.ts'
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

export function problem(asker: Asker, content: Problem, headers: readonly string[] = []): Reply {
  const body = {
    type: `urn:einlass:problem:${content.code}`,
    title: content.title,
    status: content.status,
    detail: content.detail,
    request_id: asker.id,
    reasons: content.decision ? reasonsOf(content.decision, asker, content.app) : [],
    sign_in: content.signIn,
  }
  return reply(
    asker,
    content.status,
    ['Content-Type', 'application/problem+json', ...described(asker), ...headers],
    `${JSON.stringify(body)}\n`,
  )
}

function reasonsOf(decision: Pick<Decision, 'reasons' | 'remedy'>, asker: Asker, app: string | undefined): object[] {
  return reasonsInWords(decision, { language: language(asker), app }).map(({ code, message, remedy }) => ({
    code,
    message,
    remedy,
  }))
}
