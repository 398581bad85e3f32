// Prints an explanation as text for a terminal, or as JSON.

import type { App } from '../config/configuration.ts'
import type { AccessRequest } from '../policy/access-request.ts'
import type { Decision, Reason, Remedy } from '../policy/decision.ts'
import type { ConditionReport, Explanation, RuleReport } from '../policy/explain.ts'
import type { Verdict } from '../policy/policy.ts'
import { message } from '../policy/reasons.ts'
import { json } from './json.ts'
import { formatTime } from './table.ts'
import { unknownCause } from './unknown-cause.ts'
import { never } from '../policy/never.ts'

const signs: Readonly<Record<Verdict['state'], string>> = { met: '✓', unmet: '✗', unknown: '?' }

/**
 * `zone`: IANA name, for all times. `beforePolicy`: the decision was made before any rule was evaluated. `sentAgain`: a form of
 * another site, which a page of ours sends again.
 */
export function explanationText(
  app: App,
  access: AccessRequest,
  explanation: Explanation,
  zone: string,
  { beforePolicy, sentAgain }: { readonly beforePolicy: boolean; readonly sentAgain: boolean },
): string {
  const { decision, required, rules, of } = explanation
  const lines = [
    `${app.name}: ${decision.effect.toUpperCase()}${decision.rule === undefined ? '' : ` by "${decision.rule}"`}`,
    ...decisionText(decision, zone),
    ...(sentAgain
      ? ['  cross_site_posts: a form from there is sent again by a page of ours, then decided so; a script is refused']
      : []),
    ...(beforePolicy ? ['  decided before any rule: the conditions below had no influence'] : []),
    '',
    `request: ${requestText(access, zone)}`,
    ...(of === undefined ? [] : [`the conditions below are about the ${of}; access to both paths must be allowed`]),
    ...(required.length === 0 ? [] : ['', 'required by every allow', ...required.flatMap(conditionLines)]),
    ...rules.flatMap((rule) => [
      '',
      heading(rule),
      ...rule.conditions.flatMap(rule.effect === 'allow' ? conditionLines : denyConditionLines),
    ]),
  ]
  return `${lines.join('\n')}\n`
}

/** One JSON object with the same keys in every answer; absent values are null. Times in epoch milliseconds. */
export function explanationJson(
  app: App,
  access: AccessRequest,
  { decision, required, rules, of }: Explanation,
  sentAgain: boolean,
): string {
  const { effect, rule, remedy, limits, validUntil, grant, monitored, observed = [] } = decision
  const reasons = decision.reasons.map((reason) => ({ ...reason, message: message(reason, 'en') }))
  const verdict = ({ state, reasons, remedy, until, grant }: Verdict) => ({ state, reasons, remedy, until, grant })
  const condition = (one: ConditionReport) => ({ ...one, verdict: verdict(one.verdict) })
  return json({
    app: app.name,
    at: access.now,
    decision: { effect, rule, reasons, remedy, limits, validUntil, grant, monitored, observed },
    of,
    formSentAgain: sentAgain,
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
    ...(remedy === undefined ? [] : [`  remedy: ${remedyText(remedy, zone)}`]),
    ...(sizes.length === 0 ? [] : [`  at most: ${sizes.join(', ')}`]),
    ...(monitored === undefined ? [] : [`  the app is in mode monitor: enforced, the decision would be ${monitored}`]),
    ...(observed ?? []).map(({ rule, effect }) => `  in mode monitor, not enforced: "${rule}" would ${effect}`),
    `  valid until ${formatTime(validUntil, zone)} at the latest`,
  ]
}

function remedyText(remedy: Remedy, zone: string): string {
  switch (remedy.kind) {
    case 'sign_in':
      return 'signing in'
    case 'step_up':
      return remedy.level === 'any' ? 'signing in again' : `signing in again with ${remedy.level.replace('_', '-')}`
    case 'request_access':
      return 'requesting access'
    case 'wait':
      return remedy.until === undefined
        ? 'none: the schedule never opens'
        : `waiting until ${formatTime(remedy.until, zone)}`
    case 'use_other_device':
      return 'using another device'
    case 'use_other_network':
      return 'using another network'
    case 'ask_owner':
      return 'contacting the owner of the app'
    case 'try_again':
      return 'trying again'
    default:
      return never(remedy)
  }
}

function requestText(
  { identity, network, device, grants, method, path, destination, now }: AccessRequest,
  zone: string,
): string {
  const who = identity === undefined ? 'an anonymous user' : `${identity.subject.sub} of ${identity.subject.provider}`
  const names = [...network.names]
  const where = names.length === 0 ? 'no network' : names.join(', ')
  const from = network.address === undefined ? 'an unknown address' : `${network.address} (${where})`
  const what = device.state === 'known' ? `device ${device.posture.deviceId}` : 'no known device'
  const held = grants.length === 0 ? '' : `, with ${grants.length === 1 ? 'a grant' : `${grants.length} grants`}`
  const to = destination === undefined ? '' : ` to ${destination}`
  return `${method} ${path}${to} by ${who}, from ${from}, on ${what}${held}, at ${formatTime(now, zone)} (${zone})`
}

function heading({ rule, effect, mode, verdict, conditions }: RuleReport): string {
  const state = conditions.length === 0 ? 'met, no conditions' : verdict.state
  return `${effect} "${rule}"${mode === 'monitor' ? ', mode monitor' : ''}: ${state}`
}

function conditionLines({ name, summary, verdict }: ConditionReport): string[] {
  const why = verdict.state === 'met' ? [] : verdict.reasons.map((reason) => `              ${reasonText(reason)}`)
  return [`  ${signs[verdict.state]} ${verdict.state.padEnd(9)} ${name}: ${summary}`, ...why, ...unknownLines(verdict)]
}

/** Reason codes only: the texts address a denied user, and would mislead beside a deny rule that does not match. */
function denyConditionLines({ name, summary, verdict }: ConditionReport): string[] {
  const why = verdict.state === 'met' ? '' : ` (${verdict.reasons.map(({ code }) => code).join(', ')})`
  return [`  ${signs[verdict.state]} ${verdict.state.padEnd(9)} ${name}: ${summary}${why}`, ...unknownLines(verdict)]
}

function unknownLines({ state, reasons }: Verdict): string[] {
  if (state !== 'unknown') return []
  const causes = new Set(reasons.flatMap((reason) => unknownCause(reason) ?? []))
  return [...causes].map((cause) => `              unknown because ${cause}`)
}

function reasonText(reason: Reason): string {
  return `${reason.code}: ${message(reason, 'en')}`
}
