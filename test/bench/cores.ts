// CPU pinning: assigns the cores of the machine to the proxy, the load and everything else.

import { existsSync, readFileSync } from 'node:fs'
import { findProgram } from './processes.ts'

/** Lists for `taskset -c`; undefined: not pinned. */
export interface Cores {
  /** Reserved for the proxy under test. */
  readonly proxy: string | undefined
  /** For load, upstream, store and everything else. */
  readonly rest: string | undefined
  /** For two workers: two reserved cores, if others are left for the load; undefined if there are too few. */
  readonly pair: string | undefined
  /** All cores. */
  readonly all: string | undefined
  readonly count: number
}

export function cores(): Cores {
  const allowed = coresOf(/Cpus_allowed_list:\s*(\S+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0')
  const share = shareOut(allowed, siblingsOf)
  return findProgram('taskset') === undefined ? { ...share, proxy: undefined, rest: undefined, pair: undefined } : share
}

/** `siblings`: hyper-threads of a core, which are never assigned to different parties. */
export function shareOut(allowed: readonly number[], siblings: (core: number) => readonly number[]): Cores {
  const whole = allowed.filter((core) => Math.min(...siblings(core).filter((one) => allowed.includes(one))) === core)
  const used = whole.length >= 2 ? whole : allowed
  const list = (some: readonly number[]): string => some.join(',')
  const common = { all: list(used), count: used.length }
  if (used.length < 2) return { ...common, proxy: undefined, rest: undefined, pair: undefined }
  const pair = used.length >= 4 ? list(used.slice(0, 2)) : undefined
  return { ...common, proxy: list(used.slice(0, 1)), rest: list(used.slice(used.length >= 4 ? 2 : 1)), pair }
}

/** `0-2,5` */
export function coresOf(list: string): number[] {
  return list.split(',').flatMap((part) => {
    const [from = 0, to = from] = part.split('-').map(Number)
    return Array.from({ length: to - from + 1 }, (_, at) => from + at)
  })
}

function siblingsOf(core: number): readonly number[] {
  const file = `/sys/devices/system/cpu/cpu${core}/topology/thread_siblings_list`
  return existsSync(file) ? coresOf(readFileSync(file, 'utf8').trim()) : [core]
}
