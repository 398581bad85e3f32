// The oldest versions without a published flaw that reaches us, compared with what really runs.

import undici from 'undici/package.json' with { type: 'json' }
import list from './minimum-versions.json' with { type: 'json' }

export type ComponentName = 'node' | 'llhttp' | 'nghttp2' | 'openssl' | 'undici'

export type ComponentVersions = Readonly<Partial<Record<ComponentName, string>>>

export interface MinimumVersion {
  readonly part: ComponentName
  /** First version that is mended, one for each release line that is maintained, the oldest line first. */
  readonly mended: readonly [string, ...string[]]
  readonly advisory: string
  /** What an older one does. */
  readonly flaw: string
  /** Why it cannot happen here; such a floor is told as a note and needs no attention. */
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
export const floorsAsOf: string = list.as_of

export const minimumVersions: readonly MinimumVersion[] = list.minimum.map(
  ({ part, mended: [first, ...more], ...rest }) => {
    // A typing mistake would otherwise be a floor that nothing is ever compared with.
    if (!Object.hasOwn(names, part) || first === undefined) throw new Error(`minimum-versions.json: ${part}`)
    return { ...rest, part: part as ComponentName, mended: [first, ...more] }
  },
)

export function installedVersions(): ComponentVersions {
  const { node, llhttp, nghttp2, openssl } = process.versions
  // The package that carries every request, not the copy inside Node that nothing here uses.
  return { node, llhttp, nghttp2, openssl, undici: undici.version }
}

/** In the order of `floors`. A part that is not there at all (Node without HTTP/2) is below no floor. */
export function outdatedComponents(versions: ComponentVersions): readonly OutdatedComponent[] {
  return minimumVersions.flatMap(({ mended, ...floor }) => {
    const version = versions[floor.part]
    if (version === undefined) return []
    const needed = mended.find((one) => lineOf(one) === lineOf(version)) ?? mended[0]
    return isBelow(version, needed) ? [{ ...floor, version, mended: needed }] : []
  })
}

/** Those that somebody should do something about, each in one sentence. */
export function versionWarnings(found: readonly OutdatedComponent[]): readonly string[] {
  return found
    .filter(({ unreachable }) => unreachable === undefined)
    .map((one) => `${describeOutdated(one)}: update it`)
}

/** Those that are known and cannot happen here, each in one sentence. */
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

/** `26.10.0-nightly`, `3.5.8+quic`: what follows the numbers does not count. */
function numbersOf(version: string): readonly number[] {
  return (/^\d+(?:\.\d+)*/.exec(version)?.[0] ?? '0').split('.').map(Number)
}

function lineOf(version: string): string {
  return numbersOf(version).slice(0, 2).join('.')
}

function isBelow(version: string, floor: string): boolean {
  const have = numbersOf(version)
  const need = numbersOf(floor)
  const differs = need.findIndex((number, at) => number !== (have[at] ?? 0))
  return differs !== -1 && (have[differs] ?? 0) < need[differs]!
}
