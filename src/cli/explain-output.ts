// An explanation in words, for a terminal, and as data, for programs.

import type { App } from '../config/configuration.ts'
import type { AccessRequest } from '../policy/access-request.ts'
import type { Decision, Reason, Remedy } from '../policy/decision.ts'
import type { ConditionReport, Explanation, RuleReport } from '../policy/explain.ts'
import type { Verdict } from '../policy/policy.ts'
import { message } from '../policy/reasons.ts'
import { json } from './json.ts'
import { moment } from './table.ts'
import { never } from '../policy/never.ts'

const signs: Readonly<Record<Verdict['state'], string>> = { met: '✓', unmet: '✗', unknown: '?' }

/** `zone`: IANA name, in which moments are told. */
export function explanationText(app: App, access: AccessRequest, explanation: Explanation, zone: string): string {
  const { decision, required, rules } = explanation
  const lines = [
    `${app.name}: ${decision.effect.toUpperCase()}${decision.rule === undefined ? '' : ` by "${decision.rule}"`}`,
    ...decisionText(decision, zone),
    '',
    `asked: ${requestText(access, zone)}`,
    ...(required.length === 0 ? [] : ['', 'required of everybody', ...required.flatMap(always)]),
    ...rules.flatMap((rule) => [
      '',
      heading(rule),
      ...rule.conditions.flatMap(rule.effect === 'allow' ? always : inDeny),
    ]),
  ]
  return `${lines.join('\n')}\n`
}

/** Every key is there in every answer; what there is none of is null. Moments are epoch milliseconds. */
export function explanationJson(app: App, access: AccessRequest, { decision, required, rules }: Explanation): string {
  const { effect, rule, remedy, limits, validUntil, grant, monitored, observed = [] } = decision
  const reasons = decision.reasons.map((reason) => ({ ...reason, message: message(reason, 'en') }))
  const verdict = ({ state, reasons, remedy, until, grant }: Verdict) => ({ state, reasons, remedy, until, grant })
  const condition = (one: ConditionReport) => ({ ...one, verdict: verdict(one.verdict) })
  return json({
    app: app.name,
    at: access.now,
    decision: { effect, rule, reasons, remedy, limits, validUntil, grant, monitored, observed },
    required: required.map(condition),
    rules: rules.map((one) => ({
      ...one,
      verdict: verdict(one.verdict),
      conditions: one.conditions.map(condition),
    })),
  })
}

function decisionText({ reasons, remedy, limits, monitored, observed, validUntil }: Decision, zone: string): string[] {
  const sizes = Object.entries(limits).flatMap(([what, bytes]) => (bytes === undefined ? [] : `${what} ${bytes} bytes`))
  return [
    ...reasons.map(reasonText).map((line) => `  ${line}`),
    ...(remedy === undefined ? [] : [`  what helps: ${remedyText(remedy, zone)}`]),
    ...(sizes.length === 0 ? [] : [`  at most: ${sizes.join(', ')}`]),
    ...(monitored === undefined ? [] : [`  the app is in mode monitor: enforcement would answer ${monitored}`]),
    ...(observed ?? []).map(({ rule, effect }) => `  in mode monitor, so without a say: "${rule}" would ${effect}`),
    `  decided anew at ${moment(validUntil, zone)} at the latest`,
  ]
}

function remedyText(remedy: Remedy, zone: string): string {
  switch (remedy.kind) {
    case 'sign_in':
      return 'signing in'
    case 'step_up':
      return remedy.level === 'any' ? 'signing in again' : `signing in again with ${remedy.level.replace('_', '-')}`
    case 'request_access':
      return 'asking for access'
    case 'wait':
      return remedy.until === undefined ? 'nothing: it never opens' : `waiting until ${moment(remedy.until, zone)}`
    case 'use_other_device':
      return 'another device'
    case 'use_other_network':
      return 'another network'
    case 'ask_owner':
      return 'asking the owner of the app'
    case 'try_again':
      return 'trying again'
    default:
      return never(remedy)
  }
}

function requestText({ identity, network, device, grants, method, path, now }: AccessRequest, zone: string): string {
  const who = identity === undefined ? 'a stranger' : `${identity.subject.sub} of ${identity.subject.provider}`
  const names = [...network.names]
  const where = names.length === 0 ? 'no network' : names.join(', ')
  const what = device.state === 'known' ? `device ${device.posture.deviceId}` : 'no known device'
  const held = grants.length === 0 ? '' : `, with ${grants.length === 1 ? 'a grant' : `${grants.length} grants`}`
  return `${method} ${path} by ${who}, from ${network.address} (${where}), on ${what}${held}, at ${moment(now, zone)} (${zone})`
}

function heading({ rule, effect, mode, verdict, conditions }: RuleReport): string {
  const state = conditions.length === 0 ? 'met, it has no condition' : verdict.state
  return `${effect} "${rule}"${mode === 'monitor' ? ', mode monitor' : ''}: ${state}`
}

function always({ name, summary, verdict }: ConditionReport): string[] {
  const why = verdict.state === 'met' ? [] : verdict.reasons.map((reason) => `              ${reasonText(reason)}`)
  return [`  ${signs[verdict.state]} ${verdict.state.padEnd(9)} ${name}: ${summary}`, ...why]
}

/** Texts speak to somebody who is kept out: beside a deny that does not concern them they would mislead. */
function inDeny({ name, summary, verdict }: ConditionReport): string[] {
  const why = verdict.state === 'met' ? '' : ` (${verdict.reasons.map(({ code }) => code).join(', ')})`
  return [`  ${signs[verdict.state]} ${verdict.state.padEnd(9)} ${name}: ${summary}${why}`]
}

function reasonText(reason: Reason): string {
  return `${reason.code}: ${message(reason, 'en')}`
}
