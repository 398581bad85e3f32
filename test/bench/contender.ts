// What every contender offers: a way to start it, and the address, header fields and process to measure it by.

import type { Ground } from './environment.ts'
import type { Running } from './processes.ts'
import type { SignInOptions } from './test-user.ts'

export interface Setting {
  readonly secure: boolean
  /** Port of the upstream. */
  readonly upstream: number
  /** Instead of the core the ground has for proxies. */
  readonly core?: string | undefined
}

export interface Started extends Running {
  readonly name: string
  readonly port: number
  /** As people know it; the port is really listened on at 127.0.0.1. */
  readonly origin: string
  /** What a signed-in browser sends there. */
  readonly headers: Readonly<Record<string, string>>
  /** For signing in once more; undefined where there is no identity. */
  readonly signing?: SignInOptions
  /** Further processes that work for it and count as it. */
  readonly beside?: readonly number[]
}

export type Size = '1 kB' | '64 kB' | '10 MB'

export const allSizes: readonly Size[] = ['1 kB', '64 kB', '10 MB']

export interface Contender {
  readonly name: string
  /** One line for the legend. */
  readonly about: string
  /** Signed in, with a session of its own. */
  readonly identity: boolean
  readonly secure: boolean
  /** What it is compared in: who only answers the same question in another way is left out of the longer ones. */
  readonly sizes: readonly Size[]
  /** A just-in-time compiler wants to have seen some thousand requests before it is measured. */
  readonly warms: boolean
  /** Undefined where it can run; else why it cannot here. */
  missing(): string | undefined
  start(ground: Ground, setting: Setting): Promise<Started>
}
