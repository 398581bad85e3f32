// `--posture FILE` of `einlass explain`: a device as its posture says, in the one normal form.

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { didYouMean } from '../config/load/problem.ts'
import { errorCode } from '../config/load/secret-references.ts'
import { attributeNames, isDeviceId, readPosture } from '../devices/posture.ts'
import type { AccessRequest } from '../policy/access-request.ts'
import { InvalidArgument, checkedArgument } from './invalid-argument.ts'

const names: readonly string[] = ['device_id', 'source', 'observed_at', ...attributeNames]

/** `{"device_id": "...", "managed": true, "os": {"name", "version"}, ...}`, observed now unless it says when. */
export function hypotheticalDevice(
  file: string | undefined,
  now: number,
  cwd: string,
  momentOf: (option: string, text: string) => number,
): AccessRequest['device'] {
  if (file === undefined) return { state: 'absent' }
  const bad = (why: string) => new InvalidArgument(`--posture: ${checkedArgument(file)}: ${why}`)
  const facts = read(resolve(cwd, file), bad)
  for (const name of Object.keys(facts)) {
    // Read over, a fact with a slip in its name would be unknown, and the answer another one.
    if (!names.includes(name)) throw bad(`there is no ${checkedArgument(name)}${didYouMean(name, names)}`)
  }
  const deviceId = facts['device_id'] ?? 'supposed'
  if (!isDeviceId(deviceId)) throw bad('device_id: write letters, digits and . _ : @ + -, at most 128')
  const observed = facts['observed_at']
  const observedAt = observed === undefined ? now : momentOf('--posture: observed_at', String(observed))
  const source = String(facts['source'] ?? 'supposed')
  const { posture, unreadable } = readPosture(facts, { deviceId, source, observedAt })
  if (unreadable.length > 0) throw bad(`cannot read ${unreadable.join(', ')}`)
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
    throw bad('is no JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad('is no JSON object')
  return value as Readonly<Record<string, unknown>>
}
