// Builds networks, roles, device postures and posture sources: the objects that rules refer to by name.

import type { Configuration, PostureSourceSettings, RoleSettings } from '../configuration.ts'
import type { PostureRequirement } from '../../policy/device.ts'
import { foldAddress } from '../../net/domain-names.ts'
import type { MainInput } from '../schema/schema.ts'
import type { Diagnostics, Place } from './diagnostics.ts'
import { requireKeys, childPlace, isLiteral } from './diagnostics.ts'
import { checkUserEntries } from './email-domains.ts'
import { cidrs } from './gateway.ts'
import { concealValues } from '../load/secret-references.ts'
import { absolute, checkFile } from './tls-files.ts'
import { warnAboutAddresses, type AddressRules } from './vouched-addresses.ts'

const day = 24 * 60 * 60 * 1000

export function buildNetworks(check: Diagnostics, place: Place, input: MainInput['networks']): Map<string, string[]> {
  return mapOf(input, (name, list) => cidrs(check, childPlace(place, name), list, 'accept everything'))
}

export function buildRoles(
  check: Diagnostics,
  place: Place,
  input: MainInput['roles'],
  addresses: AddressRules | undefined,
): Map<string, RoleSettings> {
  return mapOf(input, (name, role) => {
    if (
      role.groups === undefined &&
      role.users === undefined &&
      !place.file.tree.existedOriginally([...place.path, name, 'groups'])
    ) {
      check.warn(childPlace(place, name), 'no user has this role: it has neither groups nor users', 'key')
    }
    const users = (role.users ?? []).map(normalUser)
    checkUserEntries(check, childPlace(place, name, 'users'), role.users, 'list each person')
    warnAboutAddresses(check, childPlace(place, name, 'users'), users, addresses)
    return { groups: role.groups ?? [], users }
  })
}

export async function buildDevices(
  check: Diagnostics,
  place: Place,
  input: MainInput['devices'],
  networks: ReadonlyMap<string, readonly string[]>,
): Promise<Configuration['devices']> {
  const postures = mapOf(input?.postures, (name, posture): PostureRequirement => ({
    name,
    compliant: posture.compliant,
    managed: posture.managed,
    diskEncrypted: posture.disk_encrypted,
    firewall: posture.firewall,
    screenLock: posture.screen_lock,
    antivirus: posture.antivirus,
    os: posture.os,
    riskAtMost: posture.risk_at_most,
    maxAge: posture.max_age ?? day,
    whenUnknown: posture.when_unknown ?? 'deny',
  }))
  const sources: PostureSourceSettings[] = []
  for (const [index, source] of (input?.sources ?? []).entries()) {
    const at = childPlace(place, 'sources', index)
    requireKeys(check, at, ['kind'])
    const built = await buildSource(check, at, source, networks)
    if (built === undefined) continue
    if (sources.some((other) => other.name === built.name)) {
      check.problem(at, `duplicate source name "${built.name}"`)
    }
    sources.push(built)
  }
  return { sources, postures }
}

/** Normalises e-mail addresses as in the subject: lower case, NFC, ASCII domain; returns `provider|sub` unchanged. */
export function normalUser(user: string): string {
  const at = user.indexOf('|mailto:')
  if (at >= 0) return user.slice(0, at) + foldAddress(user.slice(at))
  return user.includes('|') ? user : foldAddress(user)
}

type SourceInput = NonNullable<NonNullable<MainInput['devices']>['sources']>[number]

const keysOfKind: Readonly<Record<string, readonly string[]>> = {
  trusted_header: ['style', 'networks', 'secret', 'tolerance'],
  signed_jwt: ['keys'],
  inventory: ['file'],
}

async function buildSource(
  check: Diagnostics,
  place: Place,
  input: SourceInput,
  networks: ReadonlyMap<string, readonly string[]>,
): Promise<PostureSourceSettings | undefined> {
  const kind = input.kind
  if (kind === undefined) return undefined
  const allowed = keysOfKind[kind]
  if (allowed === undefined) {
    check.problem(childPlace(place, 'kind'), `${kind} is not available yet`)
    return undefined
  }
  for (const key of Object.keys(input)) {
    if (key !== 'kind' && key !== 'name' && !allowed.includes(key)) {
      check.problem(childPlace(place, key), `not a key of a source of kind ${kind}`, 'key')
    }
  }
  const name = input.name ?? kind
  if (kind === 'trusted_header') return buildTrustedHeader(check, place, input, name, networks)
  if (kind === 'signed_jwt') {
    requireKeys(check, place, ['keys'])
    if (input.keys === undefined) return undefined
    const content = await checkFile(check, childPlace(place, 'keys'), input.keys)
    if (content !== undefined && !isKeySet(content))
      check.problem(childPlace(place, 'keys'), 'expected a JWK Set: {"keys": [...]}')
    return { kind: 'signed_jwt', name, keys: absolute(place, input.keys) }
  }
  requireKeys(check, place, ['file'])
  if (input.file === undefined) return undefined
  await checkFile(check, childPlace(place, 'file'), input.file)
  return { kind: 'inventory', name, file: absolute(place, input.file) }
}

/** Posture headers are accepted from authenticated senders only: both address and signature are required. */
function buildTrustedHeader(
  check: Diagnostics,
  place: Place,
  input: SourceInput,
  name: string,
  networks: ReadonlyMap<string, readonly string[]>,
): PostureSourceSettings {
  requireKeys(check, place, ['networks', 'secret'])
  if (input.style !== undefined && input.style !== 'einlass') {
    check.problem(childPlace(place, 'style'), `${input.style} is not available yet`)
  }
  if (input.secret !== undefined) {
    check.secret(input.secret)
    if (isLiteral(childPlace(place, 'secret')))
      check.warn(childPlace(place, 'secret'), 'secret in clear text; use env:NAME or file:PATH')
    if (input.secret.length < 32) check.problem(childPlace(place, 'secret'), 'must have at least 32 characters')
  }
  const tolerance = input.tolerance ?? 60_000
  if (tolerance < 1000 || tolerance > 3_600_000) check.problem(childPlace(place, 'tolerance'), 'must be from 1s to 1h')
  return concealValues(
    {
      kind: 'trusted_header',
      name,
      style: 'einlass',
      networks: cidrs(check, childPlace(place, 'networks'), input.networks, 'refuse everything', networks),
      secret: input.secret ?? '',
      tolerance,
    },
    ['secret'],
  )
}

/** JWK Set, RFC 7517 section 5. */
function isKeySet(content: Buffer): boolean {
  try {
    const parsed: unknown = JSON.parse(content.toString('utf8'))
    return Array.isArray((parsed as { keys?: unknown } | null)?.keys)
  } catch {
    return false
  }
}

function mapOf<In, Out>(input: Readonly<Record<string, In>> | undefined, build: (name: string, value: In) => Out) {
  return new Map(Object.entries(input ?? {}).map(([name, value]): [string, Out] => [name, build(name, value)]))
}
