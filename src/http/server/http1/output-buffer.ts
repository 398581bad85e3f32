// What is written to a client: what belongs together leaves in one write, and who does not take it is given up.

import type { Socket } from 'node:net'

/** Bytes of content that are copied behind their head rather than written beside it. */
const maxBufferedBytes = 16_384

/** A class, because there is one for every connection and it is used by every request. */
export class OutputBuffer {
  readonly #socket: Socket
  readonly #timeout: number
  #text = ''
  #stallTimer = false
  #corked = false
  readonly #flush = (): void => {
    this.#stallTimer = false
    this.flush()
  }
  readonly #release = (): void => {
    this.#corked = false
    this.flush()
    this.#socket.uncork()
  }

  /** `patience`: milliseconds a client may leave everything that waits for it where it is. */
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

  /** Bytes ever written to the socket, also by others. */
  get written(): number {
    return this.#socket.bytesWritten
  }

  /** Wait for `drained` before more is written. */
  get full(): boolean {
    return this.#socket.writableNeedDrain
  }

  /** As latin1; leaves at the end of this turn, or with what is written before. */
  text(text: string): void {
    this.#text += text
    if (this.#stallTimer) return
    this.#stallTimer = true
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
    if (!socket.write(chunk)) this.waits()
  }

  flush(): void {
    const text = this.#text
    if (text === '') return
    this.#text = ''
    if (!this.#socket.write(text, 'latin1')) this.waits()
  }

  /** From now on the client has to take something. */
  waits(): void {
    if (this.#socket.writableLength > 0) this.#socket.setTimeout(this.#timeout)
  }
}
