// What the names in a policy stand for, and what compiling one condition may look at.

import type { AccessRequest } from './access-request.ts'
import type { ConditionSet } from './declaration.ts'
import type { RequestProbe } from './request-class.ts'
import type { Reason } from './decision.ts'
import type { PostureRequirement } from './device.ts'
import type { Externals } from './externals.ts'
import type { Condition } from './policy.ts'
import type { ReasonCode } from './reasons.ts'
import type { Subject } from './subject.ts'
import type { Schedule, Timetable } from './schedule/window.ts'

/** The configuration's shapes, by name. */
export interface PolicyVocabulary {
  readonly roles: ReadonlyMap<string, { readonly groups: readonly string[]; readonly users: readonly string[] }>
  readonly schedules: ReadonlyMap<string, Schedule>
  readonly postures: ReadonlyMap<string, PostureRequirement>
  /** Absent: those whose session says so. */
  readonly external?: Externals | undefined
}

/** A condition, and what it wants to know of the method or the path. */
export interface Compiled extends Condition {
  readonly probes: readonly RequestProbe[]
}

/** One app's policy while it is compiled. */
export interface CompileContext {
  readonly app: string
  readonly vocabulary: PolicyVocabulary
  /** May this person ask for access to this app that allows this? Where not, `request_access` would lead nowhere. */
  mayAsk(access: AccessRequest): boolean
  /** Of another organisation, and so let in by grant only. */
  isExternal(subject: Subject): boolean
  /** A reason about this app. */
  reason(code: ReasonCode, parameters?: Readonly<Record<string, string>>): Reason
  /** Undefined when no schedule has that name: grants outlive the configuration that named one. */
  timetable(schedule: string): Timetable | undefined
  /** For `any` and `not`. */
  compile(set: ConditionSet): readonly Compiled[]
  /** Why a `not` over this set is unmet. */
  refusals(set: ConditionSet): readonly Reason[]
}

/** The policy cannot be compiled; configuration checks this first, so it never reaches a running gateway. */
export class PolicyInvalid extends Error {
  readonly code = 'policy_invalid'
}
