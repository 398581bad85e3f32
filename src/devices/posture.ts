// Device posture: parses facts of a source, compares them, and merges several sources per attribute. Pure.

import { foldAddress } from '../net/domain-names.ts'
import { compareVersions } from '../policy/conditions/device.ts'
import { riskLevels, type Fact, type Posture, type RiskLevel } from '../policy/device.ts'

export interface PostureOrigin {
  readonly deviceId: string
  readonly source: string
  /** Epoch milliseconds. */
  readonly observedAt: number
}

/** Attribute names in tokens and inventories. */
export const attributeNames = [
  'managed',
  'owner',
  'compliant',
  'disk_encrypted',
  'os',
  'screen_lock',
  'firewall',
  'antivirus',
  'risk',
] as const
export type AttributeName = (typeof attributeNames)[number]

/** True for an id that needs no quoting in store keys and logs. */
export function isDeviceId(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9][A-Za-z0-9._:@+-]{0,127}$/.test(value)
}

/**
 * Parses the facts of one source. Invalid values count as unknown and are listed in `unreadable`; the source decides
 * whether to reject all. `antivirus` is `{present, healthy}` or one of `healthy unhealthy present absent`; `os` is
 * `{name, version}`.
 */
export function readPosture(
  facts: Readonly<Record<string, unknown>>,
  about: PostureOrigin,
): { readonly posture: Posture; readonly unreadable: readonly string[] } {
  const unreadable: string[] = []
  const read = <T>(name: AttributeName, as: (value: unknown) => T | undefined): T | undefined => {
    const value = Object.hasOwn(facts, name) ? facts[name] : undefined
    if (value === undefined || value === null || value === '') return undefined
    const fact = as(value)
    if (fact === undefined) unreadable.push(name)
    return fact
  }
  const posture: Posture = {
    deviceId: about.deviceId,
    source: about.source,
    observedAt: about.observedAt,
    managed: read('managed', asFact),
    owner: read('owner', asOwner),
    compliant: read('compliant', asFact),
    diskEncrypted: read('disk_encrypted', asFact),
    os: read('os', asSystem),
    screenLock: read('screen_lock', asFact),
    firewall: read('firewall', asFact),
    antivirus: read('antivirus', asAntivirus),
    risk: read('risk', asRisk),
  }
  return { posture, unreadable }
}

/** Equal for postures with the same facts, whatever their source and time. */
export function factsKey(posture: Posture): string {
  const { managed, owner, compliant, diskEncrypted, os, screenLock, firewall, antivirus, risk } = posture
  const facts = [managed, owner, compliant, diskEncrypted, os?.name, os?.version, screenLock, firewall]
  return JSON.stringify([...facts, antivirus?.present, antivirus?.healthy, risk].map((fact) => fact ?? null))
}

export interface Conflict {
  readonly attribute: AttributeName
  /** `source=value` of each source with a value. */
  readonly values: readonly string[]
}

/**
 * Merges one posture per source, all of one device, in order of trust. Per attribute: the value; where sources agree,
 * the newest observation counts; where they conflict, the worse value.
 * `observedAt` is that of the oldest attribute used, so that one recent fact does not make old ones look recent.
 */
