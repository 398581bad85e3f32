// Limits of the three servers beside those of Node, nginx and Envoy, each with the tests that hold it.

/** A test of a file below `test/`, by its name as written in the source. */
export interface HoldingTest {
  readonly file: string
  readonly name: string
}

export interface ServerLimit {
  readonly limit: string
  /** Defaults of others: see `versions`. */
  readonly node: string
  readonly nginx: string
  readonly envoy: string
  readonly ours: string
  /** A text: why the limit does not exist in this protocol. */
  readonly held: {
    readonly einlass: HoldingTest | string
    readonly node: HoldingTest | string
    readonly http2: HoldingTest | string
  }
}

export const versions =
  'Node 26.10 (read from the running version), nginx 1.22 (`ngx_http_core_module`, `ngx_http_v2_module`), Envoy (API documentation of 1.18; later additions name their version)'

const inFile = (file: string) => (name: string) => ({ file: `test/${file}.test.ts`, name })
const tls = inFile('http/server/tls-limits')
const server = inFile('http/server/server-limits')
const http2 = inFile('http/server/http2-limits')
const timeouts = inFile('http/server/timeouts')
const listener = inFile('http/server/listener')
const heads = inFile('http/server/large-heads')

const all = (test: HoldingTest) => ({ einlass: test, node: test, http2: test })
const only2 = 'HTTP/2 only'
const onlyHttp2 = (test: HoldingTest) => ({ einlass: only2, node: only2, http2: test })
const http1 = (test: HoldingTest, why: string) => ({ einlass: test, node: test, http2: why })

const slow1 = server('%s: the head of the first request must be complete within the header time-out')
const idle1 = server('%s: an idle connection ends after the keep-alive time-out, by bytes or not')
const endsConnection = http2('%s: the connection or the stream ends, and another is served')
const fillsNothing = http2('a flood of %s fills no memory, and another connection is served')

