// What an admin says of one app's requests and responses: Host, identity fields, credentials, constant fields, timeouts, limits.

/** Presets of identity header fields (`proxy/identity/header-presets.ts`). */
export type IdentityPreset = 'einlass' | 'oauth2-proxy' | 'authelia' | 'pomerium' | 'cloudflare' | 'iap' | 'none'

/** `claims.NAME`: a claim of the provider. `assertion`: the signed token. */
export type IdentityAttribute =
  'sub' | 'email' | 'name' | 'preferred_username' | 'groups' | 'provider' | 'assertion' | `claims.${string}`

/** Field names of the admin's own, each with the attribute of the user that it carries. */
export type IdentityMap = readonly (readonly [field: string, attribute: IdentityAttribute])[]

/** Host that the upstream sees: the one asked for, that of the upstream's own address, or a name. */
export type UpstreamHost = 'public' | 'upstream' | { readonly name: string }

/** Credentials sent in Authorization, in place of the client's. */
export type UpstreamAuthorization =
  | { readonly kind: 'assertion' }
  /** `value`: of the field (RFC 7617). Secret. */
  | { readonly kind: 'basic'; readonly user: string; readonly value: string }

/** Header fields with the same value in every message. `values` may be secret. */
export interface ConstantFields {
  readonly names: readonly string[]
  /** Of `names`, in order; beyond ASCII as bytes of UTF-8. */
  readonly values: readonly string[]
}

/** `response_headers`. */
export interface ResponseFieldSettings {
  readonly set: ConstantFields
  readonly remove: readonly string[]
}

/** `timeouts` and `limits` of an app; what is absent follows the `limits` of the gateway. */
export interface AppLimits {
  /** Milliseconds. */
  readonly connect?: number | undefined
  readonly headers?: number | undefined
  readonly idle?: number | undefined
  /** Bytes. */
  readonly upload?: number | 'unlimited' | undefined
  readonly headerBytes?: number | undefined
}
