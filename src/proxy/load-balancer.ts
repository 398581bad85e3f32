// Chooses among an app's upstream servers: the least busy of those believed to answer, in turn among equals.

import type { Target } from './upstream-server.ts'

export type Balance = (tried: ReadonlySet<Target>) => Target | undefined

export function createBalance(targets: readonly Target[], now: () => number): Balance {
  let turn = 0
  const best = (tried: ReadonlySet<Target>, at: number | undefined): Target | undefined => {
    let found: Target | undefined
    for (let i = 0; i < targets.length; i++) {
      const target = targets[(turn + i) % targets.length]!
      if (tried.has(target) || (at !== undefined && !target.worthAsking(at))) continue
      if (found === undefined || target.open < found.open) found = target
    }
    return found
  }
  return (tried) => {
    if (targets.length === 1) return tried.size === 0 ? targets[0] : undefined
    turn = (turn + 1) % targets.length
    // Where none is believed to answer, asking one is better than being wrong about all of them.
    return best(tried, now()) ?? best(tried, undefined)
  }
}
