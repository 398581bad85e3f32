// Grant: time-bound access of one subject to one app at one level (just-in-time access).

export type GrantLevel = 'read' | 'full'

export interface Grant {
  readonly id: string
  /** `provider|sub`, or `provider|mailto:address` of a named provider before the first sign-in. */
  readonly who: string
  /** `sub` of the first account that used a grant to an address; it belongs to that account from then on. */
  readonly boundTo?: string | undefined
  readonly app: string
  readonly level: GrantLevel
  /** Epoch milliseconds; the grant is valid in `[from, until)`. */
  readonly from: number
  readonly until: number
  /** IANA name of the zone in which its times were written without an offset; undefined: they are exact moments. */
  readonly timeZone?: string | undefined
  /** Epoch milliseconds at which it was given at run time; undefined for grants of the configuration and from requests. */
  readonly givenAt?: number | undefined
  /** Name of a schedule the grant is further limited to. */
  readonly schedule: string | undefined
  readonly sponsor: string | undefined
  readonly reason: string | undefined
  /** Number of the contract that the grant is based on. */
  readonly contract?: string | undefined
  /** Declared in YAML, or given at run time. */
  readonly origin: 'configuration' | 'runtime'
  /** Name of the actor that gave it, for display; `configuration` when declared. */
  readonly givenBy: string
  /** Epoch milliseconds of the revocation; a revoked grant never becomes valid again. */
  readonly revokedAt: number | undefined
  /** Reason for the revocation when the system revoked it. */
  readonly revokedFor?: string | undefined
  /** Set when the grant results from a request. */
  readonly basis?: GrantBasis | undefined
  /** Ids of the requests that extended it, without duplicates. */
  readonly extensions?: readonly string[] | undefined
}

/** The grant names an address, and another account with that address used it first: addresses are given out again. */
export function isOfOtherAccount(
  grant: Pick<Grant, 'boundTo'>,
  subject: { readonly sub: string } | undefined,
): boolean {
  return grant.boundTo !== undefined && grant.boundTo !== subject?.sub
}

/** Entitlement that a requested grant rests on. The grant ends when the configuration no longer entitles this subject. */
export interface GrantBasis {
  readonly request: string
  /** `sponsor`: a follow-up that the sponsor of the grant before it approved. */
  readonly entitlement: 'requests' | 'emergency' | 'codes' | 'sponsor'
  /** Id of the grant that a follow-up follows. */
  readonly follows?: string | undefined
  /** Attributes of the subject at the time of the request, checked against every later configuration. */
  readonly email: string | undefined
  readonly groups: readonly string[]
  readonly external: boolean
  /** Name stated with an emergency code; not verified, for display only. */
  readonly statedName?: string | undefined
}
