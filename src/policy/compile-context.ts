// Compile-time context of a policy: the names it may reference (roles, schedules, postures) and how to build reasons.

import type { AccessRequest } from './access-request.ts'
import type { ConditionSet } from './declaration.ts'
import type { RequestProbe } from './request-class.ts'
import type { Reason } from './decision.ts'
import type { PostureRequirement } from './device.ts'
import type { Externals } from './externals.ts'
import type { Condition } from './policy.ts'
import type { ReasonCode } from './reasons.ts'
import type { Subject } from './subject.ts'
import type { Vouchers } from './vouching.ts'
import type { Schedule, Timetable } from './schedule/window.ts'

/** Named definitions of the configuration that conditions reference. */
export interface PolicyVocabulary {
  readonly roles: ReadonlyMap<string, { readonly groups: readonly string[]; readonly users: readonly string[] }>
  readonly schedules: ReadonlyMap<string, Schedule>
  readonly postures: ReadonlyMap<string, PostureRequirement>
  /** Absent: an address counts whichever provider states it. */
  readonly vouchers?: Vouchers | undefined
  /** Absent: external status is taken from the session alone. */
  readonly external?: Externals | undefined
}

/** A condition with the probes on method or path that its result depends on. */
export interface Compiled extends Condition {
  readonly probes: readonly RequestProbe[]
}

/** Context of one app's policy during compilation. */
export interface CompileContext {
  readonly app: string
  readonly vocabulary: PolicyVocabulary
  /** Whether this subject may request access that would cover this request; if not, `request_access` is no remedy. */
  mayAsk(access: AccessRequest): boolean
  /** Whether the subject belongs to another organisation and therefore needs a grant. */
  isExternal(subject: Subject): boolean
  /** A reason with the app's title among its parameters. */
  reason(code: ReasonCode, parameters?: Readonly<Record<string, string>>): Reason
  /** Undefined when no schedule has that name: a grant can outlive the configuration that defined its schedule. */
  timetable(schedule: string): Timetable | undefined
  /** For `any` and `not`. */
  compile(set: ConditionSet): readonly Compiled[]
  /** Why a `not` over this set is unmet. */
  refusals(set: ConditionSet): readonly Reason[]
}

/** The policy cannot be compiled. Configuration loading checks this first, so a running gateway never throws it. */
export class PolicyInvalid extends Error {
  readonly code = 'policy_invalid'
}
