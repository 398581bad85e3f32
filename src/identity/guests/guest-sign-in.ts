// Sign-in of guests: sends a one-time code to people with access, and begins a session for the browser that enters it.

import type { Actor, Origin, Recorder } from '../../audit/event.ts'
import { addressOf } from '../../audit/event.ts'
import type { GuestMails } from '../../audit/notifications/guest-mail.ts'
import type { Configuration } from '../../config/configuration.ts'
import type { Language } from '../../policy/messages/locale.ts'
import { guestProvider, type Authentication, type Subject } from '../../policy/subject.ts'
import type { Seal } from '../../store/seal.ts'
import type { Store } from '../../store/store.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { ReturnContext } from '../oidc/return-context.ts'
import type { SignInRateLimiter } from '../oidc/sign-in-rate-limit.ts'
import type { Session } from '../session/session.ts'
import type { Sessions } from '../session/sessions.ts'
import { createCodeAttempts, type CodeAttempt } from './code-attempts.ts'
import { codeLifetime, createCodes } from './codes.ts'
import type { GuestAccess } from './guest-access.ts'
import { guestAuthentication } from './guest-authentication.ts'
import { guestSubject, isGuestAddress } from './guest-subject.ts'
import { createKnownBrowsers } from './known-browser.ts'
import { createMailBudget } from './mail-budget.ts'

export interface CodeRequest {
  /** Address as typed. */
  readonly email: string
  readonly returnContext: ReturnContext | undefined
  /** Of the mail. */
  readonly language: Language
  /** Cookie field of the request. */
  readonly cookies: string | undefined
  readonly origin: Origin
}

export type CodeStart =
  /** The same for an address with access and for one without. `cookies`: values for `Set-Cookie`. */
  | { readonly state: 'begun'; readonly id: string; readonly cookies: readonly string[] }
  /** Not one mail address. */
  | { readonly state: 'malformed' }
  | { readonly state: 'throttled' }

export interface CodeAnswer {
  /** Id of the attempt. */
  readonly id: string | undefined
  readonly code: string
  readonly cookies: string | undefined
  /** Current session of this browser. */
  readonly previous: Session | undefined
  readonly origin: Origin
}

export type CodeResult =
  | {
      readonly state: 'signed_in'
      readonly session: Session
      readonly returnContext: ReturnContext | undefined
      readonly cookies: readonly string[]
    }
  /** Wrong, with tries left; a new code is needed; or the access ended since the code was sent. */
  | { readonly state: 'wrong'; readonly left: number; readonly attempt: CodeAttempt }
  | { readonly state: 'spent'; readonly attempt: CodeAttempt }
  | { readonly state: 'no_access'; readonly attempt: CodeAttempt }
  /** This browser did not ask for it. */
  | { readonly state: 'unknown' }
  | { readonly state: 'throttled' }

/** Methods that return promises reject with `StoreUnreachable`. */
export interface GuestSignIn {
  /** Whether guests can sign in at all. */
  open(): boolean
  /** Home realm discovery: whether addresses of this domain belong to guests; `any`: as no provider lists it. */
  accepts(email: string): boolean
  begin(wanted: CodeRequest): Promise<CodeStart>
  /** The attempt this browser began; `expired`: its code is no longer valid. */
  find(
    id: string | undefined,
    cookies: string | undefined,
  ): { readonly attempt: CodeAttempt; readonly expired: boolean } | undefined
  redeem(answer: CodeAnswer): Promise<CodeResult>
  /** The address of the last guest of this browser; undefined: none. */
  lastEmail(cookies: string | undefined): string | undefined
}

export interface GuestSignInOptions {
  readonly configuration: () => Pick<Configuration, 'guests' | 'providers' | 'gateway'>
  readonly access: GuestAccess
  readonly mails: Pick<GuestMails, 'sendCode'>
  readonly sessions: Pick<Sessions, 'begin'>
  readonly store: Store
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly rate: Pick<SignInRateLimiter, 'acquire'>
  readonly throttled: () => void
  readonly record: Recorder
  readonly log: Logger
  /** Epoch milliseconds. */
  readonly now: () => number
}

