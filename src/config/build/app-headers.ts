// Builds the identity map, the credentials and the constant request fields of an app, and tells which cannot be set.

import type {
  ConstantFields,
  IdentityAttribute,
  IdentityMap,
  IdentityPreset,
  UpstreamAuthorization,
} from '../forwarding-settings.ts'
import { fieldText } from '../header-names/field-text.ts'
import { normalizeName } from '../header-names/reserved-names.ts'
import { isIdentityName, requestFieldProblem } from '../header-names/settable-names.ts'
import { checkSecretValue } from './secret-values.ts'
import { concealValues } from '../load/secret-references.ts'
import type { HeadersInput } from '../schema/app-headers.ts'
import { childPlace, isLiteral, requireKeys, type Diagnostics, type Place } from './diagnostics.ts'

/** A preset, or the admin's own names with the attributes they carry. */
export function buildIdentity(
  check: Diagnostics,
  place: Place,
  written: HeadersInput['identity'],
): IdentityPreset | IdentityMap {
  if (written === undefined) return 'einlass'
  if (typeof written === 'string') return written
  const names = Object.keys(written)
  refuseNames(check, place, names, (name) => requestFieldProblem(name, 'identity'))
  return names.map((name) => [name, written[name] as IdentityAttribute] as const)
}

/** Undefined: the client's own Authorization passes. */
export function buildAuthorization(
  check: Diagnostics,
  place: Place,
  written: HeadersInput['authorization'],
): UpstreamAuthorization | undefined {
  if (written === undefined || written === 'none') return undefined
  if (written === 'assertion') return { kind: 'assertion' }
  requireKeys(check, place, ['basic'])
  if (written.basic === undefined) return undefined
  const at = childPlace(place, 'basic')
  requireKeys(check, at, ['user', 'password'])
  const { user, password } = written.basic
  if (user === undefined || password === undefined) return undefined
  // RFC 7617 2: the first colon ends the user name.
  if (user.includes(':') || /\p{Cc}/u.test(user)) {
    check.problem(childPlace(at, 'user'), 'must not contain a colon or control characters')
  }
  if (/\p{Cc}/u.test(password)) check.problem(childPlace(at, 'password'), 'must not contain control characters')
  const encoded = Buffer.from(`${user}:${password}`, 'utf8').toString('base64')
  checkSecretValue(check, childPlace(at, 'password'), password, 'password')
  check.secret(encoded)
  return concealValues({ kind: 'basic' as const, user, value: `Basic ${encoded}` }, ['value'])
}

/** Undefined when the app sets none. `identity`: no field may be set twice. */
export function buildRequestFields(
  check: Diagnostics,
  place: Place,
  written: HeadersInput['set'],
  identity: IdentityPreset | IdentityMap,
): ConstantFields | undefined {
  const names = Object.keys(written ?? {})
  if (written === undefined || names.length === 0) return undefined
  const ofMap = new Set(typeof identity === 'string' ? [] : identity.map(([name]) => normalizeName(name)))
  refuseNames(check, place, names, (name) => {
    const plain = normalizeName(name)
    if (ofMap.has(plain)) return '`headers.identity` sets it'
    const presets = typeof identity === 'string' && identity !== 'none'
    if (presets && isIdentityName(plain)) return `it is one of the identity headers; use \`headers.identity\``
    return requestFieldProblem(name, 'set')
  })
  return constantFields(check, place, written)
}

/** Told at its key: names that cannot be set, and one name in two spellings. */
export function refuseNames(
  check: Diagnostics,
  place: Place,
  names: readonly string[],
  problemOf: (name: string) => string | undefined,
): void {
  const seen = new Map<string, string>()
  for (const name of names) {
    const plain = normalizeName(name)
    const [why, other] = [problemOf(name), seen.get(plain)]
    if (why !== undefined) check.problem(childPlace(place, name), `${name} cannot be set: ${why}`, 'key')
    else if (other !== undefined) {
      check.problem(childPlace(place, name), `${name} and ${other} are one name to many applications`, 'key')
    }
    seen.set(plain, name)
  }
}

/** Values are never shown: they may be secrets. */
export function constantFields(
  check: Diagnostics,
  place: Place,
  written: Readonly<Record<string, string>>,
): ConstantFields {
  const names = Object.keys(written)
  const values = names.map((name) => {
    const at = childPlace(place, name)
    const value = fieldText(written[name]!)
    if (value === undefined) {
      check.problem(at, 'no value of a header field: it has control characters, or white space at its ends')
    }
    const literal = isLiteral(at)
    if (literal && /(^|[-_])(api-?key|key|token|secret|password)$/i.test(name)) {
      check.warn(at, 'secret in clear text; use env:NAME or file:PATH')
    }
    if (!literal && value !== undefined) check.secret(value)
    return value ?? ''
  })
  return concealValues({ names, values }, ['values'])
}
