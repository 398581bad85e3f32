// Interface of an OpenID provider under test: how to start it, fill its sign-in pages and change its users.

import type { PageResponse } from '../../src/demo/tour/client.ts'
import type { Mapping } from './documented-page.ts'
import type { ScenarioName } from './scenario-names.ts'

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
  /** Version of a real provider; `simulated` for one that cannot run here. */
  readonly version: string
  /** Configuration that the documentation gives for this provider, at least its `identity`. */
  readonly configuration: Mapping
  readonly clientSecret: string
  /** What the provider calls the groups of the test, where its groups have no names. */
  readonly groups?: Readonly<Record<GroupName, string>>
  /** What a provider cannot do, and why. */
  readonly cannot: Partial<Record<ScenarioName, string>>
  /** Values for the form of a sign-in page; undefined: the page is none of the provider's sign-in pages. */
  fields(page: PageResponse, user: UserName): Readonly<Record<string, string>> | undefined
  readonly admin: Partial<ProviderAdmin>
  stop(): Promise<void>
}

export type UserName = 'anna' | 'thomas' | 'kim' | 'lea' | 'mia'
export type GroupName = 'staff' | 'hr'

/** Users of every provider under test. Only `anna` has a second factor; `mia` signs in with one browser, once. */
export const groupsOf: Readonly<Record<UserName, readonly GroupName[]>> = {
  anna: ['staff', 'hr'],
  thomas: ['staff'],
  kim: ['staff', 'hr'],
  lea: ['staff'],
  mia: ['staff'],
}

export interface ProviderAdmin {
  /** Everything of the user that is live at the provider: number by kind, such as `offline sessions`. */
  sessions(user: UserName): Promise<Readonly<Record<string, number>>>
  /** Epoch milliseconds at which a refresh token of the user was last used. */
  lastRefresh(user: UserName): Promise<number>
  /** Ends the user's sessions, as an administrator does; announces it by back-channel logout. */
  endSessions(user: UserName): Promise<void>
  disable(user: UserName): Promise<void>
  enable(user: UserName): Promise<void>
  removeFromGroup(user: UserName, group: GroupName): Promise<void>
  addToGroup(user: UserName, group: GroupName): Promise<void>
  /** Tokens are signed by a new key from now on, and the old ones leave the key set. */
  rotateKey(): Promise<void>
  /** From now on a refresh token is good for one use. */
  rotateRefreshTokens(): Promise<void>
}
