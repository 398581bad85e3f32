// An explanation in words, for a terminal.

import type { App } from '../config/configuration.ts'
import type { ConditionReport, Explanation, RuleReport } from '../policy/explain.ts'
import { message } from '../policy/reasons.ts'
import type { Verdict } from '../policy/policy.ts'
import { moment } from './table.ts'

const signs: Readonly<Record<Verdict['state'], string>> = { met: '✓', unmet: '✗', unknown: '?' }

export function explained(app: App, { decision, required, rules }: Explanation): string {
  const lines = [
    `${app.name}: ${decision.effect.toUpperCase()}${decision.rule === undefined ? '' : ` by "${decision.rule}"`}`,
    ...decision.reasons.map((reason) => `  ${reason.code}: ${message(reason, 'en')}`),
    ...(decision.remedy === undefined ? [] : [`  remedy: ${decision.remedy.kind}`]),
    ...(decision.monitored === undefined ? [] : [`  monitored: enforcement would answer ${decision.monitored}`]),
    `  valid until ${moment(decision.validUntil)}`,
    '',
    ...(required.length === 0 ? [] : ['required of everybody', ...required.map(condition)]),
    ...rules.flatMap((rule) => [heading(rule), ...rule.conditions.map(condition)]),
  ]
  return `${lines.join('\n')}\n`
}

function heading({ rule, effect, mode, verdict, conditions }: RuleReport): string {
  const state = conditions.length === 0 ? 'no condition' : verdict.state
  return `rule "${rule}" (${effect}${mode === 'monitor' ? ', monitor only' : ''}): ${state}`
}

function condition({ name, summary, verdict }: ConditionReport): string {
  const why =
    verdict.state === 'met'
      ? ''
      : verdict.reasons.map((reason) => `\n      ${reason.code}: ${message(reason, 'en')}`).join('')
  return `  ${signs[verdict.state]} ${name}: ${summary}${why}`
}
