// Device posture in its normal form. An unknown attribute is not false, and never meets a requirement.

/** Undefined means unknown. */
export type Fact = boolean | undefined

export const riskLevels = ['low', 'medium', 'high', 'critical'] as const
export type RiskLevel = (typeof riskLevels)[number]

/** Posture reported by one source, or merged from all sources. */
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
 * Device of a request. `absent`: no trusted source identified a device. `unreachable`: a source that could have done so
 * did not respond. `mismatch`: not the device the session is pinned to.
 */
export type Device =
  | { readonly state: 'known'; readonly posture: Posture }
  | { readonly state: 'absent' }
  | { readonly state: 'unreachable' }
  | { readonly state: 'mismatch' }

/** `devices.postures.NAME`: required attributes. Attributes left out are not checked. */
export interface PostureRequirement {
  readonly name: string
  /**
   * `true`: a source states that the device is compliant. `any`: the verdict is not looked at. Undefined: it may be unknown,
   * but a device that a source states to be not compliant does not pass.
   */
  readonly compliant?: true | 'any'
  readonly managed?: boolean
  readonly diskEncrypted?: boolean
  readonly firewall?: boolean
  readonly screenLock?: boolean
  readonly antivirus?: 'present' | 'healthy'
  /** Minimum version by operating system name; a system not listed is not accepted. */
  readonly os?: Readonly<Record<string, string>>
  readonly riskAtMost?: RiskLevel
  /** Milliseconds a posture stays valid after `observedAt`. */
  readonly maxAge: number
  /** Whether reading is allowed while the posture is unknown, absent or stale. */
  readonly whenUnknown: 'deny' | 'read_only'
}
