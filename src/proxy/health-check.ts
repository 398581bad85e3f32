// Asks an app's upstream servers regularly whether they work, where the configuration says how.

import type { App } from '../config/configuration.ts'
import { constantOf, lineOf, nothingSaid } from './headers/serialized-headers.ts'
import { describeFault } from './upstream-error.ts'
import type { Target } from './upstream-server.ts'

export interface HealthCheckOptions {
  readonly check: NonNullable<App['healthCheck']>
  /** Host header: the app's public one, as in every other request. */
  readonly host: string
  readonly targets: readonly Target[]
  readonly now: () => number
  /** Called when a target's state changed. */
  readonly changed: (target: Target, detail: string) => void
}

/** Failures in a row that make a target unhealthy; one success makes it healthy again. */
const failuresAllowed = 2
/** Milliseconds a check may take, whatever the interval. */
const patience = 5_000
const ourselves = constantOf(['User-Agent', 'einlass-health-check'])

/** Returns how to stop it. */
export function startHealthChecks({ check, host, targets, now, changed }: HealthCheckOptions): () => void {
  const failures = new Map<Target, number>()
  const running = new Set<Target>()

  const ask = (target: Target): void => {
    if (running.has(target)) return
    running.add(target)
    void probe(target, check.path, host, Math.min(patience, check.interval)).then((detail) => {
      running.delete(target)
      const before = target.working
      const count = detail === undefined ? 0 : (failures.get(target) ?? 0) + 1
      failures.set(target, count)
      if (detail === undefined) target.worked()
      // Until the next two checks had their chance to say otherwise.
      else if (count >= failuresAllowed) target.failed(now() + 3 * check.interval)
      if (before !== target.working) changed(target, detail ?? 'it answers again')
    })
  }
  const all = (): void => targets.forEach(ask)
  const timer = setInterval(all, check.interval)
  timer.unref()
  all()
  return () => clearInterval(timer)
}

/** Undefined when it works, else why not. Never rejects. */
function probe(target: Target, path: string, host: string, timeout: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const line = target.take(true)
    let status = 0
    const settle = (detail: string | undefined): void => {
      clearTimeout(timer)
      resolve(detail)
      queueMicrotask(() => target.drop(line))
    }
    const timer = setTimeout(() => settle('it did not answer in time'), timeout)
    line.dispatch(
      {
        path,
        method: 'GET',
        headers: { varying: lineOf('Host: ', host), place: nothingSaid, person: ourselves },
        body: null,
        length: undefined,
        upgrade: null,
      },
      {
        onRequestStart() {},
        onResponseStart(_controller, code) {
          if (code >= 200) status = code
        },
        onResponseData() {},
        onResponseEnd: () => settle(status < 400 ? undefined : `it answered ${status}`),
        onResponseError: (_controller, error) => settle(describeFault(error)),
      },
    )
  })
}
