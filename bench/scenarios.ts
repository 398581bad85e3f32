// What is measured, for everybody alike: sizes and directions, over each kind of connection.

import type { Load, Wire } from './load.ts'

export interface Scenario {
  readonly name: string
  readonly load: Omit<Load, 'seconds'>
  /** Part of the usual number of rounds. */
  readonly rounds: number
}

const wires: readonly (readonly [Wire, string])[] = [
  ['http1', ''],
  ['tls-http1', ', TLS'],
  ['tls-http2', ', HTTP/2'],
]

export const scenarios: readonly Scenario[] = wires.flatMap(([wire, suffix]) => [
  { name: `1 kB${suffix}`, load: { wire, path: '/1000', connections: 32 }, rounds: 1 },
  { name: `64 kB${suffix}`, load: { wire, path: '/64000', connections: 32 }, rounds: wire === 'http1' ? 1 : 0.75 },
  { name: `10 MB down${suffix}`, load: { wire, path: '/10000000', connections: 8 }, rounds: 0.75 },
  { name: `10 MB up${suffix}`, load: { wire, path: '/sink', upload: 10_000_000, connections: 8 }, rounds: 0.75 },
])
