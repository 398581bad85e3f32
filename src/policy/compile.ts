// From an app as declared to a policy that only has to be evaluated: names looked up, lists indexed, reasons prepared.

import type { AppDeclaration } from './declaration.ts'
import { classifier, isRead } from './request-class.ts'
import { compileSet, refusalsOf } from './conditions.ts'
import { external } from './conditions/external.ts'
import { all } from './conditions/verdict.ts'
import type { Reason } from './decision.ts'
import { externalSubjects, hasExternals } from './external.ts'
import type { Policy } from './policy.ts'
import type { ReasonCode } from './reasons.ts'
import type { Context, Vocabulary } from './compile-context.ts'
import { timetable, type Timetable } from './schedule/window.ts'

/** Throws `PolicyInvalid` when a name means nothing or a condition is not known. */
export function compilePolicy(app: AppDeclaration, vocabulary: Vocabulary): Policy {
  const context = contextOf(app, vocabulary)
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
    classify: classifier(conditions.flatMap((condition) => condition.probes)),
    lease: app.lease,
    grantable: typeof app.requests === 'object' ? app.requests.level : 'full',
  }
}

/** Throws `PolicyInvalid`. */
export function contextOf(
  app: Pick<AppDeclaration, 'name' | 'title' | 'requests'>,
  vocabulary: Pick<Vocabulary, 'roles' | 'schedules' | 'postures' | 'external'>,
): Context {
  const title = app.title ?? app.name
  const tables = new Map<string, Timetable>()
  for (const [name, schedule] of vocabulary.schedules) tables.set(name, timetable(schedule))
  const context: Context = {
    app: app.name,
    vocabulary,
    mayAsk: (access) => mayAsk(access),
    isExternal: externalSubjects(vocabulary.external),
    reason: (code: ReasonCode, parameters?: Readonly<Record<string, string>>): Reason =>
      Object.freeze({ code, parameters: Object.freeze({ app: title, ...parameters }) }),
    timetable: (name) => tables.get(name),
    compile: (set) => compileSet(set, context),
    refusals: (set) => refusalsOf(set, context),
  }
  const mayAsk = askers(app.requests ?? true, context)
  return context
}

function askers(requests: NonNullable<AppDeclaration['requests']>, context: Context): Context['mayAsk'] {
  if (typeof requests === 'boolean') return () => requests
  const eligible = context.compile(requests.by)
  return (access) => (requests.level === 'full' || isRead(access.method)) && all(eligible, access).state === 'met'
}
