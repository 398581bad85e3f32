// Group shapes: reads the names of groups from a claim's value, as a list, the keys of an object, one text, or full paths. Pure.

import type { GroupsClaim } from '../../../config/provider-settings.ts'
import { never } from '../../../policy/never.ts'
import { comparableText } from '../provider-claims.ts'

export interface ReadGroups {
  /** Different names, in the order stated. */
  readonly names: readonly string[]
  /** False when any part could not be read: a rule on groups is then unknown instead of unmet. */
  readonly complete: boolean
  /** For the log, when not complete. */
  readonly fault: GroupsFault | undefined
}

export interface GroupsFault {
  readonly found: string
  /** What the admin can do. */
  readonly mend: string
}

// A session is read on every request: its size stays bounded whatever a provider sends.
const maxGroups = 10_000
const maxGroupBytes = 512 * 1024

/** A value of another shape than the configured one states no group at all: nothing is guessed. */
export function readGroups(value: unknown, { shape, field }: Omit<GroupsClaim, 'claim'>): ReadGroups {
  switch (shape) {
    case 'list':
      return readList(value, field)
    case 'path':
      return readPaths(value, field)
    case 'keys':
      return readKeys(value)
    case 'csv':
      return readText(value)
    default:
      return never(shape)
  }
}

/** Names from a directory: deduplicated and bounded like those of a claim. */
export function boundedGroups(names: readonly unknown[]): ReadGroups {
  const usable = names.filter((name): name is string => comparableText(name) !== undefined)
  const kept = bounded(usable)
  if (kept.fault !== undefined || usable.length === names.length) return kept
  return { names: kept.names, complete: false, fault: unusable }
}

function readList(value: unknown, field: string | undefined): ReadGroups {
  // A single value is one group (AD FS writes a single group so). A text is never split: see `csv`.
  const members: readonly unknown[] = Array.isArray(value) ? value : [value]
  const names = field === undefined ? members : members.map((member) => memberOf(member, field))
  const isWrong = (name: unknown): boolean => typeof name !== 'string'
  return members.length > 0 && names.every(isWrong) ? misshapen(value, field) : boundedGroups(names)
}

/**
 * Full paths (Keycloak, "Full group path"): `/staff/admins` is `staff/admins`. A name without the leading slash is a group's
 * own name, which anyone who may create a subgroup chooses: it is not read. Neither are empty segments.
 */
function readPaths(value: unknown, field: string | undefined): ReadGroups {
  const paths: readonly unknown[] = Array.isArray(value) ? value : [value]
  const texts = field === undefined ? paths : paths.map((member) => memberOf(member, field))
  if (paths.length > 0 && texts.every((text) => typeof text !== 'string')) return misshapen(value, field)
  const isPath = (text: unknown): boolean => typeof text === 'string' && /^(?:\/[^/]+)+$/.test(text)
  const read = boundedGroups(texts.filter(isPath).map((path) => (path as string).slice(1)))
  if (texts.every(isPath)) return read
  return {
    names: read.names,
    complete: false,
    fault: {
      found: 'names that are no full paths (/staff)',
      mend: 'turn on full group paths at the provider, or set shape: list',
    },
  }
}

/** The keys of an object (Zitadel). A key whose value denies it (false, null, 0, '') is no group, and leaves the rest open. */
function readKeys(value: unknown): ReadGroups {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return misshapen(value, undefined)
  const entries = Object.entries(value)
  const read = boundedGroups(entries.filter(([, stated]) => Boolean(stated)).map(([name]) => name))
  if (read.fault !== undefined || entries.every(([, stated]) => Boolean(stated))) return read
  return {
    names: read.names,
    complete: false,
    fault: { found: 'keys without a value', mend: 'let the provider leave out groups the user is not in' },
  }
}

/** Names separated by commas. Only for providers whose group names contain none: `a,admin` is two groups. */
function readText(value: unknown): ReadGroups {
  if (typeof value !== 'string') return misshapen(value, undefined)
  if (/^\s*[[{]/.test(value)) {
    return unread('a list written as text', 'let the provider send a JSON list, and set shape: list')
  }
  const names = value.split(',').map((name) => name.trim())
  return boundedGroups(names.filter((name) => name !== ''))
}

const unusable: GroupsFault = {
  found: 'members that are no names: empty, over 1 KB, with control characters, or no text',
  mend: 'rename or leave out these groups at the provider',
}

function bounded(usable: readonly string[]): ReadGroups {
  const names: string[] = []
  let bytes = 0
  for (const name of new Set(usable)) {
    bytes += Buffer.byteLength(name)
    if (names.length === maxGroups || bytes > maxGroupBytes) {
      const fault = {
        found: `more than ${maxGroups} groups or ${maxGroupBytes / 1024} KB of names`,
        mend: 'let the provider send only groups that rules name',
      }
      return { names, complete: false, fault }
    }
    names.push(name)
  }
  return { names, complete: true, fault: undefined }
}

/** An own member, never one of the prototype. */
function memberOf(value: unknown, field: string): unknown {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject && Object.hasOwn(value, field) ? (value as Readonly<Record<string, unknown>>)[field] : undefined
}

function misshapen(value: unknown, field: string | undefined): ReadGroups {
  if (Array.isArray(value)) {
    const [first] = value
    if (typeof first === 'string')
      return unread('a list of names', field === undefined ? 'set shape: list' : 'remove field')
    if (typeof first !== 'object' || first === null || Array.isArray(first)) {
      return unread('a list of something else than names', 'map the claim to names at the provider')
    }
    const members = Object.keys(first).slice(0, 5).join(', ')
    return unread(`a list of objects (${members})`, 'set field: the member that holds the name')
  }
  if (typeof value === 'object' && value !== null) {
    return unread('an object', 'set shape: keys if its keys are the names')
  }
  if (typeof value === 'string')
    return unread('a text', 'set shape: list, or csv if it holds names separated by commas')
  return unread(value === null ? 'null' : `a ${typeof value}`, 'map the claim to names at the provider')
}

function unread(found: string, mend: string): ReadGroups {
  return { names: [], complete: false, fault: { found, mend } }
}
