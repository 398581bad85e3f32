// Gateway status for `einlass status`, and the health that `/livez` and `/readyz` report.

import type { HostStatus } from '../../acme/host-status.ts'
import { emergencyUser, runningEmergencies } from '../../grants/emergency/emergencies.ts'
import { subjectKey } from '../../policy/subject.ts'
import type { ProviderHealth } from '../../identity/oidc/provider.ts'
import type { LastFailure } from '../../identity/oidc/failure-log.ts'
import type { ChangedCookie } from '../../proxy/changed-cookies.ts'
import type { HealthStatus } from './health.ts'
import type { RedirectListenerState } from '../listen-redirect.ts'
import type { Dependencies } from '../../gateway/dependencies.ts'
import {
  advisoriesAsOf,
  outdatedComponents,
  type OutdatedComponent,
  type ComponentVersions,
} from './minimum-versions.ts'

/** State that only the running process has. */
export interface RuntimeState {
  readonly version: string
  /** Of Node and the libraries it runs on. */
  readonly versions: ComponentVersions
  readonly startedAt: number
  /** `appliedAt`: epoch milliseconds; `refused`: the problems of a newer configuration that was invalid. */
  readonly configuration: () => { readonly appliedAt: number; readonly refused: readonly string[] }
  readonly audit: () => unknown
  readonly store: () => { readonly kind: string; readonly ping: () => Promise<void> }
  /** Whether each provider's metadata is cached or can be fetched within `timeout` milliseconds. */
  readonly providers: (timeout: number) => Promise<HealthStatus['providers']>
  readonly providerFailures: () => ReadonlyMap<string, LastFailure | undefined>
  readonly draining: () => boolean
  readonly redirects: () => readonly RedirectListenerState[]
  /** Why there is one worker although the configuration does not ask for one. */
  readonly oneWorker: string | undefined
  readonly reload: () => Promise<unknown>
}

export interface Status {
  readonly version: string
  readonly versions: ComponentVersions
  /** Components of `versions` that are older than their first version without a known flaw. */
  readonly outdated: readonly OutdatedComponent[]
  /** `YYYY-MM-DD`: advisories published later are not considered in `outdated`. */
  readonly advisoriesAsOf: string
  readonly pid: number
  readonly startedAt: number
  readonly configuration: {
    readonly file: string
    readonly hash: string
    readonly appliedAt: number
    readonly refused: readonly string[]
  }
  /** `lag`: milliseconds since the change log was last read to its end. */
  readonly store: { readonly kind: string; readonly reachable: boolean; readonly lag: number | null }
  readonly sessions: number | null
  readonly grants: number
  /** `unreviewed`: emergencies without a review; `overdue`: those past their review date. */
  readonly requests: { readonly open: number; readonly unreviewed: number; readonly overdue: number }
  /** Running ones, newest first. */
  readonly emergencies: readonly EmergencyStatus[]
  /** Rules in mode monitor: requests since the start that each would have decided. */
  readonly observed: readonly ObservedStatus[]
  readonly open: Readonly<Record<string, number>>
  readonly workers: {
    /** Why there is one although the configuration does not ask for one. */
    readonly why: string | null
    readonly wanted: number
    /** Workers started to replace one that died, since the supervisor started. */
    readonly restarts: number
    readonly processes: readonly WorkerStatus[]
  }
  /** Cookies of apps that were changed or dropped. */
  readonly cookies: readonly CookieStatus[]
  /** Plain listeners that redirect to https. `detail`: why it is not open; null: it is. */
  readonly redirects: readonly { readonly host: string; readonly port: number; readonly detail: string | null }[]
  /** Hosts of `gateway.acme`. */
  readonly certificates: readonly HostStatus[]
  readonly upstreams: readonly { readonly app: string; readonly origin: string; readonly healthy: boolean }[]
  /** `failure`: the last one at a sign-in or refresh, null after a success. */
  readonly providers: readonly (ProviderHealth & { readonly failure: LastFailure | null })[]
  readonly audit: unknown
}

/** Times in epoch milliseconds. */
export interface EmergencyStatus {
  /** Id of the request. */
  readonly request: string
  readonly app: string
  /** `provider|sub`; `emergency|ID` for an emergency code. */
  readonly who: string
  /** Of the user; null for an emergency code. */
  readonly name: string | null
  /** Name stated with an emergency code, not verified. */
  readonly statedName: string | null
  readonly reason: string | null
  readonly since: number
  readonly until: number
}

export interface CookieStatus extends ChangedCookie {
  readonly app: string
}

export interface ObservedStatus {
  readonly app: string
  readonly rule: string
  readonly effect: 'allow' | 'deny'
  readonly requests: number
}

