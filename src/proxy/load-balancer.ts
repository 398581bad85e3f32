// Load balancing over an app's upstream servers: least open requests among available ones, round robin among equals.

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
    // When none is available, try one anyway: the health state may be wrong.
    return best(tried, now()) ?? best(tried, undefined)
  }
}
