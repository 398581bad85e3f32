// Chooses among an app's upstream servers: the least busy of those believed to answer, in turn among equals.

import type { UpstreamServer } from './upstream-server.ts'

export type LoadBalancer = (tried: ReadonlySet<UpstreamServer>) => UpstreamServer | undefined

export function createLoadBalancer(targets: readonly UpstreamServer[], now: () => number): LoadBalancer {
  let next = 0
  const best = (tried: ReadonlySet<UpstreamServer>, at: number | undefined): UpstreamServer | undefined => {
    let found: UpstreamServer | undefined
    for (let i = 0; i < targets.length; i++) {
      const target = targets[(next + i) % targets.length]!
      if (tried.has(target) || (at !== undefined && !target.isAvailable(at))) continue
      if (found === undefined || target.open < found.open) found = target
    }
    return found
  }
  return (tried) => {
    if (targets.length === 1) return tried.size === 0 ? targets[0] : undefined
    next = (next + 1) % targets.length
    // Where none is believed to answer, asking one is better than being wrong about all of them.
    return best(tried, now()) ?? best(tried, undefined)
  }
}