/** One worker process. */
export interface WorkerStatus {
  readonly pid: number
  readonly state: 'starting' | 'serving' | 'finishing'
  readonly startedAt: number
  readonly open: Readonly<Record<string, number>>
}

/** Never rejects: an unknown value is null. `counted`: count the sessions, which reads all of them. */
export async function statusOf(deps: Dependencies, running: RuntimeState, counted: boolean): Promise<Status> {
  const { configuration, apps } = deps.activeConfig()
  const store = running.store()
  const reachable = await store.ping().then(
    () => true,
    () => false,
  )
  const sessions = reachable && counted ? await deps.sessions.all().catch(() => undefined) : undefined
  const lag = deps.changes.lag()
  const open = deps.connections.counts()
  const { startedAt } = running
  const state = running.draining() ? 'finishing' : 'serving'
  return {
    version: running.version,
    versions: running.versions,
    outdated: outdatedComponents(running.versions),
    advisoriesAsOf,
    pid: process.pid,
    startedAt,
    configuration: { file: configuration.file, hash: configuration.hash, ...running.configuration() },
    store: { kind: store.kind, reachable, lag: Number.isFinite(lag) ? lag : null },
    sessions: sessions?.length ?? null,
    grants: deps.grants.all().length,
    requests: countRequests(deps),
    emergencies: emergencyStatuses(deps),
    observed: observedRules(deps),
    open,
    workers: {
      why: running.oneWorker ?? null,
      wanted: 1,
      restarts: 0,
      processes: [{ pid: process.pid, state, startedAt, open }],
    },
    cookies: [...apps.values()].flatMap(({ config, upstream }) =>
      upstream.changedCookies().map((one) => ({ app: config.name, ...one })),
    ),
    certificates: deps.acme?.status() ?? [],
    redirects: running.redirects().map((one) => ({ ...one, detail: one.detail ?? null })),
    upstreams: [...apps.values()].flatMap(({ config, upstream }) =>
      upstream.health().map(({ origin, healthy }) => ({ app: config.name, origin, healthy })),
    ),
    providers: await providerStatus(running),
    audit: running.audit(),
  }
}

async function providerStatus(running: RuntimeState): Promise<Status['providers']> {
  const reachable = await running.providers(1_000)
  const failures = running.providerFailures()
  return reachable.map((one) => ({ ...one, failure: failures.get(one.name) ?? null }))
}

export function emergencyStatuses(deps: Pick<Dependencies, 'requests' | 'grants' | 'now'>): readonly EmergencyStatus[] {
  return runningEmergencies(deps, deps.now()).map(({ request, since, until }) => {
    const user = emergencyUser(request)
    return {
      request: request.id,
      app: request.app,
      who: subjectKey(request.by),
      name: user.stated ? null : user.name,
      statedName: user.stated ? (user.name ?? null) : null,
      reason: request.reason ?? null,
      since,
      until,
    }
  })
}

function observedRules({ activeConfig, metrics }: Pick<Dependencies, 'activeConfig' | 'metrics'>): ObservedStatus[] {
  return [...activeConfig().apps.values()].flatMap(({ policy: { app, rules } }) =>
    rules
      .filter(({ mode }) => mode === 'monitor')
      .map(({ name, effect }) => ({ app, rule: name, effect, requests: metrics.observedBy(app, name) })),
  )
}

function countRequests({ requests, now }: Pick<Dependencies, 'requests' | 'now'>): Status['requests'] {
  const all = requests.all()
  const unreviewed = all.filter(({ emergency, reviewed }) => emergency && reviewed === undefined)
  return {
    open: all.filter(({ state }) => state === 'open').length,
    unreviewed: unreviewed.length,
    overdue: unreviewed.filter(({ reviewBy }) => now() >= (reviewBy ?? Infinity)).length,
  }
}

/** Until `healthOf` can answer: the listener for health checks is open while the gateway waits for its store. */
export function startingHealth(
  { store, hash }: { readonly store: { readonly kind: string }; readonly hash: string },
  startedAt: number,
): HealthStatus {
  return {
    store: { kind: store.kind, reachable: false },
    lag: Infinity,
    draining: false,
    starting: true,
    configuration: { hash, appliedAt: startedAt, refused: false },
    providers: [],
  }
}

/** For the health checks of load balancers and supervisors. Never rejects. */
export async function healthOf(deps: Dependencies, running: RuntimeState): Promise<HealthStatus> {
  const store = running.store()
  const reachable = await store.ping().then(
    () => true,
    () => false,
  )
  const { appliedAt, refused } = running.configuration()
  return {
    store: { kind: store.kind, reachable },
    lag: deps.changes.lag(),
    draining: running.draining(),
    configuration: { hash: deps.activeConfig().configuration.hash, appliedAt, refused: refused.length > 0 },
    providers: await running.providers(1_000),
  }
}
