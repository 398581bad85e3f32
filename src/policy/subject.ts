// Subject (NIST SP 800-207): a user as authenticated by an identity provider, and how the authentication was performed.

/** A user of one provider. Subjects are never matched across providers by e-mail alone. */
export interface Subject {
  /** Name of the provider in the configuration; `provider` and `sub` together are the identity. */
  readonly provider: string
  readonly sub: string
  /** Lower-cased, NFC. Present only when the provider vouches for it (`identity/oidc/verified-email.ts`). */
  readonly email: string | undefined
  readonly name: string | undefined
  readonly username: string | undefined
  readonly groups: readonly string[]
  /** False when the provider withheld groups (Entra overage): a group rule is then unknown, never met. */
  readonly groupsComplete: boolean
  /** Further claims that rules may use, each as a list of strings. */
  readonly claims: Readonly<Record<string, readonly string[]>>
  /**
   * Names of claims that were stated but not read in full (too many, too long or unusable values); `*` when further claims
   * may be missing altogether. Such a claim may have any value.
   */
  readonly partialClaims?: readonly string[] | undefined
  /** The provider is marked `external: true`. */
  readonly external: boolean
}

/** How and when the subject authenticated. Absent claims stay absent; no default is assumed. */
export interface Authentication {
  readonly acr: string | undefined
  readonly amr: readonly string[]
  /** Epoch milliseconds of the `auth_time` claim, undefined when the provider did not state it. */
  readonly authTime: number | undefined
  /** The provider's rules (`mfa.amr_any`, `mfa.acr_any`) are met by claims of the ID token. */
  readonly mfa: boolean
  /** The provider's `phishing_resistant` rules are met by claims of the ID token. */
  readonly phishingResistant: boolean
}

/**
 * Pseudo provider of sessions opened by a sealed emergency code. `sub` is the code's id, the claim `app` the only app
 * that the code gives access to.
 */
export const emergencyProvider = 'emergency'

/** Built-in provider of guests: people without an account, who sign in by a code sent to their address. `sub` derives from it. */
export const guestProvider = 'guests'

/** Key of a subject in stores, grants and logs: `provider|sub`. */
export function subjectKey(subject: { readonly provider: string; readonly sub: string }): string {
  return `${subject.provider}|${subject.sub}`
}
