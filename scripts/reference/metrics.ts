// docs/reference/metrics.md: every metric of `/metrics` with type, labels and help, from the registry itself.

import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts'
import { code, heading, table } from './markdown.ts'

interface Metric {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly values: readonly { readonly labels: Readonly<Record<string, unknown>> }[]
}

/** Of the runtime, and only there on Linux: left out, so that the page is the same wherever it is made. */
const linuxOnly = new Set(['process_virtual_memory_bytes', 'process_heap_bytes', 'process_open_fds', 'process_max_fds'])

export async function metricsReference(): Promise<string> {
  const metrics = createMetrics()
  fill(metrics)
  const all = (await metrics.json()) as readonly Metric[]
  const byName = all.toSorted((one, other) => (one.name < other.name ? -1 : 1))
  const own = byName.filter(({ name }) => name.startsWith('einlass_'))
  const runtime = byName.filter(({ name }) => !name.startsWith('einlass_') && !linuxOnly.has(name))
  return [
    heading('Metrics', 'the registry of metrics'),
    '`GET /metrics` on the operations listener (`gateway.operations`, default `127.0.0.1:9090`), in the text format of',
    'Prometheus. With several workers the supervisor answers for all of them: counters and most gauges are added up,',
    '`einlass_store_lag_seconds` is the largest, `einlass_upstream_healthy` and `einlass_certificate_ends_seconds` the',
    'smallest value.',
    '',
    'The same listener answers `/livez` (200 while the process responds) and `/readyz` (200, or 503 while the store cannot',
    'be reached or the gateway is stopping; the body names the reasons).',
    '',
    'Labels have few values: names of the configuration, never what a client sent. Requests to an app that is not',
    'configured (any more) count as `(other)`.',
    '',
    table(
      ['metric', 'type', 'labels', 'meaning'],
      own.map((metric) => [code(metric.name), metric.type, labelsOf(metric).map(code).join(', '), metric.help]),
    ),
    table(
      ['label', 'values'],
      Object.entries(labels).map(([label, values]) => [code(label), values]),
    ),
    '## Runtime',
    '',
    `Of Node.js and the process, as the library prom-client names them; on Linux also ${[...linuxOnly].map(code).join(', ')}.`,
    '',
    table(
      ['metric', 'type', 'meaning'],
      runtime.map(({ name, type, help }) => [code(name), type, help]),
    ),
  ].join('\n')
}

const labels: Readonly<Record<string, string>> = {
  app: 'name under `apps`, or `(other)`',
  effect: '`allow`, `challenge`, `deny`; in mode monitor what was enforced',
  rule: 'name of the rule',
  status: '`1xx`, `2xx`, `3xx`, `4xx`, `5xx`; `none`: no response',
  direction: '`in`: from the client; `out`: to the client',
  host: 'host of `gateway.url` or of a `from`',
  provider: 'name under `identity.providers`',
  outcome: 'of sign-ins `success`, `failure`; of revalidations `confirmed`, `ended`, `unreachable`, `busy`',
  kind: '`http`, `websocket`, `pinned`: private upstream connections (NTLM, Negotiate)',
  what: '`connection`, `sign_in`, `request`, `websocket`, `pinned`: the limit that was reached',
  sink: 'name of the sink in `audit.sinks`',
  origin: 'origin in `to` of the app',
}

/** One value for every metric, so that all are registered and have their labels. */
function fill(metrics: Metrics): void {
  const delivery = { waiting: 0, dead: 0, delivered: 0, refused: 0 }
  metrics.configured(['wiki'])
  metrics.decided('wiki', 'allow')
  metrics.emergencies(() => new Map([['wiki', 1]]))
  metrics.certificates(() => [{ host: 'wiki.example.com', until: 0 }])
  metrics.providers(() => [{ name: 'company', available: true }])
  metrics.observed('wiki', [{ rule: 'no contractors', effect: 'deny', reasons: [] }])
  metrics.forwarded('wiki', '2xx', 0.01, 0, 4450)
  metrics.revoked('wiki')
  metrics.signedIn('company', 'success')
  metrics.revalidated('confirmed')
  metrics.throttled('request')
  metrics.openConnections(() => ({ http: 0, websocket: 0, pinned: 0 }))
  metrics.audit(() => ({ queued: 0, written: 0, lost: 0, sinks: [{ name: 'mail', delivery }] }))
  metrics.storeLag(() => 0)
  metrics.upstreamHealth(() => [{ app: 'wiki', origin: 'http://10.20.0.7:3000', healthy: true }])
  metrics.workers(() => ({ serving: 1, restarts: 0 }))
}

/** Throws for a metric without a value: its labels would not be known. */
function labelsOf({ name, values }: Metric): readonly string[] {
  if (values.length === 0) throw new Error(`scripts/reference/metrics.ts: ${name} has no value`)
  const found = [...new Set(values.flatMap((value) => Object.keys(value.labels)))].filter((label) => label !== 'le')
  const unknown = found.find((label) => !Object.hasOwn(labels, label))
  if (unknown !== undefined) throw new Error(`scripts/reference/metrics.ts: what is the label ${unknown} of ${name}?`)
  return found
}
