// Contract of an application in `applications/`: how it starts, and what its real clients do with it through the gateway.

import type { Person } from '../support/user-client.ts'
import type { Packages } from './packages.ts'

export type Settings = Readonly<Record<string, unknown>>

/** Public origin of an app of the gateway, by its name. */
export type OriginOf = (name: string) => string

/** One file per application, listed in `applications.ts`. */
export interface Application {
  /** Also its host: `https://NAME.company.localhost:PORT`. */
  readonly name: string
  /** As people call it. Default: `name`. */
  readonly title?: string
  /** Page of `docs/guides/applications/` that says what to set. */
  readonly recipe?: string
  /** Commands, and files by absolute path, without which it is skipped. */
  readonly needs: readonly string[]
  /** Of a registry, in fixed versions; without the registry it is skipped. */
  readonly packages?: Packages
  /**
   * `host`: its public host name. Everything it creates is in `folder`, which is removed afterwards. `installed`: folder of
   * its packages.
   */
  start(host: string, folder: string, installed: string): Promise<RunningApplication>
}

export interface RunningApplication {
  readonly origin: string
  readonly version?: string
  /** Settings of the app in the configuration besides `from`, `to` and `policy`, which they may replace. */
  readonly settings?: Settings | ((originOf: OriginOf) => Settings)
  /** Further apps of the gateway, by name: their settings, with `to`. */
  readonly siblings?: Readonly<Record<string, Settings | ((originOf: OriginOf) => Settings)>>
  /** Names of further hosts of the application itself. */
  readonly hosts?: readonly string[]
  /** Path that people open to sign in, where `/` leads to another website. */
  readonly entry?: string
  readonly shows: readonly Show[]
  stop(): Promise<void>
}

/** What one client does. Resolves with what was seen, in a few words; throws when it is not as it must be. */
export interface Show {
  readonly client: string
  /** What works only when it is set or used in a certain way. */
  readonly remark?: string
  run(ground: Ground): Promise<string>
}

/** The gateway, with two people signed in to it. */
export interface Ground {
  /** Public origin of the application. */
  readonly origin: string
  readonly host: string
  readonly port: number
  /** Of an app or further host, or of the gateway itself (`access`). */
  readonly originOf: OriginOf
  /** PEM file, and its content. */
  readonly ca: { readonly file: string; readonly pem: string }
  readonly people: readonly [Visitor, Visitor]
  /** A session of its own, of one of the two. */
  signIn(username: string): Promise<Visitor>
  /** An administrator ends every session of this person. */
  endSessions(username: string): Promise<void>
}

export interface Visitor {
  /** Also at the application. */
  readonly name: string
  /** Cookie field with the session of this person at the application. */
  readonly cookie: string
  readonly person: Person
}

/** What is skipped here, and why. */
export class Skipped extends Error {
  readonly code = 'skipped'
}

/** A client that cannot do it for a known reason, which the table names. */
export function skipped(client: string, why: string): Show {
  return { client, run: () => Promise.reject(new Skipped(why)) }
}

/** Throws with what came instead. */
export function must(holds: boolean, expected: string, came: unknown): asserts holds {
  if (!holds) throw new Error(`expected ${expected}; came ${String(came).slice(0, 300)}`)
}