export function mergePostures(postures: readonly [Posture, ...Posture[]]): {
  readonly posture: Posture
  readonly conflicts: readonly Conflict[]
} {
  const conflicts: Conflict[] = []
  let oldest = Infinity
  const merge = <T extends {}>(
    attribute: AttributeName,
    of: (posture: Posture) => T | undefined,
    worse: (one: T, other: T) => T,
    show: (value: T) => string = String,
  ): T | undefined => {
    const known = postures.flatMap((posture) => {
      const value = of(posture)
      return value === undefined ? [] : [{ posture, value, shown: show(value) }]
    })
    if (known.length === 0) return undefined
    const value = known.map(({ value }) => value).reduce(worse)
    const shown = show(value)
    const agreeing = known.filter((one) => one.shown === shown)
    if (known.some((one) => one.shown !== known[0]!.shown) && !conflicts.some((one) => one.attribute === attribute)) {
      conflicts.push({ attribute, values: known.map(({ posture, shown }) => `${posture.source}=${shown}`) })
    }
    const said = agreeing.length > 0 ? agreeing : known
    oldest = Math.min(oldest, Math.max(...said.map(({ posture }) => posture.observedAt)))
    return value
  }

  const [first] = postures
  const both = (one: boolean, other: boolean) => one && other
  const merged = {
    managed: merge('managed', ({ managed }) => managed, both),
    owner: merge('owner', ({ owner }) => owner, severalOwners),
    compliant: merge('compliant', ({ compliant }) => compliant, both),
    diskEncrypted: merge('disk_encrypted', ({ diskEncrypted }) => diskEncrypted, both),
    os: merge(
      'os',
      ({ os }) => os,
      worseOs,
      ({ name, version }) => `${name} ${version}`,
    ),
    screenLock: merge('screen_lock', ({ screenLock }) => screenLock, both),
    firewall: merge('firewall', ({ firewall }) => firewall, both),
    risk: merge('risk', ({ risk }) => risk, worseRisk),
  }
  const present = merge(
    'antivirus',
    ({ antivirus }) => antivirus?.present,
    both,
    (value) => `present ${value}`,
  )
  const healthy = merge(
    'antivirus',
    ({ antivirus }) => antivirus?.healthy,
    both,
    (value) => `healthy ${value}`,
  )
  return {
    posture: {
      deviceId: first.deviceId,
      source: [...new Set(postures.map(({ source }) => source))].join('+'),
      observedAt: oldest === Infinity ? Math.min(...postures.map(({ observedAt }) => observedAt)) : oldest,
      ...merged,
      antivirus: present === undefined && healthy === undefined ? undefined : { present, healthy },
    },
    conflicts,
  }
}

const noOwner = ' and '

/** Conflicting owners give a combined name that matches no user. */
function severalOwners(one: string, other: string): string {
  return [...new Set([...one.split(noOwner), ...other.split(noOwner)])].sort().join(noOwner)
}

/** Different systems: a combined name that no requirement lists. Otherwise the lower version, an unparsable one first. */
function worseOs(one: OperatingSystem, other: OperatingSystem): OperatingSystem {
  if (one.name !== other.name) {
    return { name: [...new Set([...one.name.split('+'), ...other.name.split('+')])].sort().join('+'), version: '0' }
  }
  const order = compareVersions(one.version, other.version)
  if (order !== undefined && order !== 0) return order < 0 ? one : other
  const readable = (version: string) => compareVersions(version, version) !== undefined
  if (readable(one.version) !== readable(other.version)) return readable(one.version) ? other : one
  return one.version <= other.version ? one : other
}

function worseRisk(one: RiskLevel, other: RiskLevel): RiskLevel {
  return riskLevels.indexOf(one) >= riskLevels.indexOf(other) ? one : other
}

type OperatingSystem = NonNullable<Posture['os']>

/** Only booleans, `true` and `false`; everything else is unknown. */
function asFact(value: unknown): Fact {
  if (typeof value === 'boolean') return value
  return value === 'true' ? true : value === 'false' ? false : undefined
}

function asOwner(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > 320) return undefined
  const owner = value.normalize('NFC').trim().toLowerCase()
  return owner.includes('|') && !owner.includes('|mailto:') ? owner : foldAddress(owner)
}

function asRisk(value: unknown): RiskLevel | undefined {
  return riskLevels.find((level) => level === value)
}

function asSystem(value: unknown): OperatingSystem | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { name, version } = value as { name?: unknown; version?: unknown }
  if (typeof name !== 'string' || typeof version !== 'string' || !/^[\w .-]{1,64}$/.test(name)) return undefined
  return /^[\w .:()-]{1,64}$/.test(version) ? { name: systemName(name), version } : undefined
}

function systemName(name: string): string {
  const plain = name.trim().toLowerCase()
  return plain === 'darwin' || plain === 'mac os x' || plain === 'mac os' ? 'macos' : plain
}

function asAntivirus(value: unknown): Posture['antivirus'] {
  switch (value) {
    case 'healthy':
      return { present: true, healthy: true }
    case 'unhealthy':
      return { present: true, healthy: false }
    case 'present':
      return { present: true, healthy: undefined }
    case 'absent':
      return { present: false, healthy: false }
    // open: not a keyword, perhaps an object
    default:
      break
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { present, healthy } = value as { present?: unknown; healthy?: unknown }
  const facts = { present: asFact(present), healthy: asFact(healthy) }
  const invalid = (given: unknown, fact: Fact) => given !== undefined && given !== null && fact === undefined
  return invalid(present, facts.present) || invalid(healthy, facts.healthy) ? undefined : facts
}
