// What the path of a request is made of. Built once by `main.ts`; only `applied()` changes, as a whole.

import type { Recorder } from '../audit/event.ts'
import type { Devices } from '../devices/devices.ts'
import type { Assertions } from '../forward/assertion.ts'
import type { Connections } from '../forward/connections.ts'
import type { HeaderRules } from '../forward/headers.ts'
import type { EmergencyCodes } from '../grants/emergency-codes.ts'
import type { GrantRequests } from '../grants/grant-requests.ts'
import type { Reviews } from '../grants/reviews.ts'
import type { Grants } from '../grants/grants.ts'
import type { People } from '../identity/people.ts'
import type { Session } from '../identity/session.ts'
import type { Sessions } from '../identity/sessions.ts'
import type { SignIn } from '../identity/sign-in.ts'
import type { Changes } from '../store/changes.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Applied } from './applied.ts'
import type { Confirmation } from './confirm.ts'
import type { Crowd } from './crowd.ts'
import type { Leases } from './leases.ts'
import type { Asked } from './asked.ts'
import type { Standings } from './standing.ts'

export interface Parts {
  applied(): Applied
  readonly sessions: Sessions
  readonly people: People
  readonly confirmation: Confirmation
  readonly signIn: SignIn
  readonly devices: Devices
  readonly grants: Grants
  readonly requests: GrantRequests
  readonly emergency: EmergencyCodes<Session>
  readonly reviews: Reviews
  readonly standing: Standings
  readonly leases: Leases
  readonly assertions: Assertions
  readonly headers: HeaderRules
  readonly connections: Connections<Asked>
  readonly crowd: Crowd
  readonly changes: Changes
  readonly record: Recorder
  readonly metrics: Metrics
  readonly log: Logger
  /** IANA name: the zone times are said in where nothing else names one. */
  readonly timeZone: string
  /** Epoch milliseconds. */
  readonly now: () => number
}
