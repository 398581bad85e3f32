// What our own pages need of the house, and nothing more.

import type { App, Configuration } from '../../config/configuration.ts'
import type { EmergencyCodes } from '../../grants/emergency/codes.ts'
import type { ExternalLine } from '../../grants/external/register.ts'
import type { GrantRequests } from '../../grants/requests/repository.ts'
import type { Grants } from '../../grants/grants.ts'
import type { Reviews } from '../../grants/reviews/reviews.ts'
import type { Session } from '../../identity/session/session.ts'
import type { Sessions } from '../../identity/session/sessions.ts'
import type { SignIn } from '../../identity/oidc/sign-in.ts'
import type { Decision } from '../../policy/decision.ts'
import type { Device } from '../../policy/device.ts'
import type { Subject } from '../../policy/subject.ts'
import type { PageRequest, Reply } from './reply.ts'

export interface WebDependencies {
  readonly signIn: SignIn
  readonly sessions: Sessions
  readonly grants: Pick<Grants, 'of' | 'all' | 'revoke'>
  readonly requests: GrantRequests
  /** Sealed codes for when no provider can be asked. */
  readonly emergency: Pick<EmergencyCodes<Session>, 'redeem' | 'offered'>
  config(): Pick<Configuration, 'gateway' | 'apps' | 'providers' | 'roles' | 'console'>
  readonly reviews: Reviews
  /** The register of external access as it is now. */
  external(): Promise<readonly ExternalLine[]>
  /** Every app, as a `GET /` by this session from this request's device and network would be decided now. */
  appsFor(session: Session, request: PageRequest): Promise<readonly AppView[]>
  /** What is known now of a device by its id, as far as this person uses it. */
  deviceOf(id: string, person: Pick<Subject, 'provider' | 'sub' | 'email' | 'external'>): Device | Promise<Device>
  /** Epoch milliseconds, to the hour, at which this person was last let in to an app; undefined: never. */
  lastUsed(person: Pick<Subject, 'provider' | 'sub'>, app: string): Promise<number | undefined>
  /** The public keys that verify our assertions, as a JWK Set. */
  jwks(): unknown
  /** Epoch milliseconds. */
  now(): number
  /** IANA name: the zone times are said in where an app has none of its own. */
  readonly timeZone: string
}

/** One app as one person sees it. */
export interface AppView {
  readonly name: string
  readonly title: string
  /** Without a trailing slash. */
  readonly origin: string
  readonly owner: string | undefined
  readonly decision: Decision
  /**
   * Epoch milliseconds at which an allowed app is known to close: end of the schedule or of the grant, never just the
   * end of the lease. Undefined when nothing known closes it.
   */
  readonly closesAt: number | undefined
  /** Zone of the schedule or grant that says so; undefined: `WebParts.timeZone`. */
  readonly timeZone: string | undefined
}

/** `{name}` segments of a route's path, and the app on whose host we are. */
export interface RouteMatch {
  readonly parameters: Readonly<Record<string, string>>
  readonly app: App | undefined
}

export type Handler = (deps: WebDependencies, request: PageRequest, matched: RouteMatch) => Promise<Reply>
