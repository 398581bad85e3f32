// Prometheus metrics for `/metrics`: plain counters on the hot path, converted at each scrape.

import type { ObservedRule } from '../policy/decision.ts'
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import {
  countDuration,
  effects,
  emptyCounters,
  type AppCounters,
  type Effect,
  type StatusClass,
} from './app-metrics.ts'
import { durationsMetric } from './histogram.ts'

export type { StatusClass } from './app-metrics.ts'

export type Throttled = 'connection' | 'sign_in' | 'request' | 'websocket' | 'pinned'

/** State of the audit at scrape time. */
export interface AuditNumbers {
  readonly queued: number
  readonly written: number
  readonly lost: number
  readonly sinks?: readonly {
    readonly name: string
    readonly delivery?: Readonly<Record<'waiting' | 'dead' | 'delivered' | 'refused', number>>
  }[]
}

export interface Metrics {
  decided(app: string, effect: Effect): void
  /** Rules in mode monitor that would have decided a request. */
  observed(app: string, rules: readonly ObservedRule[]): void
  /** Requests so far that a rule in mode monitor would have decided. */
  observedBy(app: string, rule: string): number
  /** `seconds` from the head of the request to the end of the response; bytes of bodies. */
  forwarded(app: string, statusClass: StatusClass, seconds: number, bytesIn: number, bytesOut: number): void
  /** `provider`: a name of the configuration, never client input. */
  /** `rejected`: caused by the browser alone. */
  signedIn(provider: string, outcome: 'success' | 'failure' | 'rejected'): void
  revalidated(outcome: 'confirmed' | 'ended' | 'unreachable' | 'busy'): void
  revoked(app: string): void
  /** Rejected by a limit per client address or user. */
  throttled(what: Throttled): void
  /** Read at each scrape: open exchanges by kind. */
  openConnections(read: () => Readonly<Record<'http' | 'websocket', number> & { pinned?: number }>): void
  audit(read: () => AuditNumbers): void
  /** Milliseconds; Infinity before the first read of the change log. */
  storeLag(read: () => number): void
  upstreamHealth(
    read: () => readonly { readonly app: string; readonly origin: string; readonly healthy: boolean }[],
  ): void
  /** Running emergency access, by app; read at each scrape. */
  emergencies(read: () => ReadonlyMap<string, number>): void
  /** Read at each scrape: whether each provider answers. */
  providers(read: () => readonly { readonly name: string; readonly available: boolean }[]): void
  /** Of hosts with a certificate of `gateway.acme`: its end in epoch milliseconds. */
  certificates(read: () => readonly { readonly host: string; readonly until: number | null }[]): void
  /** Worker processes, and how many were restarted after a crash. */
  workers(read: () => { readonly serving: number; readonly restarts: number }): void
  /** Names of the apps configured now: counters of other apps are dropped, and unknown names count as `(other)`. */
  configured(apps: readonly string[]): void
  text(): Promise<string>
  /** The same as data, for aggregation with other processes. */
  json(): Promise<unknown[]>
  readonly contentType: string
}

