// Certificates that the gateway orders itself (`gateway.acme`): every process holds them, one of all nodes orders them.

import type { Recorder } from '../audit/event.ts'
import type { AcmeSettings } from '../config/acme-settings.ts'
import type { IssuedCertificates } from '../http/server/issued-certificates.ts'
import { createBoundedHttp, type BoundedHttp } from '../net/bounded-http.ts'
import { proxyFromEnvironment } from '../net/outbound-proxy.ts'
import type { ChangeFeed } from '../store/change-feed.ts'
import type { Seal } from '../store/seal.ts'
import type { Store } from '../store/store.ts'
import type { Logger } from '../telemetry/logger.ts'
import { createHeldCertificates } from './held-certificates.ts'
import { createAccountRecords, createHostRecords } from './host-record.ts'
import { createLease } from './lease.ts'
import { createOrderer } from './orderer.ts'
import { createSignedRequests, type SignedRequests } from './signed-requests.ts'
import { hostStatus, type HostStatus } from './host-status.ts'

export interface Acme {
  readonly issued: IssuedCertificates
  /** Body of the answer to a challenge of http-01; undefined: no token of ours for this host. */
  httpAnswer(host: string, token: string): string | undefined
  /** Of each declared host, in the order of the configuration. */
  status(): readonly HostStatus[]
  /** Reads what the store has; rejects when it is unreachable. */
  load(): Promise<void>
  /** The listeners are open: from now on this process may order. */
  start(): void
  /** After a reload: new hosts are ordered at once. */
  reloaded(): void
  /** One round at once; resolves when it has ended: true if this process orders. Never rejects. */
  round(): Promise<boolean>
  stop(): Promise<void>
}

export interface AcmeOptions {
  /** Of the active configuration. */
  readonly settings: () => AcmeSettings
  readonly store: Store
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly changes: ChangeFeed
  readonly record: Recorder
  readonly log: Logger
  readonly now: () => number
  readonly env: Readonly<Record<string, string | undefined>>
  /** `einlass/VERSION` (RFC 8555 6.1). */
  readonly userAgent: string
}

/** Milliseconds between rounds: a third of the lease, so that it is kept. */
const interval = 20_000
/** Milliseconds until all nodes have read a change, as promised for revocations. */
const propagation = 2_000

export function createAcme(options: AcmeOptions): Acme {
  const { settings, store, changes, record, log, now, env, userAgent } = options
  const records = createHostRecords(options)
  let known: { readonly settings: AcmeSettings; readonly names: ReadonlySet<string> } | undefined
  const names = (): ReadonlySet<string> => {
    const current = settings()
    if (known?.settings !== current) known = { settings: current, names: new Set(current.names) }
    return known!.names
  }
  const held = createHeldCertificates({ records, changes, names, now, log })
  let connection:
    { readonly settings: AcmeSettings; readonly http: BoundedHttp; readonly requests: SignedRequests } | undefined

  /** One for each configuration: a changed directory, authority or binding is another client. */
  function connect(current: AcmeSettings): SignedRequests {
    if (connection?.settings === current) return connection.requests
    void connection?.http.close()
    const http = createBoundedHttp({
      timeout: 30_000,
      connectTimeout: 10_000,
      keepAliveTimeout: 4_000,
      maxBytes: 256 * 1024,
      maxConnections: 4,
      furtherCa: current.ca,
      proxy: proxyFromEnvironment(env),
    })
    const requests = createSignedRequests({ http, directoryUrl: current.directory, userAgent, now })
    connection = { settings: current, http, requests }
    return requests
  }

  const orderer = createOrderer({
    settings,
    lease: createLease(store),
    records,
    accounts: createAccountRecords(options),
    held,
    connect,
    propagated: () =>
      store.kind === 'redis' ? new Promise((resolve) => setTimeout(resolve, propagation)) : Promise.resolve(),
    record,
    log,
    now,
    random: Math.random,
  })
  let timer: NodeJS.Timeout | undefined

  return {
    issued: held.issued,
    httpAnswer: held.httpAnswer,
    status: () => settings().names.map((name) => hostStatus(name, held.recordOf(name), now())),
    load: held.load,
    start() {
      timer = setInterval(() => void orderer.round(), interval)
      timer.unref()
      void orderer.round()
    },
    reloaded() {
      orderer.reloaded()
      // Before `start` the first round does it.
      if (timer !== undefined) void orderer.round()
    },
    round: orderer.round,
    async stop() {
      clearInterval(timer)
      await orderer.stop()
      held.stop()
      await connection?.http.close()
    },
  }
}
