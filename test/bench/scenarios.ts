// Scenarios for all contenders: sizes and directions, over each kind of connection.

import type { Size } from './contender.ts'
import type { Load, Wire } from './load.ts'

export interface Scenario {
  readonly name: string
  readonly size: Size
  readonly load: Omit<Load, 'seconds'>
  /** Relative length of a round. */
  readonly length: number
  /** The first scenario of a process, with a longer warm-up for just-in-time compilers. */
  readonly first: boolean
}

const wires: readonly (readonly [Wire, string])[] = [
  ['http1', ''],
  ['tls-http1', ', TLS'],
  ['tls-http2', ', HTTP/2'],
]

export const scenarios: readonly Scenario[] = wires.flatMap(([wire, suffix]) => {
  // `wrk` supports whole seconds only, and one second is too short for large bodies.
  const [short, long] = wire === 'http1' ? [1, 1] : [0.6, 1.5]
  return [
    { name: `1 kB${suffix}`, size: '1 kB', load: { wire, path: '/1000', connections: 32 }, length: short, first: true },
    {
      name: `64 kB${suffix}`,
      size: '64 kB',
      load: { wire, path: '/64000', connections: 32 },
      length: short,
      first: false,
    },
    {
      name: `10 MB down${suffix}`,
      size: '10 MB',
      load: { wire, path: '/10000000', connections: 4 },
      length: long,
      first: false,
    },
    {
      name: `10 MB up${suffix}`,
      size: '10 MB',
      load: { wire, path: '/sink', upload: 10_000_000, connections: 4 },
      length: long,
      first: false,
    },
  ]
})
