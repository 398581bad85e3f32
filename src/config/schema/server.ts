// Schema of `gateway`, `audit` and `limits`.

import { z } from 'zod'
import { acme } from './acme.ts'
import { sink, spool } from './sinks.ts'
import { duration, filePath, later, oneOrMore, size, text } from './values.ts'

const tls = z
  .strictObject({
    cert: filePath
      .optional()
      .describe('PEM file: certificate, then its intermediates. Shorthand for one entry of `certificates`.'),
    key: filePath.optional().describe('PEM file of its private key.'),
    certificates: z
      .array(
        z
          .strictObject({
            cert: filePath.optional().describe('PEM file: certificate, then its intermediates.'),
            key: filePath.optional().describe('PEM file of its private key.'),
          })
          .meta({ required: ['cert', 'key'] }),
      )
      .min(1)
      .optional()
      .describe('Selected by server name (SNI); the first is the default. Reloaded when the files change.'),
    client_ca: filePath.optional().describe('PEM file: request client certificates of these authorities.'),
    http2: z.boolean().optional().describe('Offer HTTP/2.').meta({ 'x-default': true }),
  })
  .describe('Certificates.')

export const gateway = z
  .strictObject({
    url: text
      .optional()
      .describe(
        'Origin of the gateway: sign-in and portal. `http:` only for localhost, *.localhost and loopback addresses.',
      )
      .meta({ 'x-examples': ['https://access.example.com'] }),
    listen: z
      .array(
        z
          .strictObject({
            address: text
              .optional()
              .describe('`host:port`.')
              .meta({ 'x-examples': ['0.0.0.0:443', '[::]:443'] }),
            tls: z
              .union([tls, z.literal(false)], { error: 'expected a mapping, or false' })
              .optional()
              .describe('Certificates of this listener; `false`: plain HTTP behind a proxy that terminates TLS.')
              .meta({ 'x-prose': '`gateway.tls`' }),
          })
          .meta({ required: ['address'] }),
      )
      .min(1)
      .optional()
      .describe('Public listeners.')
      .meta({ 'x-prose': '0.0.0.0 and the port of `url`; loopback for `http:`' }),
    tls: tls.optional().describe('Certificates of all listeners without their own.'),
    acme: acme.optional(),
    http: oneOrMore(text)
      .optional()
      .describe(
        'Plain listeners that redirect GET and HEAD to https (308), for the hosts of the gateway and its apps only. `redirect`: port 80 of each listener with TLS. `off`: none. Or addresses `host:port`, where something else leads port 80 here.',
      )
      .meta({
        'x-prose': '`redirect` where a listener with TLS has port 443 and port 80 is free, else `off`',
        'x-examples': ['redirect', 'off', ['0.0.0.0:8080', '[::]:8080']],
      }),
    operations: z
      .union([text, z.literal(false)], { error: 'expected host:port, or false' })
      .optional()
      .describe('Address of `/livez`, `/readyz` and `/metrics`. Never on the public listener. `false` disables it.')
      .meta({ 'x-default': '127.0.0.1:9090' }),
    admin_socket: filePath
      .optional()
      .describe('Unix socket of the admin API, mode 0600.')
      .meta({ 'x-examples': ['/run/einlass/admin.sock'] }),
    workers: z
      .union([z.literal('auto'), z.int().min(1).max(256)], { error: 'expected auto, or a whole number from 1 to 256' })
      .optional()
      .describe(
        'Number of worker processes. `auto`: one per core if the store is Redis, else one. More than one requires Redis.',
      )
      .meta({ 'x-default': 'auto', 'x-examples': [4] }),
    http1: z
      .enum(['einlass', 'node'])
      .optional()
      .describe(
        'HTTP/1.1 server and client: `einlass` (on sockets, uses less CPU) or `node` (Node’s server and undici). HTTP/2 and WebSockets are the same with both.',
      )
      .meta({ 'x-default': 'einlass' }),
    hsts: z
      .union(
        [
          z.literal('off'),
          z.strictObject({
            max_age: duration
              .optional()
              .describe('How long browsers use https only. `0s` makes them forget it.')
              .meta({ 'x-default': '365d' }),
            include_subdomains: z
              .boolean()
              .optional()
              .describe('Also for all subdomains of each host.')
              .meta({ 'x-default': false }),
            preload: z
              .boolean()
              .optional()
              .describe('Consent to the preload lists of browsers; hard to take back.')
              .meta({ 'x-default': false }),
          }),
        ],
        { error: 'expected off, or a mapping with max_age, include_subdomains and preload' },
      )
      .optional()
      .describe(
        'Strict-Transport-Security (RFC 6797) on every answer over https, in place of what an app sends. `off`: none is added, and that of an app passes.',
      )
      .meta({ 'x-examples': [{ max_age: '730d', include_subdomains: true }] }),
    time_zone: text
      .optional()
      .describe(
        'Time zone (IANA name) of times on pages, in mails and in the output of commands. A person whose provider states the claim `zoneinfo` reads pages in that one. Grants and schedules are not read in it: see `time_zone` and `tz` there.',
      )
      .meta({ 'x-prose': 'that of the machine', 'x-examples': ['Europe/Berlin'] }),
    trusted_proxies: oneOrMore(text)
      .optional()
      .describe('CIDRs of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are trusted.')
      .meta({ 'x-default': [], 'x-examples': [['10.0.0.10/32']] }),
    secret_key: oneOrMore(text)
      .optional()
      .describe(
        '32 random bytes in base64 (`openssl rand -base64 32`). For key rotation, a list: the first encrypts, all decrypt. Required unless the store is `memory:`.',
      )
      .meta({ 'x-examples': ['file:secret.key', ['file:new.key', 'file:old.key']] }),
  })
  .meta({ required: ['url'] })
  .describe('The gateway.')

