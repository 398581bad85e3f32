// What the portal shows: the user's applications with their access state, time-bound access, and the search.

import type { Session } from '../../identity/session/session.ts'
import type { AppView } from '../kit/dependencies.ts'
import type { Navigation } from '../kit/navigation.ts'
import type { RequestStatus } from '../requests/request-status.ts'
import type { GrantLine } from './grant-table.ts'

export interface PortalApp extends AppView {
  readonly asking: RequestStatus
  /** Epoch milliseconds, rounded down to the hour; absent: never. */
  readonly lastUsed?: number | undefined
}

export interface Portal {
  readonly session: Session
  readonly apps: readonly PortalApp[]
  readonly nav: Navigation
  readonly notice: string | undefined
  /** What was searched for, as typed; '' nothing. Absent: nothing. */
  readonly query?: string
  readonly grants: readonly GrantLine[]
  readonly timeZone: string
  readonly now: number
}
