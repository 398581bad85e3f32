// Who asks: the person as the provider proved them, and how they proved it (NIST SP 800-207 "subject").

/** A person, as one provider knows them. Never compared across providers by e-mail alone. */
export interface Subject {
  /** Name of the provider in the configuration; `provider` and `sub` together are the identity. */
  readonly provider: string
  readonly sub: string
  /** Lower-cased, NFC. Present only when the provider did not say `email_verified: false`. */
  readonly email: string | undefined
  readonly name: string | undefined
  readonly username: string | undefined
  readonly groups: readonly string[]
  /** False when the provider withheld groups (Entra overage): a group rule is then unknown, never met. */
  readonly groupsComplete: boolean
  /** Every other claim a rule may look at, each as a list of strings. */
  readonly claims: Readonly<Record<string, readonly string[]>>
  /** The provider is marked `external: true`. */
  readonly external: boolean
}

/** How and when the person proved it. Absent claims stay absent: nothing here is assumed. */
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
 * Name of no provider: whoever used a sealed emergency code. Their `sub` is the code's id, their claim `app` the one
 * app it opens.
 */
export const emergencyProvider = 'emergency'

/** One key for a person in stores, grants and logs. */
export function subjectKey(subject: { readonly provider: string; readonly sub: string }): string {
  return `${subject.provider}|${subject.sub}`
}
