// docs/reference/limits.md: the keys of `limits` with defaults from the schema, and what a client sees at each.

import { annotatedSchema, type MainInput } from '../../src/config/schema/schema.ts'
import { code, heading, table } from './markdown.ts'

type Limit = keyof NonNullable<MainInput['limits']>

interface Property {
  readonly description: string
  readonly default: unknown
}

/** A limit without a line does not compile. */
const reached: Readonly<Record<Limit, string>> = {
  header_count: '431, `bad_request`',
  header_bytes: '431, `bad_request`',
  body_bytes: '413; nothing more of the body is forwarded',
  header_timeout: '408, and the connection ends',
  body_idle_timeout: 'upload: 408; download: the connection is closed',
  keep_alive_timeout: 'the connection is closed',
  upstream_connect_timeout: 'another upstream is tried, then 504',
  upstream_header_timeout: '504',
  connections_per_address:
    'the connection is closed before the TLS handshake; `einlass_throttled_total{what="connection"}`',
  sign_ins_per_minute: '429, `throttled`; `einlass_throttled_total{what="sign_in"}`',
  requests_per_person: '429, `throttled`; `einlass_throttled_total{what="request"}`',
  websockets_per_person: '429, `throttled`; `einlass_throttled_total{what="websocket"}`',
  websocket_idle_timeout: 'close frame 1001',
  http2_streams: 'the connection is closed',
  http2_resets_per_second: 'the connection is closed',
}

export function limitReference(): string {
  const rows = Object.entries(properties()).map(([key, { default: value, description }]) => [
    code(key),
    code(String(value)),
    description,
    reached[key as Limit],
  ])
  return [
    heading('Limits', 'the schema of `limits`'),
    'Keys under `limits` in the configuration, counted on each node. With several workers the limits per address and on',
    'sign-ins are divided by their number, since the kernel distributes connections evenly; the limits per user are not.',
    '',
    table(['key', 'default', 'meaning', 'at the limit'], rows),
    'Other limits belong to what they limit: `limit` of a rule (sizes of transfers), `session` (lifetimes), `requests` and',
    '`emergency` of an app (durations, open requests), `audit.file` (size of the file). See [configuration](configuration.md).',
    '',
  ].join('\n')
}

function properties(): Readonly<Record<string, Property>> {
  const root = annotatedSchema() as unknown as {
    readonly properties: { readonly limits: { readonly properties: Readonly<Record<string, Property>> } }
  }
  return root.properties.limits.properties
}
