// HTTP/2 application without TLS that answers every request as gRPC does, and records what reaches it.

import http2 from 'node:http2'
import type { AddressInfo } from 'node:net'

export interface RecordedStream {
  /** Name, value, ... with pseudo-headers. */
  readonly fields: readonly string[]
  trailers: readonly string[]
  body: string
  /** The content was complete (END_STREAM). */
  complete: boolean
  closed: boolean
}

export interface Http2Recorder {
  readonly origin: string
  readonly streams: readonly RecordedStream[]
  close(): void
}

export async function startHttp2Recorder(): Promise<Http2Recorder> {
  const streams: RecordedStream[] = []
  const sessions = new Set<http2.ServerHttp2Session>()
  const server = http2.createServer()
  server.on('session', (session) => {
    sessions.add(session)
    session.on('error', () => {})
    session.on('close', () => sessions.delete(session))
  })
  server.on('stream', (some, headers, _flags, raw) => {
    const stream = some as http2.ServerHttp2Stream
    const recorded: RecordedStream = {
      fields: raw as unknown as string[],
      trailers: [],
      body: '',
      complete: false,
      closed: false,
    }
    streams.push(recorded)
    stream.on('error', () => {})
    stream.on('close', () => (recorded.closed = true))
    stream.on('trailers', (_headers, _flags, received?: unknown) => (recorded.trailers = received as string[]))
    stream.on('data', (chunk: Buffer) => (recorded.body += chunk.toString('latin1')))
    if (headers[':path'] === '/held') return
    stream.on('end', () => {
      recorded.complete = stream.rstCode === 0 && !stream.aborted
      if (stream.destroyed || stream.closed) return
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
      stream.end('ok')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `h2c://127.0.0.1:${(server.address() as AddressInfo).port}`,
    streams,
    close() {
      for (const session of sessions) session.destroy()
      server.close()
    },
  }
}
