// Response writer: one interface with back-pressure over HTTP/1.1, HTTP/2 and rejected upgrades.

export interface ResponseWriter {
  /** True once a head was written: only the body or an abort can follow. */
  readonly headersSent: boolean
  /** True once the client disconnected or the response ended. */
  readonly closed: boolean
  /** For 103 Early Hints. */
  writeInformational(status: number, headers: readonly string[]): void
  /**
   * Headers as a flat list, name, value, ...; hop-by-hop fields are not written for HTTP/2. `last`: no content and no
   * trailers follow, which `end` confirms; HTTP/2 says so with the head (END_STREAM), as clients of gRPC need it.
   */
  writeHead(status: number, headers: readonly string[], last?: boolean): void
  /** False: wait for `onDrain` before writing more. */
  write(chunk: Buffer): boolean
  end(trailers?: readonly string[]): void
  onDrain(listener: () => void): void
  /** Called once when the client disconnects before the response ended. */
  onClientClose(listener: () => void): void
  /** Aborts the connection (HTTP/1.1) or the stream (HTTP/2), so that the client detects an incomplete response. */
  destroy(): void
}
