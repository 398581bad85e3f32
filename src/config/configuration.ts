// The loaded configuration: validated, defaults filled in, durations in milliseconds, sizes in bytes, secrets resolved,
// file paths absolute. Built by `load/load.ts`, immutable.

import type { AppDeclaration } from '../policy/declaration.ts'
import type { PostureRequirement } from '../policy/device.ts'
import type { Externals } from '../policy/externals.ts'
import type { Grant } from '../policy/grant.ts'
import type { Schedule } from '../policy/schedule/window.ts'
import type { AcmeSettings } from './acme-settings.ts'
import type { AuditSettings } from './audit-settings.ts'
import type {
  AppLimits,
  ConstantFields,
  IdentityMap,
  IdentityPreset,
  ResponseFieldSettings,
  UpstreamAuthorization,
  UpstreamHost,
} from './forwarding-settings.ts'
import type { GuestSettings } from './guest-settings.ts'
import type { Methods } from './methods.ts'
import type { OrganisationSettings, OwnMessages, PortalEntry } from './organisation-settings.ts'
import type { ProviderSettings } from './provider-settings.ts'
import type { EmergencySettings, RequestSettings } from './request-settings.ts'

export interface Configuration {
  /** Absolute path of the main file. */
  readonly file: string
  /** Every file read: the main one, includes, certificates, inventories, secret files. */
  readonly watched: readonly string[]
  /** Absolute glob patterns of `include`: a new file that matches one becomes part of the configuration. */
  readonly includes: readonly string[]
  /**
   * SHA-256 over the content of the YAML files, inventories, device keys and authorities (not of secrets and private
   * keys, which could be guessed from it), first 16 hex digits: the policy version in the audit.
   */
  readonly hash: string
  readonly gateway: GatewaySettings
  readonly organisation: OrganisationSettings
  readonly store: StoreSettings
  /** With `guests` configured, also the built-in provider of that name (`guest-settings.ts`). */
  readonly providers: ReadonlyMap<string, ProviderSettings>
  /** People without a provider; absent: none. */
  readonly guests?: GuestSettings | undefined
  readonly session: SessionSettings
  readonly networks: ReadonlyMap<string, readonly string[]>
  readonly schedules: ReadonlyMap<string, Schedule>
  readonly roles: ReadonlyMap<string, RoleSettings>
  /** Sets of linked accounts, one set per user: `provider|sub` or `provider|mailto:address`. */
  readonly linked?: readonly (readonly string[])[]
  /** External users, who always need a grant; absent only in tests without external users. */
  readonly external?: Externals
  /** E-mail addresses of permitted sponsors; undefined: no restriction. */
  readonly sponsors?: ReadonlySet<string> | undefined
  readonly devices: {
    readonly sources: readonly PostureSourceSettings[]
    readonly postures: ReadonlyMap<string, PostureRequirement>
  }
  readonly apps: ReadonlyMap<string, App>
  /** Grants declared in YAML. */
  readonly grants: readonly Grant[]
  /** Roles of the admin console; absent: the console is closed. */
  readonly console?: ConsoleSettings
  /** `file:line` of each rule (`rule APP NAME`) and grant (`grant ID`), for instructions to remove it from the file. */
  readonly places?: ReadonlyMap<string, string>
  readonly audit: AuditSettings
  readonly limits: LimitSettings
}

/** Names of local roles. */
export interface ConsoleSettings {
  readonly viewers: readonly string[]
  readonly admins: readonly string[]
  /** Milliseconds. */
  readonly reviewEvery: number
}

export interface GatewaySettings {
  /** Origin without a trailing slash: `https://access.example.com`. */
  readonly origin: string
  /** Host as in the Host header: port only when it is not the scheme's default. */
  readonly host: string
  readonly secure: boolean
  readonly listen: readonly ListenerSettings[]
  readonly httpRedirect: HttpRedirectSettings
  /** Certificates that the gateway orders itself. Absent: none. */
  readonly acme?: AcmeSettings | undefined
  readonly operations: { readonly host: string; readonly port: number } | undefined
  readonly adminSocket: string | undefined
  /** Processes that share the listeners; `auto`: as many as the machine and the store allow. */
  readonly workers: 'auto' | number
  /** HTTP/1.x server and client: Node and undici, or Einlass's own on sockets. */
  readonly http1: 'node' | 'einlass'
  readonly trustedProxies: readonly string[]
  /** Value of Strict-Transport-Security over https; '' none. */
  readonly hsts: string
  /** IANA name: the zone in which times are shown to people whose provider states none (`zoneinfo`). */
  readonly timeZone: string
  /** 32-byte keys: the first encrypts, all decrypt. Empty only with the memory store. */
  readonly secretKeys: readonly Buffer[]
}

