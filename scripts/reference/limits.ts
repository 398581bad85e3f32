// docs/reference/limits.md: the keys of `limits` with defaults from the schema and what a client sees at each, and the
// limits of the servers with the test of each.

import { existsSync, readFileSync } from 'node:fs'
import { annotatedSchema, type MainInput } from '../../src/config/schema/schema.ts'
import { code, heading, table } from './markdown.ts'
import { serverLimits, versions, type HoldingTest, type ServerLimit } from './server-limits.ts'

type Limit = keyof NonNullable<MainInput['limits']>

interface Property {
  readonly description: string
  readonly default: unknown
}

/** A limit without a line does not compile. */
const reached: Readonly<Record<Limit, string>> = {
  header_count: '431, `bad_request`',
  header_bytes: '431, `bad_request`; cookies: 431 with a page that clears them',
  body_bytes: '413; nothing more of the body is forwarded',
  header_timeout: '408, and the connection ends',
  body_idle_timeout: 'upload: 408; download: the connection is closed',
  keep_alive_timeout: 'the connection is closed',
  upstream_connect_timeout: 'another upstream is tried, then 504',
  upstream_header_timeout: '504',
  connections: 'a connection is closed; `einlass_throttled_total{what="connection"}`',
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
    '## Servers beside others',
    '',
    'Every limit of the three servers: HTTP/1.1 of our own (`gateway.http1: einlass`), HTTP/1.1 of Node (`node`), and HTTP/2.',
    `Defaults of ${versions}.`,
    '',
    serverTable(),
  ].join('\n')
}

function serverTable(): string {
  // A copy without the tests has nothing to compare with.
  const missing = existsSync(new URL('../../test/', import.meta.url)) ? missingTests(serverLimits) : []
  if (missing.length > 0)
    throw new Error(`no such test:\n${missing.map(({ file, name }) => `${file}: ${name}`).join('\n')}`)
  const columns = ['limit', 'Node', 'nginx', 'Envoy', 'here', 'held by: `einlass`', '`node`', 'HTTP/2']
  const rows = serverLimits.map(({ limit, node, nginx, envoy, ours, held }) => [
    limit,
    node,
    nginx,
    envoy,
    ours,
    ...[held.einlass, held.node, held.http2].map(heldBy),
  ])
  return table(columns, rows)
}

function heldBy(test: HoldingTest | string): string {
  if (typeof test === 'string') return test
  const base = test.file.slice(test.file.lastIndexOf('/') + 1).replace('.test.ts', '')
  return `[${base}](../../${test.file}): ${test.name.replace(/^%s: /, '')}`
}

/** Tests that rows name and that are not in their file. */
export function missingTests(limits: readonly ServerLimit[]): HoldingTest[] {
  const texts = new Map<string, string>()
  const textOf = (file: string): string => {
    const known = texts.get(file) ?? read(file)
    texts.set(file, known)
    return known
  }
  const named = limits.flatMap(({ held }) => [held.einlass, held.node, held.http2])
  return named.filter((test) => typeof test !== 'string').filter(({ file, name }) => !isTest(textOf(file), name))
}

function isTest(text: string, name: string): boolean {
  const at = text.indexOf(`'${name}'`)
  if (at < 0) return false
  // The last call before it: `test(`, or the second one of `test.each(...)(`.
  return /\btest(?:\.each)?\b[^;]*$/.test(text.slice(Math.max(0, at - 2_000), at))
}

function read(file: string): string {
  try {
    return readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
  } catch {
    return ''
  }
}

function properties(): Readonly<Record<string, Property>> {
  const root = annotatedSchema() as unknown as {
    readonly properties: { readonly limits: { readonly properties: Readonly<Record<string, Property>> } }
  }
  return root.properties.limits.properties
}
