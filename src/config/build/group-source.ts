// Builds where a provider's groups come from: the claim and its shape, and the directory beyond it (`groups_from`).

import { createPrivateKey } from 'node:crypto'
import type { GroupsClaim, ProviderSettings } from '../provider-settings.ts'
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
  requireKeys(check, at, ['service_account', 'admin'])
  if (google.service_account === undefined) return { groupsFrom: from }
  const key = serviceAccountKey(check, childPlace(at, 'service_account'), google.service_account)
  const settings = { account: key?.account ?? '', admin: google.admin ?? '' }
  return { groupsFrom: from, googleDirectory: settings, googleDirectoryKey: key?.pem }
}

/** The key file as Google writes it. RFC 7523 with RS256 is the only algorithm of service accounts. */
function serviceAccountKey(
  check: Diagnostics,
  place: Place,
  text: string,
): { readonly account: string; readonly pem: string } | undefined {
  check.secret(text)
  if (isLiteral(place)) check.warn(place, 'secret in clear text; use env:NAME or file:PATH')
  try {
    const { client_email: account, private_key: pem } = JSON.parse(text) as Readonly<Record<string, unknown>>
    if (typeof account === 'string' && typeof pem === 'string' && createPrivateKey(pem).asymmetricKeyType === 'rsa') {
      check.secret(pem)
      return { account, pem }
    }
  } catch {
    // Told below, as for a file with other content.
  }
  check.problem(place, 'expected the JSON key file of a service account (for a file write file:PATH)')
  return undefined
}
