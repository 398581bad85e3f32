// Hot reload of the configuration: load, validate, swap. An invalid one changes nothing and is reported.

import { isDeepStrictEqual } from 'node:util'
import type { Recorder } from '../audit/event.ts'
import type { Configuration, LimitSettings } from '../config/configuration.ts'
import type { Loaded } from '../config/load/load.ts'
import { printProblem } from '../config/load/problem.ts'
import type { Logger } from '../telemetry/logger.ts'

export type ReloadResult =
  | { readonly state: 'applied'; readonly hash: string; readonly needsRestart: readonly string[] }
  | { readonly state: 'unchanged'; readonly hash: string }
  | { readonly state: 'refused'; readonly problems: readonly string[] }

export interface Reloader {
  /** Serialized: a call during a reload runs after it. Never rejects. */
  reload(): Promise<ReloadResult>
  /** `appliedAt`: epoch milliseconds of the active configuration; `refused`: the problems of a newer, invalid one. */
  state(): { readonly appliedAt: number; readonly refused: readonly string[] }
}

export interface ReloaderDependencies {
  /** Reads and validates the files. */
  readonly load: () => Promise<Loaded>
  readonly current: () => Configuration
  /** Applies it as a whole, or rejects and changes nothing. */
  readonly apply: (configuration: Configuration) => Promise<void>
  /** Watches the files this configuration consists of, valid or not. */
  readonly follow: (loaded: Loaded) => Promise<void>
  /** Changed keys that take effect at the next start only. */
  readonly needsRestart: (before: Configuration, after: Configuration) => readonly string[]
  readonly record: Recorder
  readonly log: Logger
  readonly now: () => number
}

export function createReloader(deps: ReloaderDependencies): Reloader {
  const { current, record, log, now } = deps
  let appliedAt = now()
  let refused: readonly string[] = []
  let running: Promise<ReloadResult> = Promise.resolve({ state: 'unchanged', hash: current().hash })

  const refuse = (problems: readonly string[]): ReloadResult => {
    refused = problems
    log.error({ problems }, 'the changed configuration is invalid; the previous one stays in force')
    const { hash } = current()
    record({
      kind: 'configuration',
      at: now(),
      actor: { kind: 'system' },
      outcome: 'refused',
      hash,
      previous: hash,
      detail: problems.join('\n'),
    })
    return { state: 'refused', problems }
  }

  const once = async (): Promise<ReloadResult> => {
    const before = current()
    let loaded: Loaded
    try {
      loaded = await deps.load()
      await deps.follow(loaded)
      if (loaded.state === 'invalid') return refuse(loaded.problems.map(printProblem))
      // Also when the hash is equal: it does not cover certificates and secrets, which may have changed.
      await deps.apply(loaded.configuration)
    } catch (error) {
      log.error({ err: error }, 'applying the configuration failed')
      return refuse([error instanceof Error ? error.message : String(error)])
    }
    const { configuration, warnings } = loaded
    refused = []
    if (configuration.hash === before.hash) return { state: 'unchanged', hash: before.hash }
    appliedAt = now()
    const needsRestart = deps.needsRestart(before, configuration)
    log.info(
      { hash: configuration.hash, warnings: warnings.map(printProblem), needsRestart },
      'new configuration applied',
    )
    record({
      kind: 'configuration',
      at: now(),
      actor: { kind: 'system' },
      outcome: 'applied',
      hash: configuration.hash,
      previous: before.hash,
      detail: needsRestart.length === 0 ? 'applied' : `applied, but for a restart: ${needsRestart.join(', ')}`,
    })
    return { state: 'applied', hash: configuration.hash, needsRestart }
  }

  return {
    reload() {
      running = running.then(once)
      return running
    },
    state: () => ({ appliedAt, refused }),
  }
}

/** Changed keys whose resources (sockets, store, audit) are opened once: a running process keeps the old value. */
export function requiresRestart(before: Configuration, after: Configuration): string[] {
  const fixed: readonly (readonly [string, (configuration: Configuration) => unknown])[] = [
    ['gateway.http1', ({ gateway }) => gateway.http1],
    ['gateway.listen', ({ gateway }) => gateway.listen.map(({ host, port, tls }) => [host, port, tls === undefined])],
    ['gateway.http', ({ gateway }) => gateway.httpRedirect],
    ['gateway.acme', ({ gateway }) => gateway.acme === undefined],
    ['gateway.url', ({ gateway }) => gateway.origin],
    ['gateway.operations', ({ gateway }) => gateway.operations],
    ['gateway.admin_socket', ({ gateway }) => gateway.adminSocket],
    ['gateway.workers', ({ gateway }) => gateway.workers],
    ['gateway.secret_key', ({ gateway }) => gateway.secretKeys.map((key) => key.toString('base64'))],
    ['store', ({ store }) => [store, store.kind === 'redis' && store.url]],
    [
      'devices.sources',
      ({ devices }) => devices.sources.map((source) => [source, source.kind === 'trusted_header' && source.secret]),
    ],
    ['audit', ({ audit }) => audit],
    ['limits', ({ limits }) => ofListeners(limits)],
  ]
  return fixed.filter(([, read]) => !isDeepStrictEqual(read(before), read(after))).map(([name]) => name)
}

/** Without those of upstreams, which each reload applies. */
function ofListeners(limits: LimitSettings): Partial<LimitSettings> {
  const {
    upstreamConnectTimeout: _c,
    upstreamHeaderTimeout: _h,
    websocketIdleTimeout: _w,
    bodyBytes: _b,
    ...rest
  } = limits
  return rest
}
