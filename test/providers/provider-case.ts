// Interface of a real OpenID provider under test: how to start it, fill its sign-in pages and change its users.

import type { PageResponse } from '../../src/demo/tour/client.ts'

export interface ProviderCase {
  readonly name: string
  /** What this machine lacks to run it, in words for the table; undefined when it can run. */
  missing(): string | undefined
  /** `folder`: temporary, removed by the caller. Rejects when it does not start. */
  start(folder: string, client: ClientSettings): Promise<RunningProvider>
}

/** Einlass as a client of the provider. */
export interface ClientSettings {
  /** Origin of the gateway, `http://access.localhost:PORT`. */
  readonly gateway: string
}

export interface RunningProvider {
  readonly version: string
  /** The `identity` section of the configuration that the documentation gives for this provider. */
  readonly identity: Readonly<Record<string, unknown>>
  /** Values for the form of a sign-in page; undefined: the page is none of the provider's sign-in pages. */
  fields(page: PageResponse, user: UserName): Readonly<Record<string, string>> | undefined
  /** What a provider cannot do stays undefined; its column then says so. */
  readonly admin: Partial<ProviderAdmin>
  stop(): Promise<void>
}

/** `anna` is in `staff` and `hr` and has a second factor, `thomas` is in `staff` and has none. */
export type UserName = 'anna' | 'thomas'

export interface ProviderAdmin {
  /** Number of the user's sessions, offline ones and those of refresh tokens included. */
  sessions(user: UserName): Promise<number>
  /** Epoch milliseconds at which a refresh token of the user was last used. */
  lastRefresh(user: UserName): Promise<number>
  /** Ends the user's sessions, as an administrator does; announces it by back-channel logout. */
  endSessions(user: UserName): Promise<void>
  disable(user: UserName): Promise<void>
  enable(user: UserName): Promise<void>
  removeFromGroup(user: UserName, group: string): Promise<void>
  addToGroup(user: UserName, group: string): Promise<void>
  /** Tokens are signed by a new key from now on. */
  rotateKey(): Promise<void>
}
