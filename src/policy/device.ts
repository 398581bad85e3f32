// On which device: posture in its one normal form. Unknown is not false, and never passes.

/** Undefined means unknown. */
export type Fact = boolean | undefined

export const riskLevels = ['low', 'medium', 'high', 'critical'] as const
export type RiskLevel = (typeof riskLevels)[number]

/** What one source says, or what all of them say together after merging. */
export interface Posture {
  readonly deviceId: string
  /** The source's name; after merging, the names joined by `+`. */
  readonly source: string
  /** Epoch milliseconds at which the oldest attribute used was observed. */
  readonly observedAt: number
  readonly managed: Fact
  readonly owner: string | undefined
  readonly compliant: Fact
  readonly diskEncrypted: Fact
  readonly os: { readonly name: string; readonly version: string } | undefined
  readonly screenLock: Fact
  readonly firewall: Fact
  readonly antivirus: { readonly present: Fact; readonly healthy: Fact } | undefined
  readonly risk: RiskLevel | undefined
}

/**
 * The device as a request shows it. `absent`: nothing trustworthy named a device. `unreachable`: a source that
 * could have told did not answer. `mismatch`: another device than the one the session is pinned to.
 */
export type Device =
  | { readonly state: 'known'; readonly posture: Posture }
  | { readonly state: 'absent' }
  | { readonly state: 'unreachable' }
  | { readonly state: 'mismatch' }

/** `devices.postures.NAME`: what a device must be. Only what is set is required. */
export interface PostureRequirement {
  readonly name: string
  readonly managed?: boolean
  readonly diskEncrypted?: boolean
  readonly firewall?: boolean
  readonly screenLock?: boolean
  readonly antivirus?: 'present' | 'healthy'
  /** Minimum version by operating system name; a system not listed is not accepted. */
  readonly os?: Readonly<Record<string, string>>
  readonly riskAtMost?: RiskLevel
  /** Milliseconds a posture stays good after `observedAt`. */
  readonly maxAge: number
  /** What an unknown device may still do. */
  readonly whenUnknown: 'deny' | 'read_only'
}
