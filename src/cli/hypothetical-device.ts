// `einlass explain --posture FILE`: reads a device posture in the normal form.

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { didYouMean } from '../config/load/problem.ts'
import { errorCode } from '../config/load/secret-references.ts'
import { attributeNames, isDeviceId, readPosture } from '../devices/posture.ts'
import type { AccessRequest } from '../policy/access-request.ts'
import { InvalidArgument, printableArgument } from './invalid-argument.ts'

const names: readonly string[] = ['device_id', 'source', 'observed_at', ...attributeNames]

/**
 * `{"device_id": "...", "managed": true, "os": {"name", "version"}, ...}`, with `observed_at` now by default. Throws
 * `InvalidArgument`.
 */
export function hypotheticalDevice(
  file: string | undefined,
  now: number,
  cwd: string,
  momentOf: (option: string, text: string) => number,
): AccessRequest['device'] {
  if (file === undefined) return { state: 'absent' }
  const bad = (why: string) => new InvalidArgument(`--posture: ${printableArgument(file)}: ${why}`)
  const facts = read(resolve(cwd, file), bad)
  for (const name of Object.keys(facts)) {
    // A misspelled attribute must not be ignored: it would count as unknown and change the decision.
    if (!names.includes(name)) throw bad(`unknown attribute ${printableArgument(name)}${didYouMean(name, names)}`)
  }
  const deviceId = facts['device_id'] ?? 'hypothetical'
  if (!isDeviceId(deviceId)) throw bad('device_id: expected letters, digits and . _ : @ + -, at most 128')
  const observed = facts['observed_at']
  const observedAt = observed === undefined ? now : momentOf('--posture: observed_at', String(observed))
  const source = String(facts['source'] ?? 'hypothetical')
  const { posture, unreadable } = readPosture(facts, { deviceId, source, observedAt })
  if (unreadable.length > 0) throw bad(`invalid value of ${unreadable.join(', ')}`)
  return { state: 'known', posture }
}

function read(path: string, bad: (why: string) => InvalidArgument): Readonly<Record<string, unknown>> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw bad(`cannot be read (${errorCode(cause)})`)
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw bad('not valid JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad('not a JSON object')
  return value as Readonly<Record<string, unknown>>
}
