// Groups an application receives (`headers.groups`): by default those its own rules name. Computed once, at (re)load.

import type { App, RoleSettings } from '../configuration.ts'
import type { ConditionSet, RuleDeclaration } from '../../policy/declaration.ts'
import type { AppInput } from '../schema/app.ts'

/** What a rule decides by, the application may know; it did not ask for anything else (decision 26). */
export function buildHeaderGroups(
  written: NonNullable<AppInput['headers']>['groups'],
  require: ConditionSet,
  rules: readonly RuleDeclaration[],
  roles: ReadonlyMap<string, RoleSettings>,
): App['headerGroups'] {
  if (written === 'all') return 'all'
  if (written === 'none') return new Set()
  if (written !== undefined && written !== 'used') return new Set(written)
  return new Set([require, ...rules.map(({ when }) => when)].flatMap((set) => groupsNamedIn(set, roles)))
}

/** Also in `any` and `not`, and those that a role stands for. */
function groupsNamedIn(set: ConditionSet, roles: ReadonlyMap<string, RoleSettings>): readonly string[] {
  const inner = [...(set.any ?? []), ...(set.not === undefined ? [] : [set.not])]
  return [
    ...(set.groups ?? []),
    ...(set.roles ?? []).flatMap((name) => roles.get(name)?.groups ?? []),
    ...inner.flatMap((one) => groupsNamedIn(one, roles)),
  ]
}
