// Posture in its one normal form: read from what sources write, compared, and merged from several of them. Pure.

import { compareVersions } from '../policy/conditions/device.ts'
import { riskLevels, type Fact, type Posture, type RiskLevel } from '../policy/device.ts'

export interface PostureOrigin {
  readonly deviceId: string
  readonly source: string
  /** Epoch milliseconds. */
  readonly observedAt: number
}

/** The attributes by their names in tokens and inventories. */
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

/** Names a device in stores, logs and keys; nothing that would need quoting anywhere. */
export function isDeviceId(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9][A-Za-z0-9._:@+-]{0,127}$/.test(value)
}

/**
 * What cannot be read is unknown, and named in `unreadable`: a source decides whether that spoils everything it said.
 * `antivirus` is `{present, healthy}` or one of `healthy unhealthy present absent`; `os` is `{name, version}`.
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

/** Equal for postures that say the same, whoever said it and when. */
export function factsKey(posture: Posture): string {
  const { managed, owner, compliant, diskEncrypted, os, screenLock, firewall, antivirus, risk } = posture
  const facts = [managed, owner, compliant, diskEncrypted, os?.name, os?.version, screenLock, firewall]
  return JSON.stringify([...facts, antivirus?.present, antivirus?.healthy, risk].map((fact) => fact ?? null))
}

export interface Conflict {
  readonly attribute: AttributeName
  /** `source=value` of each source that said something. */
  readonly said: readonly string[]
}

/**
 * Sources in order of trust, one posture each, all of one device. For each attribute: what is known; where sources
 * agree, the newest observation of it counts; where they contradict each other, the worse value.
 * `observedAt` is that of the oldest attribute used, so that one fresh fact does not make old ones look fresh.
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
    const saying = known.filter((one) => one.shown === shown)
    if (known.some((one) => one.shown !== known[0]!.shown) && !conflicts.some((one) => one.attribute === attribute)) {
      conflicts.push({ attribute, said: known.map(({ posture, shown }) => `${posture.source}=${shown}`) })
    }
    const said = saying.length > 0 ? saying : known
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

/** A device said to be two people's is neither's: no owner has such a name. */
function severalOwners(one: string, other: string): string {
  return [...new Set([...one.split(noOwner), ...other.split(noOwner)])].sort().join(noOwner)
}

/** Two names for one machine: one that no requirement lists. Otherwise the older version, an unreadable one first. */
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

/** Only the two words themselves: whatever else somebody writes is not known to be either. */
function asFact(value: unknown): Fact {
  if (typeof value === 'boolean') return value
  return value === 'true' ? true : value === 'false' ? false : undefined
}

function asOwner(value: unknown): string | undefined {
  return typeof value === 'string' && value.length <= 320 ? value.normalize('NFC').trim().toLowerCase() : undefined
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
  const odd = (given: unknown, fact: Fact) => given !== undefined && given !== null && fact === undefined
  return odd(present, facts.present) || odd(healthy, facts.healthy) ? undefined : facts
}
