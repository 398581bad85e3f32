// Connects the metrics to their sources: counters fed by events, gauges read at each scrape.

import type { AuditEvent, Recorder } from '../audit/event.ts'
import type { AuditStatus } from '../audit/recorder.ts'
import { isCausedByBrowser, type SignInErrorCode } from '../identity/oidc/sign-in-error.ts'
import type { Providers } from '../identity/oidc/provider.ts'
import type { Revalidation } from '../identity/oidc/revalidation.ts'
import { runningEmergencies } from '../grants/emergency/emergencies.ts'
import { guestProvider } from '../policy/subject.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Dependencies } from '../gateway/dependencies.ts'

type AuthenticationEvent = Extract<AuditEvent, { kind: 'authentication' }>

/** Wraps the recorder to count sign-ins. */
export function countingRecorder(record: Recorder, metrics: Metrics): Recorder {
  return (event) => {
    const signsIn = event.kind === 'authentication' && (event.activity === 'sign_in' || event.activity === 'step_up')
    if (signsIn) metrics.signedIn(event.provider, signInOutcome(event))
    record(event)
  }
}

/** Strangers cannot raise `failure`: it means that a provider or the store failed. */
function signInOutcome({
  outcome,
  provider,
  reason,
  detail = '',
}: AuthenticationEvent): 'success' | 'failure' | 'rejected' {
  if (outcome === 'success') return 'success'
  // There is no provider that could fail: codes and passkeys are what a browser sends.
  if (provider === guestProvider) return 'rejected'
  return isCausedByBrowser({ code: reason as SignInErrorCode, detail }) ? 'rejected' : 'failure'
}

export function countingRevalidation({ revalidate }: Revalidation, metrics: Metrics): Revalidation {
  return {
    async revalidate(session) {
      const result = await revalidate(session)
      metrics.revalidated(result.state)
      return result
    },
  }
}

/** Registers the gauges, which are read at each scrape. */
export function registerMetricsSources(
  metrics: Metrics,
  deps: Dependencies,
  providers: Providers,
  audit: () => AuditStatus,
): void {
  metrics.openConnections(() => deps.connections.counts())
  metrics.upstreamHealth(() =>
    [...deps.activeConfig().apps.values()].flatMap(({ config, upstream }) =>
      upstream.health().map((one) => ({ app: config.name, ...one })),
    ),
  )
  metrics.emergencies(() => runningByApp(deps))
  metrics.providers(() => providers.all().map((one) => ({ name: one.settings.name, available: one.available() })))
  metrics.audit(audit)
  metrics.certificates(() => deps.acme?.status() ?? [])
  metrics.storeLag(() => deps.changes.lag())
}

/** Zero for every app that offers emergency access, so that an alert has a series to compare. */
function runningByApp(deps: Dependencies): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { name, emergency } of deps.activeConfig().configuration.apps.values()) {
    if (emergency !== undefined) counts.set(name, 0)
  }
  for (const { request } of runningEmergencies(deps, deps.now())) {
    counts.set(request.app, (counts.get(request.app) ?? 0) + 1)
  }
  return counts
}
