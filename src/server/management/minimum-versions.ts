// Minimum versions of Node and its libraries without a known, reachable vulnerability, compared with the installed ones.

import undici from 'undici/package.json' with { type: 'json' }
import list from './minimum-versions.json' with { type: 'json' }

export type ComponentName = 'node' | 'llhttp' | 'nghttp2' | 'openssl' | 'undici'

export type ComponentVersions = Readonly<Partial<Record<ComponentName, string>>>

export interface MinimumVersion {
  readonly part: ComponentName
  /** First fixed version of each maintained release line, the oldest line first. */
  readonly mended: readonly [string, ...string[]]
  readonly advisory: string
  /** What an older version does wrong. */
  readonly flaw: string
  /** Why the flaw cannot be reached here; reported as a note instead of a warning. */
  readonly unreachable?: string
}

export interface OutdatedComponent extends Omit<MinimumVersion, 'mended'> {
  readonly version: string
  readonly mended: string
}

const names: Readonly<Record<ComponentName, string>> = {
  node: 'Node.js',
  llhttp: 'llhttp',
  nghttp2: 'nghttp2',
  openssl: 'OpenSSL',
  undici: 'undici',
}

/** `YYYY-MM-DD`: advisories published later are not in the list. */
export const advisoriesAsOf: string = list.as_of

export const minimumVersions: readonly MinimumVersion[] = list.minimum.map(
  ({ part, mended: [first, ...more], ...rest }) => {
    // A misspelt component would otherwise never be compared with anything.
    if (!Object.hasOwn(names, part) || first === undefined) throw new Error(`minimum-versions.json: ${part}`)
    return { ...rest, part: part as ComponentName, mended: [first, ...more] }
  },
)

export function installedVersions(): ComponentVersions {
  const { node, llhttp, nghttp2, openssl } = process.versions
  // The undici package that forwards requests, not the copy bundled with Node, which is unused here.
  return { node, llhttp, nghttp2, openssl, undici: undici.version }
}

/** In the order of `minimumVersions`. A component that is absent (Node without HTTP/2) is never outdated. */
export function outdatedComponents(versions: ComponentVersions): readonly OutdatedComponent[] {
  return minimumVersions.flatMap(({ mended, ...minimum }) => {
    const version = versions[minimum.part]
    if (version === undefined) return []
    const needed = mended.find((fixed) => releaseLine(fixed) === releaseLine(version)) ?? mended[0]
    return isBelow(version, needed) ? [{ ...minimum, version, mended: needed }] : []
  })
}

/** Outdated components that need an update, each in one sentence. */
export function versionWarnings(found: readonly OutdatedComponent[]): readonly string[] {
  return found
    .filter(({ unreachable }) => unreachable === undefined)
    .map((one) => `${describeOutdated(one)}: update it`)
}

/** Outdated components whose flaw is not reachable here, each in one sentence. */
export function versionNotes(found: readonly OutdatedComponent[]): readonly string[] {
  return found.flatMap((one) =>
    one.unreachable === undefined ? [] : [`${describeOutdated(one)}; not reachable: ${one.unreachable}`],
  )
}

export function nameOf(part: ComponentName): string {
  return names[part]
}

function describeOutdated({ part, version, mended, advisory, flaw }: OutdatedComponent): string {
  return `${nameOf(part)} ${version} is older than ${mended}: ${flaw} (${advisory})`
}

/** Numeric parts of a version; a suffix as in `26.10.0-nightly` or `3.5.8+quic` is ignored. */
function numbersOf(version: string): readonly number[] {
  return (/^\d+(?:\.\d+)*/.exec(version)?.[0] ?? '0').split('.').map(Number)
}

function releaseLine(version: string): string {
  return numbersOf(version).slice(0, 2).join('.')
}

function isBelow(version: string, minimum: string): boolean {
  const have = numbersOf(version)
  const need = numbersOf(minimum)
  const differs = need.findIndex((number, index) => number !== (have[index] ?? 0))
  return differs !== -1 && (have[differs] ?? 0) < need[differs]!
}
