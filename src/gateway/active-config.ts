// The active configuration and what request handling derives from it. Replaced as a whole at reload.

import type { App, Configuration, PublicAddress } from '../config/configuration.ts'
import type { PathMapping } from '../proxy/path-mapping.ts'
import type { Upstream } from '../proxy/upstream.ts'
import type { UpstreamLimits } from '../proxy/upstream-limits.ts'
import type { HeaderRules } from '../proxy/headers/request-headers.ts'
import type { Policy } from '../policy/policy.ts'
import type { PathCheck } from './path-check.ts'
import type { CanonicalRules } from './canonical/canonical-request.ts'
import type { MethodKind } from './methods.ts'
import type { WebDavOrigin } from './webdav/webdav-origin.ts'

/** One app with its compiled policy and its upstream. */
export interface AppRuntime {
  readonly config: App
  readonly policy: Policy
  readonly upstream: Upstream
  /** Its own over those of the gateway. */
  readonly limits: UpstreamLimits
  /** Largest head of a request: target and fields without cookies, and cookies by themselves. */
  readonly headerBytes: number
  /** Rules of its own for request headers; undefined: those of all apps. */
  readonly headers: HeaderRules | undefined
  /** Which spellings of paths it takes, and how they are forwarded. */
  readonly paths: PathCheck
  /** True where `public` exempts this method and path, and a destination, from sign-in. */
  isPublic(method: string, path: string, destination?: string): boolean
  /** Whether the app accepts a method; undefined: 501. */
  methodKind(method: string): MethodKind
  /** See `webdav-origin.ts`; undefined: no methods of WebDAV, whose fields then pass as received. */
  readonly webDavOrigin: WebDavOrigin | undefined
}

/** One public address of an app. */
export interface AppRoute {
  readonly address: PublicAddress
  readonly app: AppRuntime
  /** Undefined: paths are the same on both sides, and the address has the whole host. */
  readonly paths: PathMapping | undefined
}

export interface ActiveConfig {
  readonly configuration: Configuration
  /** By name. */
  readonly apps: ReadonlyMap<string, AppRuntime>
  /** By canonical Host (`canonical-request.ts`): never empty, longest path first. */
  readonly hosts: ReadonlyMap<string, readonly AppRoute[]>
  /** By host name without port: the https origin of the gateway or of an app, for `redirect-to-https.ts`. */
  readonly secureOrigins: ReadonlyMap<string, string>
  readonly rules: CanonicalRules
  /** Names of the configured networks that contain an address; none for an unknown one. */
  networksOf(address: string | undefined): ReadonlySet<string>
}
