// Condition `networks`: the client address lies in one of the named networks (CIDR lists).

import type { Compiled, CompileContext } from '../compile-context.ts'
import { met, unknown, unmet } from './verdict.ts'

const otherNetwork = { kind: 'use_other_network' } as const

export function networks(names: readonly string[], context: CompileContext): Compiled {
  const no = unmet(context.reason('network_not_allowed', { networks: names.join(', ') }), otherNetwork)
  const unclear = unknown(context.reason('network_unknown'), otherNetwork)
  return {
    name: 'networks',
    summary: names.join(', '),
    probes: [],
    evaluate({ network }) {
      if (network.address === undefined) return unclear
      return names.some((name) => network.names.has(name)) ? met : no
    },
  }
}
