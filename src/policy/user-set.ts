// Whether somebody is one of those a set of conditions describes, outside of any rule: who may ask, who may agree.

import type { AccessRequest } from './access-request.ts'
import type { ConditionSet } from './declaration.ts'
import { compileContext } from './compile.ts'
import { allOf } from './conditions/verdict.ts'
import type { Authentication, Subject } from './subject.ts'
import { PolicyInvalid, type PolicyVocabulary } from './compile-context.ts'

/** Conditions that look at nothing but the person. */
export type UserSet = Pick<ConditionSet, 'users' | 'groups' | 'roles' | 'providers'>

/** What is unknown (withheld groups, no verified address) is false. Throws `PolicyInvalid`. */
export function compileUserSet(
  set: UserSet,
  vocabulary: Pick<PolicyVocabulary, 'roles'>,
): (subject: Subject) => boolean {
  const unsupported = Object.keys(set).find((key) => !['users', 'groups', 'roles', 'providers'].includes(key))
  if (unsupported !== undefined) throw new PolicyInvalid(`${unsupported} does not say who somebody is`)
  const context = compileContext({ name: '' }, { roles: vocabulary.roles, schedules: new Map(), postures: new Map() })
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

/** None of the conditions on a person looks at any of this. */
const emptyRequest: AccessRequest = {
  identity: undefined,
  absence: 'no_session',
  device: { state: 'absent' },
  grants: [],
  network: { address: '', names: new Set() },
  method: 'GET',
  path: '/',
  now: 0,
}
