// What is measured, for everybody alike: sizes and directions, over each kind of connection.

import type { Size } from './contender.ts'
import type { Load, Wire } from './load.ts'

export interface Scenario {
  readonly name: string
  readonly size: Size
  readonly load: Omit<Load, 'seconds'>
  /** Part of the usual length of a round. */
  readonly length: number
  /** The first one that a process sees: who compiles at run time warms up for longer. */
  readonly first: boolean
}

const wires: readonly (readonly [Wire, string])[] = [
  ['http1', ''],
  ['tls-http1', ', TLS'],
  ['tls-http2', ', HTTP/2'],
]

export const scenarios: readonly Scenario[] = wires.flatMap(([wire, suffix]) => {
  // `wrk` knows whole seconds only. In one, too few long bodies come to their end.
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