export interface ListenerSettings {
  readonly host: string
  readonly port: number
  readonly tls: TlsSettings | undefined
}

/** Plain listeners that redirect to https. */
export interface HttpRedirectSettings {
  /** Empty: none. */
  readonly listen: readonly { readonly host: string; readonly port: number }[]
  /** Asked for in the file: the gateway does not start without them. Else they are opened where the port is free. */
  readonly required: boolean
}

export interface TlsSettings {
  /** PEM files; chosen by SNI, the first is the default. Empty only with `issued`. */
  readonly certificates: readonly { readonly cert: string; readonly key: string }[]
  readonly clientCa: string | undefined
  readonly http2: boolean
  /** Besides the files: certificates of `gateway.acme`. Absent: false. */
  readonly issued?: boolean
}

export type StoreSettings =
  | { readonly kind: 'memory' }
  | { readonly kind: 'sqlite'; readonly file: string }
  /** `url` contains the password: log `safeUrl` instead. */
  | {
      readonly kind: 'redis'
      readonly mode: 'single' | 'sentinel' | 'cluster'
      readonly url: string
      readonly safeUrl: string
    }

export interface SessionSettings {
  /** All values in milliseconds. */
  readonly idle: number
  readonly lifetime: number
  readonly revalidate: number
  readonly grace: number
  readonly lease: number
}

export interface RoleSettings {
  readonly groups: readonly string[]
  readonly users: readonly string[]
}

export type PostureSourceSettings =
  | {
      readonly kind: 'trusted_header'
      readonly name: string
      readonly style: 'einlass'
      readonly networks: readonly string[]
      readonly secret: string
      /** Milliseconds a signature's `t` may differ from the gateway's clock. */
      readonly tolerance: number
    }
  | { readonly kind: 'signed_jwt'; readonly name: string; readonly keys: string }
  | { readonly kind: 'inventory'; readonly name: string; readonly file: string }

