// Debian dependencies of an executable: the packages of its shared libraries, with the oldest version that has its symbols.

import { elfNeeds, type Needed } from './elf-needs.ts'

/** Debian package of each library; undefined: in the package of libc. */
const packages: Readonly<Record<string, string>> = {
  'libatomic.so.1': 'libatomic1',
  'libgcc_s.so.1': 'libgcc-s1',
  'libstdc++.so.6': 'libstdc++6',
  'libc.so.6': 'libc6',
  'libdl.so.2': 'libc6',
  'libm.so.6': 'libc6',
  'libpthread.so.0': 'libc6',
  'ld-linux-x86-64.so.2': 'libc6',
  'ld-linux-aarch64.so.1': 'libc6',
}

/**
 * GCC release that first had a symbol version of libstdc++, up to that of Debian 12:
 * https://gcc.gnu.org/onlinedocs/libstdc++/manual/abi.html
 */
const gcc: Readonly<Record<string, number>> = {
  'GLIBCXX_3.4.21': 5,
  'GLIBCXX_3.4.22': 6,
  'GLIBCXX_3.4.23': 7,
  'GLIBCXX_3.4.24': 7,
  'GLIBCXX_3.4.25': 8,
  'GLIBCXX_3.4.26': 9,
  'GLIBCXX_3.4.27': 9,
  'GLIBCXX_3.4.28': 9,
  'GLIBCXX_3.4.29': 11,
  'GLIBCXX_3.4.30': 12,
  'CXXABI_1.3.9': 5,
  'CXXABI_1.3.10': 6,
  'CXXABI_1.3.11': 7,
  'CXXABI_1.3.12': 9,
  'CXXABI_1.3.13': 11,
}

/** Newest version of libc the executable refers to, as 2.28. */
export function glibcFloor(needs: readonly Needed[]): string {
  const found = needs.flatMap(({ versions }) =>
    versions.flatMap((one) => /^GLIBC_(\d+)\.(\d+)/.exec(one)?.slice(1) ?? []),
  )
  const numbers = found.map(Number)
  const minors = numbers.filter((_, index) => index % 2 === 1)
  return `${numbers[0]}.${Math.max(...minors)}`
}

/** As in the field `Depends`, sorted. Throws for a library or a symbol version that is not in the tables above. */
export function debianDepends(file: string): readonly string[] {
  const needs = elfNeeds(file)
  const names = needs.map(({ library }) => {
    const name = packages[library]
    if (name === undefined) throw new Error(`scripts/package/debian-depends.ts: which package has ${library}?`)
    return name
  })
  const versions = needs.flatMap((one) => one.versions).filter((one) => /^(?:GLIBCXX|CXXABI)_/.test(one))
  const oldest = Math.max(4, ...versions.map((version) => gcc[version] ?? oldCompiler(version)))
  return [...new Set(names)].toSorted().map((name) => {
    if (name === 'libc6') return `libc6 (>= ${glibcFloor(needs)})`
    return name === 'libstdc++6' ? `libstdc++6 (>= ${oldest})` : name
  })
}

/** Versions before those of GCC 5 are numbered lower; anything else is new and needs its row. */
function oldCompiler(version: string): number {
  const [, name, minor] = /^(GLIBCXX_3\.4|CXXABI_1\.3)(?:\.(\d+))?$/.exec(version) ?? []
  if (name !== undefined && Number(minor ?? 0) <= (name === 'CXXABI_1.3' ? 8 : 20)) return 4
  throw new Error(`scripts/package/debian-depends.ts: which GCC first had ${version}?`)
}
