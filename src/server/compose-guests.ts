// Builds the sign-in of guests, their passkeys and their revalidation, from what `compose.ts` has made.

import type { Recorder } from '../audit/event.ts'
import { createGuestMails } from '../audit/notifications/guest-mail.ts'
import type { Configuration, SessionSettings } from '../config/configuration.ts'
import type { Grants } from '../grants/grants.ts'
import type { GrantRequests } from '../grants/requests/repository.ts'
import { createGuestAccess } from '../gateway/guest-access.ts'
import { startEndingWithAccess } from '../identity/guests/end-with-access.ts'
import { createGuestSignIn, type GuestSignIn } from '../identity/guests/guest-sign-in.ts'
import { createPasskeys, type GuestPasskeyKeeper } from '../identity/guests/passkeys.ts'
import { createGuestRevalidation, withGuests } from '../identity/guests/revalidation.ts'
import type { Revalidation } from '../identity/oidc/revalidation.ts'
import type { SignInRateLimiter } from '../identity/oidc/sign-in-rate-limit.ts'
import type { Sessions } from '../identity/session/sessions.ts'
import type { Seal } from '../store/seal.ts'
import type { Store } from '../store/store.ts'
import type { Logger } from '../telemetry/logger.ts'

export interface ComposedGuests {
  readonly signIn: GuestSignIn
  readonly passkeys: GuestPasskeyKeeper
  /** Of all sessions: those of guests here, the others as before. */
  readonly revalidation: Revalidation
  stop(): Promise<void>
}

export interface GuestParts {
  readonly configuration: () => Configuration
  readonly grants: Grants
  readonly requests: GrantRequests
  readonly sessions: Sessions
  readonly store: Store
  readonly seal: Seal
  readonly rate: SignInRateLimiter
  readonly record: Recorder
  readonly settings: () => SessionSettings
  readonly now: () => number
  readonly log: Logger
  readonly throttled: () => void
  readonly atProviders: Revalidation
  /** Counts what a revalidation comes to. */
  readonly counting: (revalidation: Revalidation) => Revalidation
}

export function composeGuests(parts: GuestParts): ComposedGuests {
  const { configuration, grants, sessions, log, now } = parts
  const access = createGuestAccess(parts)
  const mails = createGuestMails({
    settings: () => configuration().guests?.mail,
    log,
    timeZone: Temporal.Now.timeZoneId(),
    sender: () => configuration().organisation,
  })
  const signIn = createGuestSignIn({ ...parts, access, mails })
  const own = parts.counting(createGuestRevalidation({ ...parts, access }))
  const stopEnding = startEndingWithAccess({
    grants: {
      all: grants.all,
      onChange: (listener) => grants.onChange(listener),
    },
    sessions,
    revalidation: own,
    open: signIn.open,
    log,
    now,
  })
  return {
    signIn,
    passkeys: createPasskeys({ ...parts, access, mails }),
    revalidation: withGuests(parts.atProviders, own),
    async stop() {
      stopEnding()
      await mails.stop()
    },
  }
}
