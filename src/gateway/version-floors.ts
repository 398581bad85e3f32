// The oldest versions without a published flaw that reaches us, compared with what really runs.

import undici from 'undici/package.json' with { type: 'json' }

export type Part = 'node' | 'llhttp' | 'nghttp2' | 'openssl' | 'undici'

export type Versions = Readonly<Partial<Record<Part, string>>>

export interface Floor {
  readonly part: Part
  /** First version that is mended, one for each release line that is maintained, the oldest line first. */
  readonly mended: readonly [string, ...string[]]
  readonly advisory: string
  /** What an older one does. */
  readonly flaw: string
  /** Why it cannot happen here; such a floor is told as a note and needs no attention. */
  readonly unreachable?: string
}

export interface Shortfall extends Omit<Floor, 'mended'> {
  readonly version: string
  readonly mended: string
}

export const floors: readonly Floor[] = [
  {
    part: 'node',
    mended: ['26.5.1'],
    advisory: 'CVE-2026-56848, CVE-2026-58044 (Node.js security releases of July 2026)',
    flaw: 'an HTTP/2 client may corrupt the memory of the process, and header fields beyond the limit may be cut off unseen',
  },
  {
    part: 'llhttp',
    mended: ['9.4.2'],
    advisory: 'the llhttp update in the Node.js security releases of June 2026',
    flaw: 'its reading of HTTP/1.1 requests has published flaws',
  },
  {
    part: 'nghttp2',
    mended: ['1.68.1'],
    advisory: 'CVE-2026-27135',
    flaw: 'a malformed HTTP/2 frame may end the process',
  },
  {
    part: 'openssl',
    mended: ['3.5.7', '3.6.3', '4.0.1'],
    advisory: 'CVE-2026-45447 and the others of the OpenSSL advisory of 9 June 2026',
    flaw: 'memory of the process may be freed twice',
  },
  {
    part: 'undici',
    mended: ['8.5.0'],
    advisory: 'CVE-2026-6733 (GHSA-35p6-xmwp-9g52)',
    flaw: 'an app may get its early answer delivered to the next person’s request',
  },
  ...(
    [
      ['node', '26.12.1'],
      ['undici', '8.12.4'],
    ] as const
  ).map(([part, mended]): Floor => ({
    part,
    mended: [mended],
    advisory: 'CVE-2026-111497',
    flaw: 'decoding Brotli from a stranger is unsafe',
    unreachable: 'nothing is ever decoded: providers are asked for plain answers, and those of apps pass as they are',
  })),
]

export function installedVersions(): Versions {
  const { node, llhttp, nghttp2, openssl } = process.versions
  // The package that carries every request, not the copy inside Node that nothing here uses.
  return { node, llhttp, nghttp2, openssl, undici: undici.version }
}

/** In the order of `floors`. A part that is not there at all (Node without HTTP/2) is below no floor. */
export function shortfalls(versions: Versions): readonly Shortfall[] {
  return floors.flatMap(({ mended, ...floor }) => {
    const version = versions[floor.part]
    if (version === undefined) return []
    const needed = mended.find((one) => lineOf(one) === lineOf(version)) ?? mended[0]
    return isBelow(version, needed) ? [{ ...floor, version, mended: needed }] : []
  })
}

/** Those that somebody should do something about, each in one sentence. */
export function versionWarnings(found: readonly Shortfall[]): readonly string[] {
  return found.filter(({ unreachable }) => unreachable === undefined).map((one) => `${told(one)}: update it`)
}

/** Those that are known and cannot happen here, each in one sentence. */
export function versionNotes(found: readonly Shortfall[]): readonly string[] {
  return found.flatMap((one) =>
    one.unreachable === undefined ? [] : [`${told(one)}; not reachable: ${one.unreachable}`],
  )
}

export function nameOf(part: Part): string {
  return { node: 'Node.js', llhttp: 'llhttp', nghttp2: 'nghttp2', openssl: 'OpenSSL', undici: 'undici' }[part]
}

function told({ part, version, mended, advisory, flaw }: Shortfall): string {
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
