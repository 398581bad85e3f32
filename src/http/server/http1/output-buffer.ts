// Output buffer of an HTTP/1.x connection: batches writes, reports back-pressure, times out clients that do not read.

import type { Socket } from 'node:net'

/** Bytes up to which content is copied behind its head into one write. */
const maxBufferedBytes = 16_384

/** A class, because there is one per connection, used by every request. */
export class OutputBuffer {
  readonly #socket: Socket
  readonly #timeout: number
  #text = ''
  #flushQueued = false
  #corked = false
  readonly #flush = (): void => {
    this.#flushQueued = false
    this.flush()
  }
  readonly #release = (): void => {
    this.#corked = false
    this.flush()
    this.#socket.uncork()
  }

  /** `timeout`: milliseconds without progress while data waits to be sent. `drained`: back-pressure ended. */
  constructor(socket: Socket, timeout: number, drained: () => void) {
    this.#socket = socket
    this.#timeout = timeout
    socket.on('drain', () => {
      socket.setTimeout(0)
      drained()
    })
    socket.on('timeout', () => {
      if (socket.writableLength > 0) socket.destroy()
    })
  }

  /** Bytes written to the socket so far, also past this buffer. */
  get written(): number {
    return this.#socket.bytesWritten
  }

  /** Back-pressure: wait for `drained` before writing more. */
  get full(): boolean {
    return this.#socket.writableNeedDrain
  }

  /** Queues latin1 text; written at the end of this turn, or together with the next `bytes`. */
  text(text: string): void {
    this.#text += text
    if (this.#flushQueued) return
    this.#flushQueued = true
    queueMicrotask(this.#flush)
  }

  bytes(chunk: Buffer): void {
    const socket = this.#socket
    if (this.#text !== '' && this.#text.length + chunk.length <= maxBufferedBytes) {
      this.#text += chunk.toString('latin1')
      return
    }
    if (!this.#corked && this.#text !== '') {
      this.#corked = true
      socket.cork()
      process.nextTick(this.#release)
    }
    this.flush()
    if (!socket.write(chunk)) this.startTimeout()
  }

  flush(): void {
    const text = this.#text
    if (text === '') return
    this.#text = ''
    if (!this.#socket.write(text, 'latin1')) this.startTimeout()
  }

  /** Starts the write timeout when data waits to be sent. */
  startTimeout(): void {
    if (this.#socket.writableLength > 0) this.#socket.setTimeout(this.#timeout)
  }
}
