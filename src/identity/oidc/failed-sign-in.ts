// Tokens of a sign-in that failed after they were issued: taken over by the session that goes on, else revoked.

import { decodeJwt } from 'jose'
import { subjectKey } from '../../policy/subject.ts'
import type { ReleaseTokens } from '../session/released-tokens.ts'
import type { Session } from '../session/session.ts'
import type { NewSession } from '../session/repository.ts'
import type { Sessions } from '../session/sessions.ts'

/** What a callback holds once the provider has issued tokens to it. */
export interface IssuedTokens {
  readonly provider: string
  readonly issuer: string
  readonly refresh: string | undefined
  /** As received: of a sign-in that failed a check nothing in it is believed. */
  readonly idToken: string | undefined
  /** Set once every check but that of the step-up has passed. */
  proven?: Pick<NewSession, 'subject' | 'tokens' | 'providerSession'>
}

export interface FailedSignInDependencies {
  readonly sessions: Pick<Sessions, 'takeOverTokens'>
  readonly release: ReleaseTokens
}

/**
 * A provider that keeps one refresh token for each user and client (Dex) has replaced that of `previous`: the session
 * goes on with the newer one. Only for the same user, and only after all checks but the step-up's own. Never rejects.
 */
export async function settleTokens(
  { sessions, release }: FailedSignInDependencies,
  issued: IssuedTokens,
  previous: Session | undefined,
): Promise<'taken_over' | 'released'> {
  const { proven } = issued
  if (proven !== undefined && previous !== undefined && isSameUser(previous, proven)) {
    const taken = await sessions.takeOverTokens(previous.id, proven).catch(() => false)
    if (taken) return 'taken_over'
  }
  const { provider, issuer, refresh, idToken } = issued
  release({
    why: 'sign_in_failed',
    tokens: { refresh, idToken: undefined, issuer },
    provider,
    sub: proven?.subject.sub ?? likely(idToken, 'sub'),
    providerSession: proven?.providerSession ?? likely(idToken, 'sid'),
    session: previous?.id,
  })
  return 'released'
}

export function isSameUser(previous: Session, { subject }: Pick<NewSession, 'subject'>): boolean {
  return subjectKey(previous.subject) === subjectKey(subject)
}

/** Not verified: only to leave a grant alone that a live session may use. */
function likely(idToken: string | undefined, claim: 'sub' | 'sid'): string | undefined {
  try {
    const value = idToken === undefined ? undefined : decodeJwt(idToken)[claim]
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}