export const serverLimits: readonly ServerLimit[] = [
  {
    limit: 'TLS renegotiation by the client',
    node: '3 in 10 min',
    nginx: 'refused',
    envoy: 'refused',
    ours: 'refused',
    held: all(tls('%s: a client cannot renegotiate TLS 1.2')),
  },
  {
    limit: 'TLS handshake',
    node: '120 s',
    nginx: '60 s (`client_header_timeout`)',
    envoy: 'none (`transport_socket_connect_timeout`)',
    ours: '`header_timeout`, 10 s',
    held: all(tls('%s: an unfinished handshake ends after the header time-out')),
  },
  {
    limit: 'error of TLS after the handshake',
    node: '`node:tls` reports it, `node:https` closes',
    nginx: 'closes',
    envoy: 'closes',
    ours: 'closes',
    held: all(tls('%s: an error of TLS after the handshake ends the connection')),
  },
  {
    limit: 'TLS version',
    node: '1.2',
    nginx: '1.0',
    envoy: '1.2',
    ours: '1.2, forward secrecy and AEAD only',
    held: all(listener('a TLS version older than 1.2 is rejected')),
  },
  {
    limit: 'no common protocol (ALPN)',
    node: 'handshake refused',
    nginx: 'handshake refused',
    envoy: 'served as HTTP/1.1',
    ours: 'handshake refused',
    held: all(tls('%s: a client without a common protocol (ALPN) is refused in the handshake')),
  },
  {
    limit: 'TLS sessions kept; life of a ticket key',
    node: 'none; the process',
    nginx: 'none; the process',
    envoy: 'none; the process',
    ours: 'none; 1 h',
    held: all(tls('%s: no TLS session is kept, and tickets end with their hourly key')),
  },
  {
    limit: 'client without SNI',
    node: 'certificate of the start',
    nginx: 'default server',
    envoy: 'by filter chain',
    ours: 'first certificate, also after a reload',
    held: all(tls('%s: a client without SNI gets the replaced certificate too')),
  },
  {
    limit: 'time for a head',
    node: '60 s (`headersTimeout`), checked every 30 s',
    nginx: '60 s (`client_header_timeout`)',
    envoy: 'none (`request_headers_timeout`, 1.19)',
    ours: '`header_timeout`, 10 s, checked every second',
    held: {
      einlass: slow1,
      node: slow1,
      http2: server('http2: the first stream must be complete within the header time-out'),
    },
  },
  {
    limit: 'idle connection',
    node: '5 s (`keepAliveTimeout`); HTTP/2: none',
    nginx: '75 s (`keepalive_timeout`)',
    envoy: '1 h (`idle_timeout`), PING frames do not count',
    ours: '`keep_alive_timeout`, 65 s, PING frames and incomplete heads do not count',
    held: {
      einlass: idle1,
      node: idle1,
      http2: server(
        'http2: a connection without an open stream ends after the keep-alive time-out, PING frames or not',
      ),
    },
  },
  {
    limit: 'pause of an upload (slow POST)',
    node: '300 s for a whole request (`requestTimeout`)',
    nginx: '60 s (`client_body_timeout`)',
    envoy: '5 min (`stream_idle_timeout`)',
    ours: '`body_idle_timeout`, 60 s; forms of our own pages: 10 s in all',
    held: all(server('%s: an upload that pauses for longer than the idle time-out ends')),
  },
  {
    limit: 'client that does not read (slow read)',
    node: 'none',
    nginx: '60 s (`send_timeout`)',
    envoy: '5 min (`stream_idle_timeout`)',
    ours: '`body_idle_timeout`, 60 s',
    held: {
      ...http1(timeouts('%s: a client that does not read a response is disconnected'), ''),
      http2: http2('a client that keeps the flow-control window closed is disconnected, a slow reader is not'),
    },
  },
  {
    limit: 'number of fields',
    node: '2000, the rest is cut off (`maxHeadersCount`)',
    nginx: 'by size only',
    envoy: '100 (`max_headers_count`)',
    ours: '`header_count`, 100: 431',
    held: all(heads('%s: more fields than the limit are a 431 with a page')),
  },
  {
    limit: 'size of a head',
    node: '16 KB (`maxHeaderSize`); HTTP/2: 64 KB',
    nginx: '32 KB (`large_client_header_buffers 4 8k`)',
    envoy: '60 KB (`max_request_headers_kb`)',
    ours: '`header_bytes`, 32 KB, for target and fields without cookies: 431 with a page up to 1 MB',
    held: all(heads('%s: fields larger than the limit are a 431 with a page')),
  },
  {
    limit: 'length of a target',
    node: 'with the head',
    nginx: '8 KB: 414',
    envoy: 'with the head',
    ours: 'with the fields: 431',
    held: all(heads('%s: a target larger than the limit is refused')),
  },
  {
    limit: 'cookies',
    node: 'with the head',
    nginx: 'with the head',
    envoy: 'with the head',
    ours: '`header_bytes`, 32 KB: 431 with a page and `Clear-Site-Data: "cookies"`',
    held: all(heads('%s: cookies larger than the limit are a 431 with a page that clears them')),
  },
  {
    limit: 'white space in a field line',
    node: 'refused',
    nginx: 'refused; folded lines too',
    envoy: 'refused',
    ours: 'refused',
    held: {
      ...http1(server('%s: white space before a colon, or a line folded, is malformed'), ''),
      http2: http2('an invalid field (%j: %j) reaches no request'),
    },
  },
  {
    limit: 'requests of a connection',
    node: 'unlimited (`maxRequestsPerSocket`)',
    nginx: '1000 (`keepalive_requests`)',
    envoy: 'unlimited (`max_requests_per_connection`)',
    ours: 'unlimited: a request costs the same on a new connection',
    held: {
      ...http1(server('%s: requests per connection are not limited'), ''),
      http2: http2('requests per connection are not limited'),
    },
  },
  {
    limit: 'pipelined requests',
    node: 'unlimited, all started at once',
    nginx: 'one at a time',
    envoy: 'one at a time',
    ours: '`einlass`: one at a time; `node`: 100',
    held: {
      einlass: server('einlass: pipelined requests are handled one at a time, and 64 KiB of them are read ahead'),
      node: server('node: more than a hundred pipelined requests without a response end the connection'),
      http2: 'streams instead',
    },
  },
  {
    limit: 'extensions of a chunk',
    node: '16 KB',
    nginx: 'unlimited, skipped',
    envoy: 'with the head',
    ours: '16 KB',
    held: http1(server('%s: chunk extensions beyond 16 KiB end the request'), 'no chunks'),
  },
  {
    limit: 'trailers',
    node: '16 KB (`maxHeaderSize`)',
    nginx: 'skipped',
    envoy: '60 KB, with the head',
    ours: '`einlass`: 16 KB; `node`, HTTP/2: 1 MB, as a head',
    held: {
      ...http1(server('%s: trailers beyond the size of a head end the request'), ''),
      http2: server('http2: trailers beyond the size of a header section reset the stream'),
    },
  },
  {
    limit: 'connections of an address',
    node: 'none',
    nginx: 'none (`limit_conn`)',
    envoy: 'none',
    ours: '`connections_per_address`, 256',
    held: all(server('%s: connections of one address are limited')),
  },
  {
    limit: 'connections in all',
    node: 'none (`maxConnections`)',
    nginx: '512 of a worker (`worker_connections`)',
    envoy: 'none (overload manager)',
    ours: '`connections`, 20000; the address with most of them loses one',
    held: all(
      server('%s: at the limit in all, the address with most connections loses its newest, and a newcomer is served'),
    ),
  },
  {
    limit: 'accept queue (backlog)',
    node: '511',
    nginx: '511',
    envoy: '128 (`tcp_backlog_size`)',
    ours: '1024',
    held: all(server('%s: the accept queue holds 1024 connections')),
  },
  {
    limit: 'concurrent streams',
    node: 'unlimited (`maxConcurrentStreams`), 100 rejected (`maxSessionRejectedStreams`)',
    nginx: '128 (`http2_max_concurrent_streams`)',
    envoy: 'unlimited; 100 recommended',
    ours: '`http2_streams`, 100; beyond it the connection ends',
    held: onlyHttp2(http2('streams beyond the concurrency limit end the connection, streams up to it do not')),
  },
  {
    limit: 'rapid reset (CVE-2023-44487)',
    node: '1000, then 33 a second (`streamResetBurst`, `streamResetRate`)',
    nginx: 'streams of one event loop turn (1.25.3)',
    envoy: '500 premature resets (1.28)',
    ours: '`http2_resets_per_second`, 33, after a burst of 198',
    held: onlyHttp2(http2('rapid reset ends the connection after its burst, and another connection is served')),
  },
  {
    limit: 'CONTINUATION flood (CVE-2024-27983)',
    node: 'size of a header section',
    nginx: 'size of a header section',
    envoy: 'size of a header section',
    ours: 'size of a header section',
    held: onlyHttp2(http2('a CONTINUATION flood ends the connection')),
  },
  {
    limit: 'HPACK bomb',
    node: 'decoded size, 64 KB; 128 fields (`maxHeaderListPairs`)',
    nginx: 'decoded size, 32 KB',
    envoy: 'decoded size, 60 KB',
    ours: 'decoded size; `header_count`',
    held: onlyHttp2(
      http2('an HPACK bomb, a table entry of 4 KB referenced a thousand times, is rejected by its decoded size'),
    ),
  },
  {
    limit: 'PING and SETTINGS floods (CVE-2019-9512, -9515)',
    node: '1000 unsent acknowledgements (nghttp2), 10 MB (`maxSessionMemory`)',
    nginx: 'ratio of control frames to data',
    envoy: '1000 (`max_outbound_control_frames`)',
    ours: 'as Node',
    held: onlyHttp2(http2('a flood of %s without reading the acknowledgements ends the connection')),
  },
  {
    limit: 'empty frames (CVE-2019-9518), entries of SETTINGS, oversized frames, invalid frames',
    node: '1000 invalid frames (`maxSessionInvalidFrames`); 32 entries (`maxSettings`); 16 KB',
    nginx: 'refused',
    envoy: '1 (`max_consecutive_inbound_frames_with_empty_payload`)',
    ours: '100; 32; 16 KB',
    held: onlyHttp2(endsConnection),
  },
  {
    limit: 'WINDOW_UPDATE by zero or beyond the largest window',
    node: 'error of the connection',
    nginx: 'error of the connection',
    envoy: 'error of the connection',
    ours: 'error of the connection',
    held: onlyHttp2(endsConnection),
  },
  {
    limit: 'floods of WINDOW_UPDATE, PRIORITY (CVE-2019-9513), unknown frames',
    node: 'nothing is kept',
    nginx: 'ratio of control frames to data',
    envoy: '10 a DATA frame; 100 a stream',
    ours: 'nothing is kept',
    held: onlyHttp2(fillsNothing),
  },
]
