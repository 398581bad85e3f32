// Settings of one OpenID provider, after loading: client, claims, groups, what proves MFA, whose addresses count.

import type { ProviderReach } from './provider-reach.ts'

export interface ProviderSettings extends ProviderReach {
  readonly name: string
  readonly title: string
  readonly kind: ProviderKind
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string | undefined
  /** PEM of the key for `private_key_jwt`. */
  readonly privateKey: string | undefined
  /** Requested in any case. */
  readonly scopes: readonly string[]
  /** Claim names; a dot descends into objects (`realm_access.roles`). */
  readonly claims: {
    readonly groups: GroupsClaim
    readonly email: string
    readonly name: string
    readonly username: string
  }
  /** Where the groups are read; absent: `token`, and UserInfo where the ID token lacks them. */
  readonly groupsFrom?: 'token' | 'userinfo' | 'graph' | 'google_directory'
  /** `groups_from: google_directory`: the service account, and the admin it acts for. */
  readonly googleDirectory?: GoogleDirectorySettings | undefined
  /** PEM of the service account's key. */
  readonly googleDirectoryKey?: string | undefined
  readonly mfa: { readonly amrAny: readonly string[]; readonly acrAny: readonly string[] }
  readonly phishingResistant: { readonly amrAny: readonly string[]; readonly acrAny: readonly string[] }
  readonly stepUp: {
    readonly acrValues: readonly string[]
    readonly essential: boolean
    readonly prompt: string | undefined
    readonly maxAge: number | undefined
  }
  readonly external: boolean
  /** Domains in lower case of whose addresses only this provider's statement counts. */
  readonly domains: readonly string[]
  /** Domains that another provider vouches for: addresses there are ignored. Absent: none. */
  readonly foreignDomains?: ReadonlySet<string>
  /** `kind: google`: values of `hd` of which one is required; empty: any account. Lower case. */
  readonly hostedDomains: readonly string[]
  /** Whether an address counts only when the provider states that it is verified. */
  readonly emailVerified: 'required' | 'assumed'
}

export type ProviderKind =
  'generic' | 'keycloak' | 'entra' | 'okta' | 'google' | 'auth0' | 'cognito' | 'gitlab' | 'adfs' | 'dex' | 'zitadel'

export interface GoogleDirectorySettings {
  /** E-mail address of the service account. */
  readonly account: string
  /** E-mail address of the admin whose rights it uses (domain-wide delegation). */
  readonly admin: string
}

/** How a provider writes the groups of a user in a claim. */
export interface GroupsClaim {
  /** Name; a dot descends into objects. */
  readonly claim: string
  /** `list`: of names; `keys` of an object; `csv`: one text, separated by commas; `path`: names with a leading slash. */
  readonly shape: GroupShape
  /** `list` and `path`: the claim is a list of objects, and this member of each is the name. */
  readonly field: string | undefined
}

export type GroupShape = 'list' | 'keys' | 'csv' | 'path'