export interface App {
  readonly name: string
  readonly title: string
  readonly owner: string | undefined
  /** How the portal shows it. Absent: by the first letter of its title. */
  readonly portal?: PortalEntry
  /** Sentences of its own, in place of those of the organisation. Absent: none. */
  readonly messages?: OwnMessages
  readonly sensitivity: 'low' | 'medium' | 'high' | 'critical'
  /** Value of Strict-Transport-Security; '' none, also over plain http; absent: as the app sends it. */
  readonly hsts?: string | undefined
  /** Where users reach it. The first is the one shown. */
  readonly addresses: readonly [PublicAddress, ...PublicAddress[]]
  /** Origin, Host and scheme of the first address. */
  readonly origin: string
  readonly host: string
  readonly secure: boolean
  readonly upstreams: readonly UpstreamTarget[]
  /** Path of `to`, which takes the place of an address's `path`, '' or such as `/doku`. Absent: paths are the same. */
  readonly upstreamPath?: string | undefined
  /** `host`: the app may set cookies for its whole host, and not only below the address's `path`. Absent: `app`. */
  readonly cookiePath?: 'app' | 'host'
  /** Opt-in: upstreams may be link-local, metadata and other special addresses, or Einlass itself. Absent: false. */
  readonly allowSpecialAddresses?: boolean
  readonly upstreamTls: {
    readonly ca: string | undefined
    readonly cert: string | undefined
    readonly key: string | undefined
    readonly serverName: string | undefined
  }
  /** Access requests: eligible users and approvers; undefined: no requests. */
  readonly requests?: RequestSettings | undefined
  /** Emergency access; undefined: none. */
  readonly emergency?: EmergencySettings | undefined
  /** `require` here already contains `baseline`. */
  readonly declaration: AppDeclaration
  readonly session: SessionSettings
  /** Local storage, databases and service workers stay in the browser at sign-out. */
  readonly keepStorage: boolean
  /** `aud` of its assertions: origin and path of the first address. Absent: `origin`. */
  readonly audience?: string
  /** A map is a new object only when it changed at reload, as are `headerGroups` and `authorization`. */
  readonly identityHeaders: IdentityPreset | IdentityMap
  /** Groups that the identity headers and the assertion may contain; a new set only when its members changed at reload. */
  readonly headerGroups: 'all' | ReadonlySet<string>
  /** They are written in the file, and not derived from the rules (`used`). Absent: false. */
  readonly headerGroupsWritten?: boolean
  /** Header fields of requests: further ones to remove, and identity headers of other products to pass. Absent: none. */
  readonly headerNames?: { readonly remove: readonly string[]; readonly keep: readonly string[] } | undefined
  /** Host that the upstream sees. Absent: `public`. */
  readonly upstreamHost?: UpstreamHost
  /** Authorization of requests. Absent: the client's passes. */
  readonly authorization?: UpstreamAuthorization | undefined
  /** Fields of every request. Absent: none. */
  readonly requestFields?: ConstantFields | undefined
  /** Fields set on and removed from responses. Absent: none. */
  readonly responseFields?: ResponseFieldSettings | undefined
  /** Timeouts and limits of its own. Absent: those of the gateway. */
  readonly limits?: AppLimits | undefined
  readonly public: readonly { readonly paths: readonly string[]; readonly methods: readonly string[] }[]
  readonly healthCheck: { readonly path: string; readonly interval: number } | undefined
  /** `verbatim`: ambiguous spellings pass and are forwarded as received, also where rules look at paths. */
  readonly paths: 'canonical' | 'verbatim'
  /** HTTP methods it accepts. Absent: those of `http`. */
  readonly methods?: Methods
  /** Scheme of `Destination` and tagged `If` lists at the upstream. Absent: the upstream's own. */
  readonly destinationScheme?: 'upstream' | 'public'
  /** Origins besides the app's own whose pages may send writes, WebSocket handshakes and CORS requests. */
  readonly trustedOrigins: readonly string[]
  /** Further origins, for WebSocket handshakes only. */
  readonly websocketOrigins: readonly string[]
  /** Accepts handshakes without `Origin`, of clients that are no browsers. */
  readonly websocketWithoutOrigin: boolean
  /** Patterns of paths that take forms of other sites. Absent: none. */
  readonly crossSitePosts?: readonly string[]
  /** Names of the apps that pages of this one show in frames. Absent: none. */
  readonly embeds?: readonly string[]
  /** Origins whose pages may show it in a frame: its own and others. Absent: none. */
  readonly frameAncestors?: readonly string[]
  /** NTLM and Negotiate: on upstream connections of one session each, or not at all. */
  readonly connectionAuth: 'pinned' | 'strip'
}

export interface PublicAddress {
  /** Origin and Host, without the default port of the scheme. */
  readonly origin: string
  readonly host: string
  readonly secure: boolean
  /** Prefix of the app's paths, such as `/wiki`, without a slash at its end; '' for the whole host. */
  readonly path: string
}

export interface UpstreamTarget {
  /** `http://10.20.0.7:3000`, `unix:/run/app.sock`; no path. See `upstream-origin.ts`. */
  readonly origin: string
}

export interface LimitSettings {
  readonly headerCount: number
  readonly headerBytes: number
  /** Bytes of a request body; undefined means unlimited. */
  readonly bodyBytes: number | undefined
  /** Milliseconds. */
  readonly headerTimeout: number
  readonly bodyIdleTimeout: number
  readonly keepAliveTimeout: number
  readonly upstreamConnectTimeout: number
  readonly upstreamHeaderTimeout: number
  readonly connections: number
  readonly connectionsPerAddress: number
  /** Rate limit: sign-ins started per address block and minute. */
  readonly signInsPerMinute: number
  /** Concurrency limits. */
  readonly requestsPerPerson: number
  readonly websocketsPerPerson: number
  /** Milliseconds. */
  readonly websocketIdleTimeout: number
  /** Per connection. */
  readonly http2Streams: number
  readonly http2ResetsPerSecond: number
}
