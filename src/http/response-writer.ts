// Where a response is written to: HTTP/1.1, HTTP/2 or a refused upgrade, behind one small interface.

export interface ResponseWriter {
  /** True once a head was written: nothing but the body or an abort can follow. */
  readonly headersSent: boolean
  /** True once the client's side is gone or the answer ended. */
  readonly closed: boolean
  /** 1xx, early hints only. */
  writeInformational(status: number, headers: readonly string[]): void
  /** Headers as a flat list, name, value, ...; hop-by-hop fields are not written for HTTP/2. */
  writeHead(status: number, headers: readonly string[]): void
  /** False: wait for `onDrain` before writing more. */
  write(chunk: Buffer): boolean
  end(trailers?: readonly string[]): void
  onDrain(listener: () => void): void
  /** Called once when the client goes away before the answer ended. */
  onClientClose(listener: () => void): void
  /** Cuts the connection (HTTP/1.1) or the stream (HTTP/2): the client sees an incomplete answer, never a forged end. */
  destroy(): void
}
