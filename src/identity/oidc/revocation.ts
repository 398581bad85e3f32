// Revokes refresh tokens that no session uses any more (RFC 7009): in the background, bounded, and only at their issuer.

import { tokenRevocation } from 'openid-client'
import type { Recorder } from '../../audit/event.ts'
import { backoff, type Backoff } from '../../async/backoff.ts'
import type { StoreLog } from '../../store/store.ts'
import type { ReleasedTokens, ReleaseTokens } from '../session/released-tokens.ts'
import type { Sessions } from '../session/sessions.ts'
import type { Connection, Provider, Providers } from './provider.ts'
import { ProviderUnreachable } from './provider-http.ts'
import { providerErrorOf } from './sign-in-error.ts'
import { isIssuedBy } from './token-issuer.ts'

export interface TokenRevocation {
  readonly release: ReleaseTokens
  /** Waits at most 2 s for requests under way; tokens still waiting are named in the log. */
  stop(): Promise<void>
}

export interface TokenRevocationOptions {
  readonly providers: Pick<Providers, 'get'>
  readonly sessions: Pick<Sessions, 'ofSubject' | 'ofProviderSession' | 'withTokens'>
  readonly record: Recorder
  readonly now: () => number
  readonly log?: StoreLog
  /** Pause before each further attempt, in milliseconds. */
  readonly retry?: Backoff
}

interface Job {
  readonly released: ReleasedTokens
  readonly refresh: string
  attempts: number
}

/** Tokens that wait at most; a few kilobytes each. */
const capacity = 5_000
const concurrency = 4
/** About five minutes with the pauses below: longer outages leave the token to expire. */
const maxAttempts = 7
const pauses: Backoff = { min: 5_000, max: 160_000 }
const stopTimeout = 2_000

export function createTokenRevocation(options: TokenRevocationOptions): TokenRevocation {
  const { providers, log, retry = pauses } = options
  const waiting: Job[] = []
  const delayed = new Map<NodeJS.Timeout, Job>()
  const running = new Set<Promise<void>>()
  let stopped = false

  return {
    release(released) {
      const { refresh } = released.tokens
      if (refresh === undefined || stopped || providers.get(released.provider) === undefined) return
      if (waiting.length + delayed.size >= capacity) return giveUp({ released, refresh, attempts: 0 }, 'too_many')
      waiting.push({ released, refresh, attempts: 0 })
      start()
    },
    async stop() {
      stopped = true
      for (const timer of delayed.keys()) clearTimeout(timer)
      const late = new Promise((resolve) => setTimeout(resolve, stopTimeout).unref())
      await Promise.race([Promise.all(running), late])
      const left = waiting.length + delayed.size
      if (left > 0) log?.warn({ tokens: left }, 'stopped before all refresh tokens were revoked at their provider')
    },
  }

  function start(): void {
    if (stopped) return
    while (running.size < concurrency && waiting.length > 0) {
      const job = waiting.shift()!
      const attempt = attemptOne(job).finally(() => {
        running.delete(attempt)
        start()
      })
      running.add(attempt)
    }
  }

  async function attemptOne(job: Job): Promise<void> {
    job.attempts += 1
    try {
      const provider = providers.get(job.released.provider)
      if (provider === undefined) return
      const connection = await provider.connect()
      if (connection.metadata.revocation_endpoint === undefined) return
      // Another issuer has this name by now, or the issuer was not kept: the token is not sent.
      if (!isIssuedBy(job.released.tokens, connection.metadata.issuer)) return giveUp(job, 'other_issuer')
      if (await isShared(job.released, provider)) return
      await revoke(connection, job.refresh)
      audit(job, 'success', undefined)
    } catch (error) {
      const fault = providerErrorOf(error)
      if (fault.kind === 'refused') return giveUp(job, fault.error)
      if (job.attempts >= maxAttempts || stopped) return giveUp(job, 'provider_unreachable')
      if (job.attempts === 1) log?.warn({ ...named(job), err: error }, 'a refresh token could not be revoked yet')
      later(job)
    }
  }

  function later(job: Job): void {
    const timer = setTimeout(
      () => {
        delayed.delete(timer)
        waiting.push(job)
        start()
      },
      backoff(retry, job.attempts - 1),
    )
    timer.unref()
    delayed.set(timer, job)
  }

  /**
   * RFC 7009 section 2.1: a provider may revoke the whole grant with one token. A grant that a live session uses goes on:
   * that of the same provider session, and at Google the one of the account.
   */
  async function isShared(released: ReleasedTokens, { settings }: Provider): Promise<boolean> {
    const { sessions } = options
    const { provider, providerSession, sub, why, session } = released
    if (providerSession !== undefined && (await sessions.ofProviderSession(provider, providerSession)).length > 0) {
      return true
    }
    if (sub === undefined) return false
    const live = await sessions.ofSubject(provider, sub)
    for (const { id } of live) {
      // Tabs that signed in side by side: the session that continues has the tokens of the one that ended.
      const found = await sessions.withTokens(id)
      if (found.state === 'live' && found.session.tokens.refresh === released.tokens.refresh) return true
    }
    if (settings.kind === 'google') return live.length > 0
    // Without a `sid` the sign-ins of one browser cannot be told apart.
    const sameBrowser = why === 'session_ended' ? [] : live.filter(({ id }) => id === session)
    return sameBrowser.some((one) => providerSession === undefined || one.providerSession === undefined)
  }

  function giveUp(job: Job, detail: string): void {
    log?.warn({ ...named(job), detail }, 'a refresh token was not revoked: it is valid until its provider ends it')
    audit(job, 'failure', detail)
  }

  function audit({ released }: Job, outcome: 'success' | 'failure', fault: string | undefined): void {
    const { provider, session, why } = released
    options.record({
      kind: 'authentication',
      at: options.now(),
      origin: { requestId: `revocation-${session ?? provider}`, address: '' },
      actor: { kind: 'system' },
      activity: 'token_revoked',
      outcome,
      reason: fault,
      detail: why,
      provider,
      session,
      mfa: false,
    })
  }
}

async function revoke({ configuration }: Connection, refresh: string): Promise<void> {
  try {
    await tokenRevocation(configuration, refresh, { token_type_hint: 'refresh_token' })
  } catch (error) {
    // RFC 7009 section 2.2: status 200 says it all; the content, usually none, is ignored.
    if (!isAnswerWithoutJson(error)) throw error
  }
}

function isAnswerWithoutJson(error: unknown): boolean {
  for (let one = error; one instanceof Error; one = one.cause) {
    if (one instanceof ProviderUnreachable) return one.cause instanceof SyntaxError
  }
  return false
}

function named({ released }: Job): { readonly provider: string; readonly session: string | undefined } {
  return { provider: released.provider, session: released.session }
}