export const audit = z
  .strictObject({
    file: z
      .strictObject({
        path: filePath.optional().describe('File; one JSON object per line.'),
        rotate: size.optional().describe('Size at which the file is rotated.').meta({ 'x-default': '100MB' }),
        keep: z.int().min(1).max(10_000).optional().describe('Number of rotated files kept.').meta({ 'x-default': 10 }),
      })
      .meta({ required: ['path'] })
      .optional()
      .describe('Write audit events to a file.'),
    stdout: z
      .boolean()
      .optional()
      .describe('Write audit events to standard output.')
      .meta({ 'x-prose': 'true without `file`, else false' }),
    spool: spool.optional(),
    sinks: z.array(sink).optional().describe('Notification sinks: mail, webhook, chat.'),
    chain: later('hash chain over the events.'),
    privacy: later('personal data to omit or shorten.'),
  })
  .describe('Destinations of audit events.')

const count = z.int({ error: 'expected a whole number' }).min(1, 'must be at least 1').max(1_000_000, 'is too large')

export const limits = z
  .strictObject({
    header_count: count
      .optional()
      .describe('Maximum number of header fields per request, without cookies.')
      .meta({ 'x-default': 100 }),
    header_bytes: size
      .optional()
      .describe(
        'Maximum size of target and header fields of a request without cookies, and of its cookies by themselves.',
      )
      .meta({ 'x-default': '32KB' }),
    body_bytes: z
      .union([size, z.literal('unlimited')], { error: 'expected a size such as 50MB, or unlimited' })
      .optional()
      .describe('Maximum size of a request body.')
      .meta({ 'x-default': 'unlimited' }),
    header_timeout: duration
      .optional()
      .describe('Timeout for receiving the request header.')
      .meta({ 'x-default': '10s' }),
    body_idle_timeout: duration
      .optional()
      .describe('Idle timeout while a body is transferred, including a client that does not read its response.')
      .meta({ 'x-default': '60s' }),
    keep_alive_timeout: duration
      .optional()
      .describe('Idle timeout of keep-alive connections.')
      .meta({ 'x-default': '65s' }),
    upstream_connect_timeout: duration
      .optional()
      .describe('Timeout for connecting to an upstream.')
      .meta({ 'x-default': '5s' }),
    upstream_header_timeout: duration
      .optional()
      .describe('Timeout for the response header of an upstream.')
      .meta({ 'x-default': '60s' }),
    connections: count
      .optional()
      .describe(
        'Open client connections in all, on each node and listener. At the limit, the newest connection of the address with most of them is closed for a new one.',
      )
      .meta({ 'x-default': 20_000 }),
    connections_per_address: count
      .optional()
      .describe(
        'Open connections per client address (IPv6: per /56). Does not apply to `gateway.trusted_proxies`, which carry many clients.',
      )
      .meta({ 'x-default': 256 }),
    sign_ins_per_minute: count
      .optional()
      .describe(
        'Rate limit: sign-ins started per minute and client address (IPv6: per /56), on each node. Users behind one address share it.',
      )
      .meta({ 'x-default': 120 }),
    requests_per_person: count
      .optional()
      .describe('Concurrent requests per user, over all their sessions, on each node.')
      .meta({ 'x-default': 200 }),
    websockets_per_person: count
      .optional()
      .describe('Open WebSockets per user, over all their sessions, on each node.')
      .meta({ 'x-default': 100 }),
    websocket_idle_timeout: duration
      .optional()
      .describe('Idle timeout of a WebSocket: no data in either direction.')
      .meta({ 'x-default': '1h' }),
    http2_streams: count.optional().describe('Concurrent streams per HTTP/2 connection.').meta({ 'x-default': 100 }),
    http2_resets_per_second: count
      .optional()
      .describe(
        'Stream resets per second and HTTP/2 connection, after a burst of six times as many; above it the connection is closed.',
      )
      .meta({ 'x-default': 33 }),
  })
  .describe('Resource limits.')
