// What is measured, for everybody alike: sizes and directions, over each kind of connection.

import type { Load, Wire } from './load.ts'

export interface Scenario {
  readonly name: string
  readonly load: Omit<Load, 'seconds'>
  /** Parts of the usual number of rounds, and of the usual length of one. */
  readonly rounds: number
  readonly length: number
  /** Seconds of the round that warms up. The first one is also the first of each process: compilers need some thousand requests. */
  readonly warming: number
}

const wires: readonly (readonly [Wire, string])[] = [
  ['http1', ''],
  ['tls-http1', ', TLS'],
  ['tls-http2', ', HTTP/2'],
]

export const scenarios: readonly Scenario[] = wires.flatMap(([wire, suffix]) => {
  const small = { rounds: 1, length: 1, warming: 1 }
  // In a second, too few long bodies come to their end.
  const long = { rounds: wire === 'http1' ? 2 / 3 : 1 / 2, length: 2, warming: 2 }
  return [
    { name: `1 kB${suffix}`, load: { wire, path: '/1000', connections: 32 }, ...small, warming: 4 },
    { name: `64 kB${suffix}`, load: { wire, path: '/64000', connections: 32 }, ...small },
    { name: `10 MB down${suffix}`, load: { wire, path: '/10000000', connections: 4 }, ...long },
    { name: `10 MB up${suffix}`, load: { wire, path: '/sink', upload: 10_000_000, connections: 4 }, ...long },
  ]
})
