// User set: compiles conditions on identity into a membership test, for who may request access and who may approve.

import type { AccessRequest } from './access-request.ts'
import type { ConditionSet } from './declaration.ts'
import { compileContext } from './compile.ts'
import { allOf } from './conditions/verdict.ts'
import type { Authentication, Subject } from './subject.ts'
import { PolicyInvalid, type PolicyVocabulary } from './compile-context.ts'

/** Conditions that depend on the subject alone. */
export type UserSet = Pick<ConditionSet, 'users' | 'groups' | 'roles' | 'providers' | 'domains'>

/** The test returns false when membership is unknown (withheld groups, no verified address). Throws `PolicyInvalid`. */
export function compileUserSet(
  set: UserSet,
  vocabulary: Pick<PolicyVocabulary, 'roles' | 'vouchers'>,
): (subject: Subject) => boolean {
  const unsupported = Object.keys(set).find(
    (key) => !['users', 'groups', 'roles', 'providers', 'domains'].includes(key),
  )
  if (unsupported !== undefined) throw new PolicyInvalid(`${unsupported} is not a condition on the user`)
  const { roles, vouchers } = vocabulary
  const context = compileContext({ name: '' }, { roles, vouchers, schedules: new Map(), postures: new Map() })
  const conditions = context.compile(set)
  return (subject) => allOf(conditions, { ...emptyRequest, identity: { subject, authentication } }).state === 'met'
}

const authentication: Authentication = {
  acr: undefined,
  amr: [],
  authTime: undefined,
  mfa: false,
  phishingResistant: false,
}

/** Placeholder: conditions on the subject read none of these members. */
const emptyRequest: AccessRequest = {
  identity: undefined,
  absence: 'no_session',
  device: { state: 'absent' },
  grants: [],
  network: { address: undefined, names: new Set() },
  method: 'GET',
  path: '/',
  now: 0,
}
