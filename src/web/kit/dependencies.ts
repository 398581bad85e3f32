// Dependency interface of the built-in pages.

import type { App, Configuration } from '../../config/configuration.ts'
import type { PortalEntry } from '../../config/organisation-settings.ts'
import type { EmergencyCodes } from '../../grants/emergency/codes.ts'
import type { ExternalLine } from '../../grants/external/register.ts'
import type { GrantRequests } from '../../grants/requests/repository.ts'
import type { Grants } from '../../grants/grants.ts'
import type { Reviews } from '../../grants/reviews/reviews.ts'
import type { GuestSignIn } from '../../identity/guests/guest-sign-in.ts'
import type { GuestPasskeyKeeper } from '../../identity/guests/passkeys.ts'
import type { Session } from '../../identity/session/session.ts'
import type { Sessions } from '../../identity/session/sessions.ts'
import type { SignIn } from '../../identity/oidc/sign-in.ts'
import type { Decision } from '../../policy/decision.ts'
import type { Device } from '../../policy/device.ts'
import type { Subject } from '../../policy/subject.ts'
import type { PageRequest, Reply } from './reply.ts'

export interface WebDependencies {
  readonly signIn: SignIn
  /** People without a provider: a code by mail, and passkeys. */
  readonly guests: GuestSignIn
  readonly passkeys: GuestPasskeyKeeper
  readonly sessions: Sessions
  readonly grants: Pick<Grants, 'of' | 'all' | 'revoke'>
  readonly requests: GrantRequests
  /** Emergency codes, for when no identity provider is reachable. */
  readonly emergency: Pick<EmergencyCodes<Session>, 'redeem' | 'offered'>
  config(): Pick<Configuration, 'gateway' | 'apps' | 'providers' | 'roles' | 'console'>
  readonly reviews: Reviews
  /** Current rows of the register of external access. */
  external(): Promise<readonly ExternalLine[]>
  /** All apps, each with the decision for `GET /` by this session from the device and network of this request. */
  appsFor(session: Session, request: PageRequest): Promise<readonly AppView[]>
  /** Current posture of a device by its id, as far as this user uses it. */
  deviceOf(id: string, person: Pick<Subject, 'provider' | 'sub' | 'email' | 'external'>): Device | Promise<Device>
  /** Epoch milliseconds, rounded down to the hour, of the last request of this user to an app; undefined: never. */
  lastUsed(person: Pick<Subject, 'provider' | 'sub'>, app: string): Promise<number | undefined>
  /** The public keys that verify our assertions, as a JWK Set. */
  jwks(): unknown
  /** Epoch milliseconds. */
  now(): number
  /** IANA name of the zone in which times are shown where an app has none of its own. */
  readonly timeZone: string
}

/** One app with the decision for one user. */
export interface AppView {
  readonly name: string
  readonly title: string
  /** Of its first address, without a trailing slash. `path`: '' or such as `/wiki`. */
  readonly origin: string
  readonly path?: string
  readonly owner: string | undefined
  /** Absent: neither icon nor description nor group. */
  readonly portal?: PortalEntry | undefined
  readonly decision: Decision
  /**
   * Epoch milliseconds at which an allowed app is known to close: end of the schedule or of the grant, never just the
   * end of the lease. Undefined when nothing known closes it.
   */
  readonly closesAt: number | undefined
  /** IANA name of the zone in which the grant that ends at `closesAt` was written; see `Grant.timeZone`. */
  readonly timeZone: string | undefined
}

/** Values of the `:name` segments of the route path, and the app on whose host the request arrived. */
export interface RouteMatch {
  readonly parameters: Readonly<Record<string, string>>
  readonly app: App | undefined
}

export type Handler = (deps: WebDependencies, request: PageRequest, matched: RouteMatch) => Promise<Reply>