export function createGuestSignIn(options: GuestSignInOptions): GuestSignIn {
  const { configuration, access, mails, sessions, store, seal, rate, throttled, record, log, now } = options
  const attempts = createCodeAttempts(seal)
  const codes = createCodes({ store, seal })
  const budget = createMailBudget(store)
  const browsers = createKnownBrowsers(seal)

  /** Subject and access of an address that may sign in; no access for the others. */
  function holderOf(email: string): { readonly subject: Subject; readonly holds: ReturnType<GuestAccess['of']> } {
    const subject = guestSubject(email, configuration())!
    const holds = access.of(subject)
    return { subject, holds: isGuestAddress(email, configuration()) ? holds : undefined }
  }

  return {
    open: () => configuration().guests?.mail !== undefined,
    accepts(email) {
      const subject = guestSubject(email, configuration())
      return subject?.email !== undefined && isGuestAddress(subject.email, configuration())
    },
    async begin({ email: typed, returnContext, language, cookies, origin }) {
      const email = guestSubject(typed, configuration())?.email
      if (email === undefined) return { state: 'malformed' }
      if (!rate.acquire(origin.address)) return { state: 'throttled' }
      if (!(await budget.acquireBlock(origin.address))) {
        throttled()
        return { state: 'throttled' }
      }
      // Every step up to the mail happens for every address, so that neither the answer nor its time tells who has access.
      const within = await budget.acquireAddress(email, browsers.emailOf(cookies) === email)
      const at = now()
      const { id, token, cookies: set } = attempts.begin({ email, returnContext, at }, cookies)
      const code = await codes.issue(token)
      const { subject, holds } = holderOf(email)
      const outcome = holds === undefined ? 'no_access' : within ? 'sent' : 'too_many'
      // Without the address: who is allowed to read the log need not learn whom strangers ask for.
      log.info({ request: origin.requestId, outcome }, 'a guest asked for a code')
      if (holds !== undefined && within) {
        const { host } = configuration().gateway
        const client = addressOf(origin)
        mails.sendCode(
          email,
          { code, host, askedAt: at, minutes: codeLifetime / 60_000, client, access: holds },
          language,
        )
        record(event('code_sent', origin, actorOf(subject), {}))
      }
      return { state: 'begun', id, cookies: set }
    },
    find(id, cookies) {
      const attempt = attempts.find(id, cookies)
      return attempt && { attempt, expired: now() - attempt.at >= codeLifetime }
    },
    async redeem({ id, code, cookies, previous, origin }) {
      const attempt = attempts.find(id, cookies)
      if (attempt === undefined) return { state: 'unknown' }
      const isStepUp = attempt.returnContext?.stepUp !== undefined
      const failed = (reason: string): void => {
        // A stranger is named by nothing: the address is what was typed.
        record(event(isStepUp ? 'step_up' : 'sign_in', origin, { kind: 'stranger' }, { reason }))
      }
      if (now() - attempt.at >= codeLifetime) return { state: 'spent', attempt }
      if (!rate.acquire(origin.address)) return { state: 'throttled' }
      const check = await codes.check(attempt.token, code)
      if (check.state !== 'right') {
        failed(check.state === 'wrong' ? 'code_wrong' : 'code_spent')
        return { ...check, attempt }
      }
      // The grant may have ended, or the domain may have been removed, since the code was sent.
      const { subject, holds } = holderOf(attempt.email)
      if (holds === undefined) {
        failed('no_access')
        return { state: 'no_access', attempt }
      }
      const at = now()
      const settings = configuration().providers.get(guestProvider)!
      const authentication: Authentication = guestAuthentication('mail_code', settings, at)
      const session = await sessions.begin(
        {
          subject,
          authentication,
          providerSession: undefined,
          tokens: { refresh: undefined, idToken: undefined },
          userAgent: origin.userAgent?.slice(0, 512),
          address: addressOf(origin),
        },
        previous,
        origin,
      )
      record(event(isStepUp ? 'step_up' : 'sign_in', origin, actorOf(subject, session.id), { session: session.id }))
      return {
        state: 'signed_in',
        session,
        returnContext: attempt.returnContext,
        cookies: [attempt.clear, browsers.remember(attempt.email)],
      }
    },
    lastEmail: (cookies) => browsers.emailOf(cookies),
  }

  function event(
    activity: 'code_sent' | 'sign_in' | 'step_up',
    origin: Origin,
    actor: Actor,
    more: { readonly reason?: string; readonly session?: string },
  ): Parameters<Recorder>[0] {
    return {
      kind: 'authentication',
      at: now(),
      origin,
      actor,
      activity,
      outcome: more.reason === undefined ? 'success' : 'failure',
      reason: more.reason,
      detail: activity === 'code_sent' ? undefined : 'code by mail',
      provider: guestProvider,
      session: more.session,
      mfa: false,
    }
  }
}

export function actorOf({ provider, sub, email }: Subject, session?: string): Actor {
  return {
    kind: 'person',
    provider,
    sub,
    ...(email === undefined ? {} : { email }),
    ...(session === undefined ? {} : { session }),
  }
}
