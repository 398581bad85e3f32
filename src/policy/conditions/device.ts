// Condition `device`: compares the device posture with a posture requirement, and its age with `max_age`.

import { isRead, readProbe } from '../request-class.ts'
import { riskLevels, type Fact, type Posture, type PostureRequirement, type RiskLevel } from '../device.ts'
import type { Reason } from '../decision.ts'
import type { Verdict } from '../policy.ts'
import { PolicyInvalid, type Compiled, type CompileContext } from '../compile-context.ts'
import { met, metUntil, unknown, unmet } from './verdict.ts'

/** Tolerated clock skew in milliseconds; an observation further in the future counts as stale. */
const clockSkew = 300_000

const otherDevice = { kind: 'use_other_device' } as const
const tryAgain = { kind: 'try_again' } as const

/**
 * A fact with the wrong value is unmet, a missing one unknown; neither passes. With `when_unknown: read_only` an
 * unknown, absent or stale posture passes for reading; an unreachable source never does (fail closed).
 */
export function device(name: string, context: CompileContext): Compiled {
  const required = context.vocabulary.postures.get(name)
  if (required === undefined) throw new PolicyInvalid(`there is no posture ${name}`)
  const lenient = required.whenUnknown === 'read_only'
  const reason = (code: Reason['code'], more?: Record<string, string>) =>
    context.reason(code, { posture: name, ...more })
  const checks = checksOf(required, reason)
  const stale = reason('device_stale')
  const unclear = (reasons: Reason | readonly Reason[], read: boolean, until = Infinity): Verdict => {
    if (!lenient) return unknown(reasons, otherDevice, until)
    if (read) return until === Infinity ? met : metUntil(until)
    return unknown([reason('read_only')].concat(reasons), otherDevice, until)
  }
  const [absentRead, absentWrite] = [true, false].map((read) => unclear(reason('device_unknown'), read))
  // Nothing is known about the device in use: its facts were not looked at.
  const mismatch = unknown(reason('device_mismatch'), otherDevice)
  const unreachable = unknown(reason('posture_unreachable'), tryAgain)

  return {
    name: 'device',
    summary: name,
    probes: lenient ? [readProbe] : [],
    evaluate({ device, method, now }) {
      const read = isRead(method)
      if (device.state === 'mismatch') return mismatch
      if (device.state === 'unreachable') return unreachable
      if (device.state === 'absent') return read ? absentRead! : absentWrite!

      const { posture } = device
      const wrong: Reason[] = []
      const missing: Reason[] = []
      for (const check of checks) {
        const fact = check.fact(posture)
        if (fact === undefined) missing.push(check.missing)
        else if (!fact) wrong.push(check.wrong(posture))
      }
      // A known violation counts regardless of the age of the posture.
      if (wrong.length > 0) return unmet(wrong, otherDevice)
      if (now < posture.observedAt - clockSkew) return unclear(stale, read, posture.observedAt - clockSkew)
      const until = posture.observedAt + required.maxAge
      if (!(now < until)) return unclear(stale, read)
      return missing.length > 0 ? unclear(missing, read, until) : metUntil(until)
    },
  }
}

/** No source supplies a risk score of the request yet, so the verdict is always unknown. */
export function riskAtMost(level: RiskLevel, context: CompileContext): Compiled {
  const verdict = unknown(context.reason('risk_too_high'), { kind: 'ask_owner' })
  return { name: 'risk', summary: `at most ${level}`, probes: [], evaluate: () => verdict }
}

interface Check {
  fact(posture: Posture): Fact
  readonly missing: Reason
  wrong(posture: Posture): Reason
}

type Explain = (code: Reason['code'], more?: Record<string, string>) => Reason

function checksOf(required: PostureRequirement, reason: Explain): readonly Check[] {
  const checks: Check[] = []
  const add = (attribute: string, fact: Check['fact'], wrong?: Check['wrong']) => {
    const violation = reason('device_not_compliant', { attribute })
    checks.push({ fact, missing: reason('device_unknown', { attribute }), wrong: wrong ?? (() => violation) })
  }
  const flag = (attribute: string, wanted: boolean | undefined, fact: Check['fact']) => {
    if (wanted === undefined) return
    add(attribute, (posture) => {
      const known = fact(posture)
      return known === undefined ? undefined : known === wanted
    })
  }
  const { compliant, os, antivirus, riskAtMost } = required
  if (compliant !== 'any') {
    const reported = reason('device_reported_noncompliant')
    const passes = compliant === true ? undefined : true
    add(
      'compliant',
      (posture) => posture.compliant ?? passes,
      () => reported,
    )
  }
  flag('managed', required.managed, (posture) => posture.managed)
  flag('disk_encrypted', required.diskEncrypted, (posture) => posture.diskEncrypted)
  flag('firewall', required.firewall, (posture) => posture.firewall)
  flag('screen_lock', required.screenLock, (posture) => posture.screenLock)
  if (antivirus !== undefined) add('antivirus', (posture) => satisfiesAntivirus(posture.antivirus, antivirus))
  if (os !== undefined) {
    const minimum = new Map(Object.entries(os).map(([system, version]) => [system.toLowerCase(), version]))
    add('os', (posture) => satisfiesMinimumOs(posture.os, minimum), outdatedOs(minimum, reason))
  }
  if (riskAtMost !== undefined) {
    const max = riskLevels.indexOf(riskAtMost)
    const tooHigh = reason('risk_too_high')
    const fact = ({ risk }: Posture) => (risk === undefined ? undefined : riskLevels.indexOf(risk) <= max)
    add('risk', fact, () => tooHigh)
  }
  return checks
}

function satisfiesAntivirus(antivirus: Posture['antivirus'], wanted: 'present' | 'healthy'): Fact {
  if (antivirus === undefined) return undefined
  if (antivirus.present === false) return false
  return wanted === 'present' ? (antivirus.present ?? (antivirus.healthy || undefined)) : antivirus.healthy
}

/** An operating system that is not listed is not accepted; an unparsable version is unknown. */
function satisfiesMinimumOs(os: Posture['os'], minimum: ReadonlyMap<string, string>): Fact {
  if (os === undefined) return undefined
  const min = minimum.get(os.name.toLowerCase())
  if (min === undefined) return false
  const order = compareVersions(os.version, min)
  return order === undefined ? undefined : order >= 0
}

function outdatedOs(minimum: ReadonlyMap<string, string>, reason: Explain): Check['wrong'] {
  return ({ os }) => {
    const min = minimum.get(os?.name.toLowerCase() ?? '')
    if (os === undefined || min === undefined) return reason('device_not_compliant', { attribute: 'os' })
    return reason('os_too_old', { system: os.name, version: os.version, minimum: min })
  }
}

/** Compares dotted numbers; a missing part is 0. Undefined when either version has another form. */
export function compareVersions(left: string, right: string): number | undefined {
  if (!/^\d{1,9}(\.\d{1,9})*$/.test(left) || !/^\d{1,9}(\.\d{1,9})*$/.test(right)) return undefined
  const [a, b] = [left.split('.').map(Number), right.split('.').map(Number)]
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
