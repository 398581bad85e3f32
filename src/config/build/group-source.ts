// Builds where a provider's groups come from: the claim and its shape, and the directory beyond it (`groups_from`).

import { createPrivateKey } from 'node:crypto'
import type { GroupsClaim, ProviderSettings } from '../configuration.ts'
import type { MainInput } from '../schema/schema.ts'
import type { Diagnostics, Place } from './diagnostics.ts'
import { childPlace, isLiteral, requireKeys } from './diagnostics.ts'

type ProviderInput = NonNullable<NonNullable<MainInput['identity']>['providers']>[string]

/** A name alone is a claim that holds a list, unless it is left to the preset. */
export function buildGroupsClaim(
  check: Diagnostics,
  place: Place,
  input: NonNullable<ProviderInput['claims']>['groups'],
  preset: GroupsClaim,
): GroupsClaim {
  if (input === undefined) return preset
  if (typeof input === 'string') return { claim: input, shape: 'list', field: undefined }
  const own = input.claim === undefined
  const shape = input.shape ?? (own && input.field === undefined ? preset.shape : 'list')
  if (input.field !== undefined && shape !== 'list' && shape !== 'path') {
    check.problem(childPlace(place, 'field'), `applies to shape: list and shape: path, not to ${shape}`, 'key')
  }
  return { claim: input.claim ?? preset.claim, shape, field: input.field }
}

type Directory = Pick<ProviderSettings, 'groupsFrom' | 'googleDirectory' | 'googleDirectoryKey'>

export function buildGroupSource(check: Diagnostics, place: Place, input: ProviderInput): Directory {
  const { groups_from: from = 'token', google_directory: google, kind } = input
  if (from === 'graph' && kind !== 'entra') {
    check.problem(childPlace(place, 'groups_from'), '`graph` applies to `kind: entra` only')
  }
  if (from === 'google_directory' && kind !== 'google') {
    check.problem(childPlace(place, 'groups_from'), '`google_directory` applies to `kind: google` only')
  }
  const at = childPlace(place, 'google_directory')
  if (from !== 'google_directory') {
    if (google !== undefined) check.problem(at, 'has no effect without `groups_from: google_directory`', 'key')
    return { groupsFrom: from }
  }
  if (google === undefined) {
    check.problem(childPlace(place, 'groups_from'), '`google_directory` needs the key `google_directory` beside it')
    return { groupsFrom: from }
  }
  requireKeys(check, at, ['service_account', 'key', 'admin'])
  if (google.key !== undefined) checkKey(check, childPlace(at, 'key'), google.key)
  const settings = { account: google.service_account ?? '', admin: google.admin ?? '' }
  return { groupsFrom: from, googleDirectory: settings, googleDirectoryKey: google.key }
}

/** RFC 7523 with RS256, the only algorithm of Google's service accounts. */
function checkKey(check: Diagnostics, place: Place, pem: string): void {
  check.secret(pem)
  if (isLiteral(place)) check.warn(place, 'secret in clear text; use env:NAME or file:PATH')
  try {
    if (createPrivateKey(pem).asymmetricKeyType === 'rsa') return
  } catch {
    // Told below, as for a key of another type.
  }
  check.problem(place, 'expected an RSA private key in PEM format: `private_key` of the JSON key file')
}
