// How the gateway reaches an OpenID provider and proves to be its client: trust, proxy, endpoints, authentication.

export interface ProviderReach {
  /** PEM of certificate authorities besides the system's. */
  readonly ca?: string | undefined
  /** URL of an outbound proxy, perhaps with credentials; `none`: not even the one of the environment. */
  readonly proxy?: string | undefined
  /** PEM of the client certificate and its key (RFC 8705). */
  readonly clientCertificate?: { readonly cert: string; readonly key: string } | undefined
  /** Absent: chosen by what is configured and what the provider offers. */
  readonly clientAuth?: ClientAuthentication | undefined
  /** In place of what the metadata says. */
  readonly endpoints?: ProviderEndpoints | undefined
  /** Added to each authorization request. */
  readonly authorizationParams?: Readonly<Record<string, string>> | undefined
  /** Requested besides `scopes` where the metadata lists them. */
  readonly scopesWhereListed?: readonly string[] | undefined
}

export type ClientAuthentication = 'basic' | 'post' | 'private_key_jwt' | 'tls'

/** URLs. Plain `http:` only for what the gateway itself asks, within the own network. */
export interface ProviderEndpoints {
  /** The metadata document. */
  readonly discovery?: string | undefined
  readonly token?: string | undefined
  readonly jwks?: string | undefined
  readonly userinfo?: string | undefined
  /** Visited by browsers. */
  readonly authorization?: string | undefined
  readonly end_session?: string | undefined
}