/** `statusClass` of an HTTP status; 0 (no response) is `none`. */
export function statusClass(status: number): StatusClass {
  return classes[Math.trunc(status / 100)] ?? 'none'
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })

  const apps = new Map<string, AppCounters>()
  let known: ReadonlySet<string> | undefined
  const registers = [registry]
  registry.registerMetric(durationsMetric(apps))

  const countersOf = (app: string): AppCounters => {
    const found = apps.get(app)
    if (found !== undefined) return found
    const unknown = known === undefined ? apps.size >= maxApps : !known.has(app)
    const name = unknown ? other : app
    const existing = apps.get(name)
    if (existing !== undefined) return existing
    const made = emptyCounters()
    apps.set(name, made)
    return made
  }

  counter('einlass_decisions_total', 'Decisions by app and effect.', ['app', 'effect'], (count) => {
    for (const [app, counters] of apps) {
      for (const effect of effects) count({ app, effect }, counters.effects[effect])
    }
  })
  counter(
    'einlass_observed_total',
    'Requests that a rule in mode monitor would have decided, by app, rule and effect.',
    ['app', 'rule', 'effect'],
    (count) => {
      for (const [app, { observed }] of apps) {
        for (const [rule, counts] of observed ?? []) {
          for (const effect of ['allow', 'deny'] as const) {
            if (counts[effect] > 0) count({ app, rule, effect }, counts[effect])
          }
        }
      }
    },
  )
  counter('einlass_requests_total', 'Forwarded requests by app and class of status.', ['app', 'status'], (count) => {
    for (const [app, counters] of apps) {
      for (const status of [...classes.slice(1), 'none'] as StatusClass[]) {
        if (counters.statuses[status] > 0) count({ app, status }, counters.statuses[status])
      }
    }
  })
  counter('einlass_bytes_total', 'Bytes of bodies by app and direction.', ['app', 'direction'], (count) => {
    for (const [app, counters] of apps) {
      count({ app, direction: 'in' }, counters.bytesIn)
      count({ app, direction: 'out' }, counters.bytesOut)
    }
  })
  counter('einlass_cuts_total', 'Open exchanges ended by a decision.', ['app'], (count) => {
    for (const [app, counters] of apps) count({ app }, counters.aborted)
  })
  const signIns = new Counter({
    name: 'einlass_sign_ins_total',
    help: 'Sign-ins by provider and outcome: success, failure (of the provider or the store), rejected (the response of the browser).',
    labelNames: ['provider', 'outcome'],
    registers,
  })
  const revalidations = new Counter({
    name: 'einlass_revalidations_total',
    help: 'Revalidations of sessions at the provider by outcome.',
    labelNames: ['outcome'],
    registers,
  })

  const throttledTotal = new Counter({
    name: 'einlass_throttled_total',
    help: 'Requests rejected by a limit per client address or user.',
    labelNames: ['what'],
    registers,
  })

  return {
    decided(app, effect) {
      countersOf(app).effects[effect]++
    },
    observed(app, rules) {
      const counters = countersOf(app)
      counters.observed ??= new Map()
      for (const { rule, effect } of rules) {
        counters.observed.getOrInsertComputed(rule, () => ({ allow: 0, deny: 0 }))[effect]++
      }
    },
    observedBy(app, rule) {
      const counts = apps.get(app)?.observed?.get(rule)
      return counts === undefined ? 0 : counts.allow + counts.deny
    },
    forwarded(app, status, seconds, bytesIn, bytesOut) {
      const counters = countersOf(app)
      counters.statuses[status]++
      counters.bytesIn += bytesIn
      counters.bytesOut += bytesOut
      countDuration(counters, seconds)
    },
    revoked(app) {
      countersOf(app).aborted++
    },
    throttled: (what) => throttledTotal.inc({ what }),
    signedIn: (provider, outcome) => signIns.inc({ provider, outcome }),
    revalidated: (outcome) => revalidations.inc({ outcome }),
    openConnections(read) {
      gauge('einlass_open_connections', 'Open exchanges by kind.', ['kind'], (set) => {
        for (const [kind, count] of Object.entries(read())) set({ kind }, count)
      })
    },
    audit(read) {
      gauge('einlass_audit_queued', 'Audit events not yet written.', [], (set) => set({}, read().queued))
      counter('einlass_audit_written_total', 'Audit events written, over all sinks.', [], (count) =>
        count({}, read().written),
      )
      counter('einlass_audit_lost_total', 'Audit events lost, over all sinks.', [], (count) => count({}, read().lost))
      const delivering = (what: 'waiting' | 'dead' | 'delivered' | 'refused') => (write: Setter) => {
        for (const { name, delivery } of read().sinks ?? []) {
          if (delivery !== undefined) write({ sink: name }, delivery[what])
        }
      }
      const sink = ['sink']
      gauge('einlass_messages_waiting', 'Messages on disk, not yet delivered.', sink, delivering('waiting'))
      gauge('einlass_messages_dead', 'Messages on disk whose delivery was abandoned.', sink, delivering('dead'))
      counter('einlass_messages_delivered_total', 'Messages delivered.', sink, delivering('delivered'))
      counter(
        'einlass_messages_refused_total',
        'Messages dropped because the spool was full.',
        sink,
        delivering('refused'),
      )
    },
    storeLag(read) {
      gauge(
        'einlass_store_lag_seconds',
        'Since the change log was last read to its end.',
        [],
        (set) => set({}, read() / 1000),
        'max',
      )
    },
    upstreamHealth(read) {
      gauge(
        'einlass_upstream_healthy',
        '1 while an upstream is available.',
        ['app', 'origin'],
        (set) => {
          for (const { app, origin, healthy } of read()) set({ app, origin }, healthy ? 1 : 0)
        },
        'min',
      )
    },
    emergencies(read) {
      gauge(
        'einlass_emergencies_running',
        'Emergency access that is running, by app.',
        ['app'],
        (set) => {
          for (const [app, count] of read()) set({ app }, count)
        },
        // Every worker knows all of them.
        'max',
      )
    },
    providers(read) {
      gauge(
        'einlass_provider_available',
        '0 while a provider does not answer: requests that need it fail at once, but for one probe after each pause.',
        ['provider'],
        (set) => {
          for (const { name, available } of read()) set({ provider: name }, available ? 1 : 0)
        },
        'min',
      )
    },
    certificates(read) {
      gauge(
        'einlass_certificate_ends_seconds',
        'End of the certificate of a host that gateway.acme orders, in seconds since 1970; 0: it has none.',
        ['host'],
        (set) => {
          for (const { host, until } of read()) set({ host }, (until ?? 0) / 1000)
        },
        'min',
      )
    },
    workers(read) {
      gauge('einlass_workers', 'Worker processes that accept requests.', [], (set) => set({}, read().serving))
      counter('einlass_worker_restarts_total', 'Workers restarted after a crash.', [], (count) =>
        count({}, read().restarts),
      )
    },
    configured(names) {
      known = new Set(names)
      for (const app of apps.keys()) if (!known.has(app)) apps.delete(app)
    },
    text: () => registry.metrics(),
    json: () => registry.getMetricsAsJSON() as Promise<unknown[]>,
    contentType: registry.contentType,
  }

  function counter(name: string, help: string, labelNames: string[], read: (count: Setter) => void): void {
    registry.removeSingleMetric(name)
    registry.registerMetric(
      new Counter({
        name,
        help,
        labelNames,
        registers: [],
        collect() {
          this.reset()
          read((labels, value) => this.inc(labels, value))
        },
      }),
    )
  }

  /** `aggregator`: how values of several workers are combined. */
  function gauge(
    name: string,
    help: string,
    labelNames: string[],
    read: (set: Setter) => void,
    aggregator: 'sum' | 'max' | 'min' = 'sum',
  ): void {
    registry.removeSingleMetric(name)
    registry.registerMetric(
      new Gauge({
        name,
        help,
        labelNames,
        registers: [],
        aggregator,
        collect() {
          this.reset()
          read((labels, value) => this.set(labels, value))
        },
      }),
    )
  }
}

type Setter = (labels: Readonly<Record<string, string>>, value: number) => void

const classes: readonly StatusClass[] = ['none', '1xx', '2xx', '3xx', '4xx', '5xx']
const other = '(other)'
/** Limit until `configured` names the apps. */
const maxApps = 1000
