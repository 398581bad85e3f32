// Dependencies of request handling. Built once at start; only the result of `activeConfig()` changes, as a whole.

import type { Acme } from '../acme/open.ts'
import type { Recorder } from '../audit/event.ts'
import type { Devices } from '../devices/devices.ts'
import type { Assertions } from '../proxy/identity/assertion.ts'
import type { OpenConnections } from '../proxy/open-connections.ts'
import type { HeaderRules } from '../proxy/headers/request-headers.ts'
import type { EmergencyCodes } from '../grants/emergency/codes.ts'
import type { GrantRequests } from '../grants/requests/repository.ts'
import type { Reviews } from '../grants/reviews/reviews.ts'
import type { Grants } from '../grants/grants.ts'
import type { GuestSignIn } from '../identity/guests/guest-sign-in.ts'
import type { GuestPasskeyKeeper } from '../identity/guests/passkeys.ts'
import type { Users } from '../identity/users/users.ts'
import type { Session } from '../identity/session/session.ts'
import type { Sessions } from '../identity/session/sessions.ts'
import type { SignIn } from '../identity/oidc/sign-in.ts'
import type { ChangeFeed } from '../store/change-feed.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { ActiveConfig } from './active-config.ts'
import type { IdpFreshness } from './idp-freshness.ts'
import type { ConcurrencyLimiter } from './concurrency-limit.ts'
import type { DecisionCache } from './decision-cache.ts'
import type { FormReads } from './form-reads.ts'
import type { OpenExchangeContext } from './open-exchange.ts'
import type { PrincipalOf } from './principal.ts'
import type { UnknownAddresses } from './unknown-addresses.ts'

export interface Dependencies {
  activeConfig(): ActiveConfig
  readonly sessions: Sessions
  readonly users: Users
  readonly idpFreshness: IdpFreshness
  readonly signIn: SignIn
  readonly guests: GuestSignIn
  readonly passkeys: GuestPasskeyKeeper
  readonly devices: Devices
  readonly grants: Grants
  readonly requests: GrantRequests
  readonly emergency: EmergencyCodes<Session>
  readonly reviews: Reviews
  readonly principalOf: PrincipalOf
  readonly decisions: DecisionCache
  readonly assertions: Assertions
  readonly headers: HeaderRules
  readonly connections: OpenConnections<OpenExchangeContext>
  readonly concurrency: ConcurrencyLimiter
  readonly formReads: FormReads
  /** Absent without `gateway.acme`. */
  readonly acme?: Pick<Acme, 'issued' | 'httpAnswer' | 'status'> | undefined
  readonly unknownAddresses: UnknownAddresses
  readonly changes: ChangeFeed
  readonly record: Recorder
  readonly metrics: Metrics
  readonly log: Logger
  /** Epoch milliseconds. */
  readonly now: () => number
}
