// Which cores the machine has for us, and who gets which.

import { existsSync, readFileSync } from 'node:fs'
import { findProgram } from './processes.ts'

/** As `taskset -c` takes them; undefined: nothing is pinned. */
export interface Cores {
  /** The proxy under test has it for itself. */
  readonly proxy: string | undefined
  /** Load, upstream, store and everything else. */
  readonly rest: string | undefined
  /** For two workers: two of the proxy's own, where the load still has others; undefined where there are too few. */
  readonly pair: string | undefined
  /** All of them. */
  readonly all: string | undefined
  readonly count: number
}

export function cores(): Cores {
  const allowed = coresOf(/Cpus_allowed_list:\s*(\S+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0')
  const share = shareOut(allowed, siblingsOf)
  return findProgram('taskset') === undefined ? { ...share, proxy: undefined, rest: undefined, pair: undefined } : share
}

/** `siblings`: the cores that share their arithmetic with one (hyper-threads): no two parties of a round get such a pair. */
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
