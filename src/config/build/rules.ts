// Builds the rules of one app, and the rule of its sealed emergency codes.

import type { EmergencySettings } from '../request-settings.ts'
import type { ConditionSet, RuleDeclaration } from '../../policy/declaration.ts'
import { emergencyProvider } from '../../policy/subject.ts'
import type { AppInput } from '../schema/app.ts'
import type { BuildContext } from './app-context.ts'
import { buildConditions } from './conditions.ts'
import { childPlace, type Diagnostics, type Place } from './diagnostics.ts'
import { warnAboutOptionalClaims } from './optional-claims.ts'
import { unreachableRules } from './unreachable-rules.ts'

export function buildRules(
  check: Diagnostics,
  place: Place,
  input: AppInput,
  context: BuildContext,
): RuleDeclaration[] {
  const names = new Set<string>()
  const written = (input.policy ?? []).map((rule, index) => {
    const at = childPlace(place, index)
    const original = place.file.tree.original(at.path).at(-1)
    const name = rule.name ?? `rule ${Number(original) + 1}`
    if (names.has(name)) check.problem(childPlace(at, 'name'), `duplicate rule name "${name}"`)
    names.add(name)
    const has = (key: string): boolean => place.file.tree.existedOriginally([...at.path, key])
    if (has('allow') === has('deny')) check.problem(at, 'expected exactly one of allow and deny')
    const effect = has('deny') ? 'deny' : 'allow'
    const when = buildConditions(check, childPlace(at, effect), rule[effect] ?? {}, context.names)
    if (effect === 'deny' && rule.limit !== undefined) {
      check.problem(childPlace(at, 'limit'), 'limits apply to allow rules only', 'key')
    }
    if (context.whole) warnAboutOptionalClaims(check, childPlace(at, effect), when, effect)
    if (effect === 'allow') warnOfExternal(check, childPlace(at, 'allow', 'providers'), when, context)
    return {
      name,
      effect,
      when,
      mode: modeOf(rule.mode),
      limits: { download: rule.limit?.download, upload: rule.limit?.upload },
    } satisfies RuleDeclaration
  })
  if (!context.whole) return written
  for (const { index, by } of unreachableRules(written)) {
    check.warn(childPlace(place, index), `unreachable rule: "${written[by]!.name}" always decides first`)
  }
  // An app with public paths alone is one that nobody signs in to, such as a page for visitors or a target of webhooks.
  const open = (input.public ?? []).length > 0
  if (input.policy !== undefined && !open && !written.some((rule) => rule.effect === 'allow')) {
    check.warn(place, 'no rule allows access: the app is unreachable for everyone', 'key')
  }
  return written
}

/** External users always need a grant; an allow rule without `grant: required` suggests otherwise. */
function warnOfExternal(check: Diagnostics, place: Place, when: ConditionSet, context: BuildContext): void {
  if (when.grant !== undefined) return
  const external = (when.providers ?? []).filter((name) => context.providers.get(name)?.external === true)
  if (external.length === 0) return
  check.warn(place, `users of the external provider "${external[0]}" always need a grant: add grant: required`)
}

/**
 * Adds the allow rule of sealed emergency codes, which bypass `require` (MFA cannot be proved then). Deny rules still
 * apply.
 */
export function withEmergencyRules(
  require: ConditionSet,
  rules: readonly RuleDeclaration[],
  emergency: EmergencySettings | undefined,
): { readonly require: ConditionSet; readonly rules: readonly RuleDeclaration[] } {
  if (emergency?.codes !== true) return { require, rules }
  const bearer = { providers: [emergencyProvider] }
  const rule: RuleDeclaration = {
    name: 'sealed emergency code',
    effect: 'allow',
    when: { ...bearer, grant: 'required' },
    mode: 'enforce',
    limits: { download: undefined, upload: undefined },
  }
  const unconditional = Object.keys(require).length === 0
  return { require: unconditional ? require : { any: [require, bearer] }, rules: [...rules, rule] }
}

/** `observe` and `monitor` are one mode. */
export function modeOf(written: AppInput['mode']): 'enforce' | 'monitor' {
  return written === undefined || written === 'enforce' ? 'enforce' : 'monitor'
}

export function asksForGrant(set: ConditionSet): boolean {
  return set.grant !== undefined || (set.any ?? []).some(asksForGrant)
}
