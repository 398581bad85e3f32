// Policy compiler: turns an app's declared rules into a policy ready for evaluation (names resolved, lists indexed).

import type { AppDeclaration } from './declaration.ts'
import { createClassifier, isRead } from './request-class.ts'
import { compileSet, refusalsOf } from './conditions.ts'
import { external } from './conditions/external.ts'
import { allOf } from './conditions/verdict.ts'
import type { Reason } from './decision.ts'
import { externalSubjects, hasExternals } from './external.ts'
import type { Policy } from './policy.ts'
import type { ReasonCode } from './reasons.ts'
import type { CompileContext, PolicyVocabulary } from './compile-context.ts'
import { timetable, type Timetable } from './schedule/window.ts'

/** Throws `PolicyInvalid` for an unresolved name or an unknown condition. */
export function compilePolicy(app: AppDeclaration, vocabulary: PolicyVocabulary): Policy {
  const context = compileContext(app, vocabulary)
  const ours = compileSet(app.require, context)
  const required = hasExternals(vocabulary.external) ? [...ours, external(context)] : ours
  const rules = app.rules.map(({ when, ...rule }) => ({ ...rule, conditions: compileSet(when, context) }))
  const conditions = [...required, ...rules.flatMap((rule) => rule.conditions)]
  return {
    app: app.name,
    title: app.title ?? app.name,
    mode: app.mode,
    required,
    rules,
    classify: createClassifier(conditions.flatMap((condition) => condition.probes)),
    lease: app.lease,
    grantable: typeof app.requests === 'object' ? app.requests.level : 'full',
  }
}

/** Throws `PolicyInvalid`. */
export function compileContext(
  app: Pick<AppDeclaration, 'name' | 'title' | 'requests'>,
  vocabulary: Pick<PolicyVocabulary, 'roles' | 'schedules' | 'postures' | 'external' | 'vouchers'>,
): CompileContext {
  const title = app.title ?? app.name
  const tables = new Map<string, Timetable>()
  for (const [name, schedule] of vocabulary.schedules) tables.set(name, timetable(schedule))
  const context: CompileContext = {
    app: app.name,
    vocabulary,
    mayAsk: (access) => mayAsk(access),
    isExternal: externalSubjects(vocabulary.external, vocabulary.vouchers),
    reason: (code: ReasonCode, parameters?: Readonly<Record<string, string>>): Reason =>
      Object.freeze({ code, parameters: Object.freeze({ app: title, ...parameters }) }),
    timetable: (name) => tables.get(name),
    compile: (set) => compileSet(set, context),
    refusals: (set) => refusalsOf(set, context),
  }
  const mayAsk = mayAskFor(app.requests ?? true, context)
  return context
}

function mayAskFor(
  requests: NonNullable<AppDeclaration['requests']>,
  context: CompileContext,
): CompileContext['mayAsk'] {
  if (typeof requests === 'boolean') return () => requests
  const eligible = context.compile(requests.by)
  return (access) => (requests.level === 'full' || isRead(access.method)) && allOf(eligible, access).state === 'met'
}
