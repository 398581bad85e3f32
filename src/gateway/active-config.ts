// The configuration in force, with everything made from it that the path needs ready. Replaced as a whole at reload.

import type { App, Configuration } from '../config/configuration.ts'
import type { Upstream } from '../proxy/upstream.ts'
import type { Policy } from '../policy/policy.ts'
import type { CanonicalRules } from './canonical/canonical-request.ts'

/** One app, ready to serve. */
export interface AppRuntime {
  readonly config: App
  readonly policy: Policy
  readonly upstream: Upstream
  /** Some rule or public path looks at paths: ambiguous spellings are refused. */
  readonly pathSensitive: boolean
  /** `public`: no sign-in for this method and path. */
  isPublic(method: string, path: string): boolean
}

export interface ActiveConfig {
  readonly configuration: Configuration
  /** By Host as `canonical.ts` writes it. */
  readonly apps: ReadonlyMap<string, AppRuntime>
  readonly rules: CanonicalRules
  /** Names of the configured networks an address is in. */
  networksOf(address: string): ReadonlySet<string>
}
