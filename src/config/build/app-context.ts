// What the settings of an app are built from besides its own section.

import type { RoleSettings, SessionSettings } from '../configuration.ts'
import type { ProviderSettings } from '../provider-settings.ts'
import type { ConditionSet } from '../../policy/declaration.ts'
import type { Externals } from '../../policy/externals.ts'
import type { Names } from './conditions.ts'

export interface BuildContext {
  readonly names: Names
  readonly baseline: ConditionSet
  readonly session: SessionSettings
  readonly keepStorage: boolean
  readonly providers: ReadonlyMap<string, ProviderSettings>
  readonly roles: ReadonlyMap<string, RoleSettings>
  /** External users: they need a grant even if no rule requires one. */
  readonly external: Externals
  /** `gateway.hsts` as a value. */
  readonly hsts: string
  /** A posture source reads `X-Device-*` of requests. */
  readonly postureHeaders: boolean
  /** `gateway.http1: node`. */
  readonly nodeHttp1: boolean
  /** The files had no schema problems: only then are warnings about missing things reliable. */
  readonly whole: boolean
}
