// Writes the facts of a refresh by compare-and-set: a rotated token is never lost, an end or a newer sign-in never overwritten.

import type { ChangeFeed } from '../../store/change-feed.ts'
import { releasedBy, type ReleaseTokens } from '../session/released-tokens.ts'
import type { Session, SessionWithTokens } from '../session/session.ts'
import type { Sessions } from '../session/sessions.ts'
import type { SessionFacts } from './refresh-request.ts'
import type { RevalidationResult } from './revalidation.ts'

export interface RotatedTokens {
  /** The refresh token to use: a rotated one that the store could not save yet, else the stored one. */
  current(session: SessionWithTokens): string | undefined
  /** `session`: as read under the token lock. `rotated`: token of the answer, which counts from now on. */
  write(session: SessionWithTokens, rotated: string | undefined, facts: SessionFacts): Promise<RevalidationResult>
  forget(id: string): void
}

export interface RotatedTokensOptions {
  readonly sessions: Pick<Sessions, 'withTokens' | 'update'>
  readonly changes: Pick<ChangeFeed, 'sweep'>
  readonly release: ReleaseTokens
}

const maxUnsaved = 10_000
const maxAttempts = 8

export function createRotatedTokens({ sessions, changes, release }: RotatedTokensOptions): RotatedTokens {
  // Using the stored token again would end the session (RFC 9700 section 4.14.2).
  const unsaved = new Map<string, { readonly stored: string; readonly refresh: string }>()

  return {
    current({ id, tokens }) {
      const known = unsaved.get(id)
      return known !== undefined && known.stored === tokens.refresh ? known.refresh : tokens.refresh
    },
    async write(session, rotated, facts) {
      if (rotated !== undefined && rotated !== session.tokens.refresh) keep(session, rotated)
      let base: Session = session
      let left = facts
      for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
        const written = await sessions.update(base, left)
        if (written) {
          unsaved.delete(session.id)
          return { state: 'confirmed', session: written }
        }
        await changes.sweep()
        const found = await sessions.withTokens(session.id)
        if (found.state === 'unreachable') return { state: 'unreachable' }
        if (found.state === 'none') {
          leave(session, rotated, 'session_ended')
          return { state: 'ended' }
        }
        const { generation, validatedAt } = found.session
        if (generation !== session.generation || validatedAt > session.validatedAt) {
          leave(session, rotated, 'replaced')
          return { state: 'confirmed', session: found.session }
        }
        if (found.session.tokens.refresh !== session.tokens.refresh && left.tokens !== undefined) {
          // A step-up that failed left newer tokens here (`failed-sign-in.ts`): they stay.
          leave(session, rotated, 'replaced')
          const { tokens: _older, ...others } = left
          left = others
        }
        base = found.session
      }
      return { state: 'unreachable' }
    },
    forget: (id) => void unsaved.delete(id),
  }

  function keep({ id, tokens }: SessionWithTokens, refresh: string): void {
    const oldest = unsaved.keys().next().value
    if (unsaved.size >= maxUnsaved && oldest !== undefined) unsaved.delete(oldest)
    // With the token that is still in the store: replaces it only as long as that one is there.
    if (tokens.refresh !== undefined) unsaved.set(id, { stored: tokens.refresh, refresh })
  }

  /** The rotated token is alive at the provider, and no session will use it. */
  function leave(session: SessionWithTokens, rotated: string | undefined, why: 'session_ended' | 'replaced'): void {
    unsaved.delete(session.id)
    if (rotated === undefined || rotated === session.tokens.refresh) return
    release(releasedBy(session, { ...session.tokens, refresh: rotated }, why))
  }
}
