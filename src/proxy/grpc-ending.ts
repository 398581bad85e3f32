// Ends a response of gRPC that has begun with a status in trailers, where its client would see a bare reset otherwise.

import { grpcFields, grpcStatus, isGrpc } from '../http/grpc.ts'
import type { ResponseWriter } from '../http/response-writer.ts'
import type { ForwardResult } from './upstream.ts'

/** Milliseconds the client gets to take what was sent to it before, and the trailers behind it. */
const grace = 300

/** A class, because there is one per request of gRPC. */
export class GrpcEnding {
  readonly #response: ResponseWriter
  /** A response of gRPC over HTTP/2 is open: trailers can end it. */
  #open = false
  readonly #http2: boolean
  #trailers: readonly string[] | undefined

  constructor(response: ResponseWriter, version: '1.0' | '1.1' | '2') {
    this.#response = response
    this.#http2 = version === '2'
  }

  /** The head was written. `last`: the response is complete with it. */
  begun(headers: readonly string[], last: boolean): void {
    const at = headers.findIndex((name, i) => i % 2 === 0 && name.toLowerCase() === 'content-type')
    this.#open = this.#http2 && !last && at >= 0 && isGrpc(headers[at + 1])
  }

  /** The trailers of a cut. */
  endWith(trailers: readonly string[] | undefined): void {
    this.#trailers = trailers
  }

  /** Returns true when the response was ended here. */
  end(end: ForwardResult['end'], limitExceeded: boolean): boolean {
    if (!this.#open || end === 'complete' || end === 'client_gone') return false
    const response = this.#response
    response.end(this.#trailers ?? ownTrailers(end, limitExceeded))
    // A client that reads nothing keeps its window closed: what waits for it goes no further.
    setTimeout(() => response.destroy(), grace).unref()
    return true
  }
}

function ownTrailers(end: 'upstream_failed' | 'cut', limitExceeded: boolean): string[] {
  if (limitExceeded) return grpcFields(grpcStatus.resourceExhausted, 'a transfer limit was exceeded')
  const message =
    end === 'cut' ? 'the gateway ended the stream' : 'the application ended the stream before it was complete'
  return grpcFields(grpcStatus.unavailable, message)
}
