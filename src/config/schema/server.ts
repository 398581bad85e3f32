// The gateway itself: listeners, audit, limits.

import { z } from 'zod'
import { sink, spool } from './sinks.ts'
import { duration, filePath, later, oneOrMore, size, text } from './values.ts'

const tls = z
  .strictObject({
    cert: filePath
      .optional()
      .describe('PEM file: certificate, then its intermediates. Short for one entry in `certificates`.'),
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
      .describe(
        'Chosen by the name the browser asks for (SNI); the first is the default. Read again when the files change.',
      ),
    client_ca: filePath.optional().describe('PEM file: browsers are asked for a certificate of these authorities.'),
    http2: z.boolean().optional().describe('Offer HTTP/2.').meta({ 'x-default': true }),
  })
  .describe('Certificates.')

export const gateway = z
  .strictObject({
    url: text
      .optional()
      .describe('Own origin: sign-in and portal. `http:` only for localhost, *.localhost and loopback addresses.')
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
              .describe('Certificates of this listener; `false`: plain, for a front proxy that ends TLS.')
              .meta({ 'x-prose': '`gateway.tls`' }),
          })
          .meta({ required: ['address'] }),
      )
      .min(1)
      .optional()
      .describe('Where browsers connect to.')
      .meta({ 'x-prose': '0.0.0.0 and the port of `url`; loopback for `http:`' }),
    tls: tls.optional().describe('Certificates of all listeners that name none.'),
    operations: z
      .union([text, z.literal(false)], { error: 'expected host:port, or false' })
      .optional()
      .describe('`/livez`, `/readyz`, `/metrics`. Never on the public listener. `false` turns it off.')
      .meta({ 'x-default': '127.0.0.1:9090' }),
    admin_socket: filePath
      .optional()
      .describe('Unix socket of the admin commands, mode 0600.')
      .meta({ 'x-examples': ['/run/einlass/admin.sock'] }),
    workers: z
      .union([z.literal('auto'), z.int().min(1).max(256)], { error: 'expected auto, or a whole number from 1 to 256' })
      .optional()
      .describe(
        'Processes that share the listeners. `auto`: one for each core when the store is Redis, else one. More than one needs Redis.',
      )
      .meta({ 'x-default': 'auto', 'x-examples': [4] }),
    http1: z
      .enum(['einlass', 'node'])
      .optional()
      .describe(
        'The HTTP/1.1 server and client: `einlass` on bare sockets, which takes less CPU, or `node` (Node’s server and undici). HTTP/2 and WebSockets are the same with both.',
      )
      .meta({ 'x-default': 'einlass' }),
    trusted_proxies: oneOrMore(text)
      .optional()
      .describe('CIDRs whose `X-Forwarded-For` and `X-Forwarded-Proto` count.')
      .meta({ 'x-default': [], 'x-examples': [['10.0.0.10/32']] }),
    secret_key: oneOrMore(text)
      .optional()
      .describe(
        '32 random bytes in base64 (`openssl rand -base64 32`). A list rotates: the first seals, all open. Required unless the store is `memory:`.',
      )
      .meta({ 'x-examples': ['file:secret.key', ['file:new.key', 'file:old.key']] }),
  })
  .meta({ required: ['url'] })
  .describe('The gateway itself.')

export const audit = z
  .strictObject({
    file: z
      .strictObject({
        path: filePath.optional().describe('One JSON object per line.'),
        rotate: size.optional().describe('Size at which a new file begins.').meta({ 'x-default': '100MB' }),
        keep: z
          .int()
          .min(1)
          .max(10_000)
          .optional()
          .describe('How many finished files are kept.')
          .meta({ 'x-default': 10 }),
      })
      .meta({ required: ['path'] })
      .optional()
      .describe('Audit events to a file.'),
    stdout: z
      .boolean()
      .optional()
      .describe('Audit events to standard output.')
      .meta({ 'x-prose': 'true without `file`, else false' }),
    spool: spool.optional(),
    sinks: z.array(sink).optional().describe('Whom events are told: by mail, webhook, chat.'),
    chain: later('hash chain over the events.'),
    privacy: later('which personal data is left out or shortened.'),
  })
  .describe('Where audit events go.')

const count = z.int({ error: 'expected a whole number' }).min(1, 'must be at least 1').max(1_000_000, 'is too large')

export const limits = z
  .strictObject({
    header_count: count.optional().describe('Header fields of one request.').meta({ 'x-default': 100 }),
    header_bytes: size.optional().describe('Size of all header fields of one request.').meta({ 'x-default': '32KB' }),
    body_bytes: z
      .union([size, z.literal('unlimited')], { error: 'expected a size such as 50MB, or unlimited' })
      .optional()
      .describe('Size of one request body.')
      .meta({ 'x-default': 'unlimited' }),
    header_timeout: duration.optional().describe('Time for the header fields to arrive.').meta({ 'x-default': '10s' }),
    body_idle_timeout: duration
      .optional()
      .describe('Longest pause within a body, also of a client that does not read its answer.')
      .meta({ 'x-default': '60s' }),
    keep_alive_timeout: duration
      .optional()
      .describe('How long an unused connection stays open.')
      .meta({ 'x-default': '65s' }),
    upstream_connect_timeout: duration.optional().describe('Time to connect to an app.').meta({ 'x-default': '5s' }),
    upstream_header_timeout: duration
      .optional()
      .describe('Time until an app begins to answer.')
      .meta({ 'x-default': '60s' }),
    connections_per_address: count
      .optional()
      .describe(
        'Open connections of one client address (IPv6: of one /64). Does not count for `gateway.trusted_proxies`, which carry many clients.',
      )
      .meta({ 'x-default': 256 }),
    sign_ins_per_minute: count
      .optional()
      .describe(
        'Sign-ins begun by one client address (IPv6: by one /64) in a minute, on each node. Those of an office behind one address count together.',
      )
      .meta({ 'x-default': 120 }),
    pending_sign_ins: count
      .optional()
      .describe(
        'Sign-ins begun and not finished, over all addresses, on each node. From half of it on, addresses that begin many get a tenth of `sign_ins_per_minute`.',
      )
      .meta({ 'x-default': 20_000 }),
    requests_per_person: count
      .optional()
      .describe('Requests of one person under way at the same time, over all their sessions, on each node.')
      .meta({ 'x-default': 200 }),
    websockets_per_person: count
      .optional()
      .describe('Open WebSockets of one person, over all their sessions, on each node.')
      .meta({ 'x-default': 100 }),
    websocket_idle_timeout: duration
      .optional()
      .describe('A WebSocket over which nothing passes in either direction for this long is closed.')
      .meta({ 'x-default': '1h' }),
    http2_streams: count
      .optional()
      .describe('Requests under way at the same time on one HTTP/2 connection.')
      .meta({ 'x-default': 100 }),
    http2_resets_per_second: count
      .optional()
      .describe('Requests one HTTP/2 connection may take back, after a burst of six times as many; then it is closed.')
      .meta({ 'x-default': 33 }),
  })
  .describe('Safe bounds for everything strangers can use up.')
