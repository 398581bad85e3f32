// Contender interface: how to start a proxy, and the address, header fields and processes to measure it by.

import type { Environment } from './environment.ts'
import type { Running } from './processes.ts'
import type { SignInOptions } from './test-user.ts'

export interface Setting {
  readonly secure: boolean
  /** Port of the upstream. */
  readonly upstream: number
  /** Instead of the core reserved for proxies. */
  readonly core?: string | undefined
}

export interface Started extends Running {
  readonly name: string
  readonly port: number
  /** Public origin; its port is bound on 127.0.0.1. */
  readonly origin: string
  /** Header fields of a signed-in browser. */
  readonly headers: Readonly<Record<string, string>>
  /** For further sign-ins; undefined without identity. */
  readonly signing?: SignInOptions
  /** Helper processes whose CPU counts for it. */
  readonly beside?: readonly number[]
}

export type Size = '1 kB' | '64 kB' | '10 MB'

export const allSizes: readonly Size[] = ['1 kB', '64 kB', '10 MB']

export interface Contender {
  readonly name: string
  /** One line for the legend. */
  readonly about: string
  /** Authenticates users, with sessions. */
  readonly identity: boolean
  readonly secure: boolean
  /** Scenarios it takes part in: variants are left out of the longer ones. */
  readonly sizes: readonly Size[]
  /** A just-in-time compiler needs some thousand requests of warm-up. */
  readonly warms: boolean
  /** Undefined if it can run here; else the reason. */
  missing(): string | undefined
  start(ground: Environment, setting: Setting): Promise<Started>
}
