// Contract of an application in `applications/`: how it starts, and what its real clients do with it through the gateway.

import type { Person } from '../support/user-client.ts'

/** One file per application, listed in `applications.ts`. */
export interface Application {
  /** Also its host: `https://NAME.localhost:PORT`. */
  readonly name: string
  /** Commands, and files by absolute path, without which it is skipped. */
  readonly needs: readonly string[]
  /** `host`: its public host name. Everything it creates is in `folder`, which is removed afterwards. */
  start(host: string, folder: string): Promise<RunningApplication>
}

export interface RunningApplication {
  readonly origin: string
  /** Settings of the app in the configuration besides `from`, `to` and `policy`. */
  readonly settings?: Readonly<Record<string, unknown>>
  readonly shows: readonly Show[]
  stop(): Promise<void>
}

/** What one client does. Resolves with what was seen, in a few words; throws when it is not as it must be. */
export interface Show {
  readonly client: string
  run(ground: Ground): Promise<string>
}

/** The gateway, with two people signed in to it. */
export interface Ground {
  /** Public origin of the application. */
  readonly origin: string
  readonly host: string
  readonly port: number
  /** PEM file, and its content. */
  readonly ca: { readonly file: string; readonly pem: string }
  readonly people: readonly [Visitor, Visitor]
}

export interface Visitor {
  /** Also at the application. */
  readonly name: string
  /** Cookie field with the session of this person at the application. */
  readonly cookie: string
  readonly person: Person
}

/** Throws with what came instead. */
export function must(holds: boolean, expected: string, came: unknown): asserts holds {
  if (!holds) throw new Error(`expected ${expected}; came ${String(came).slice(0, 300)}`)
}
