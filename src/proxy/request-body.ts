// The client's upload on its way to the upstream: passed on as it comes, counted, limited, and never ended falsely.

import { Readable } from 'node:stream'

export type UploadErrorCode = 'client_gone' | 'body_idle' | 'body_too_large'

export class UploadError extends Error {
  readonly code: UploadErrorCode
  constructor(code: UploadErrorCode) {
    super(`the upload broke: ${code}`)
    this.code = code
  }
}

export interface UploadLimits {
  /** Bytes; undefined means unlimited. */
  readonly bytes: number | undefined
  /** Milliseconds without a byte while the upstream is ready for more; 0 means no limit. */
  readonly idle: number
}

/**
 * The source itself is never handed to undici: it destroys what it is given, and with it the client's connection.
 * Destroying this stream leaves the source paused; whoever answers the client decides what becomes of the rest.
 * Nothing is read before undici asks for it, so an attempt that failed to connect can be repeated with a new one.
 */
export class RequestBody extends Readable {
  bytes = 0
  readonly #source: Readable
  readonly #limits: UploadLimits
  #attached = false
  #wanted = false
  #timer: NodeJS.Timeout | undefined

  constructor(source: Readable, limits: UploadLimits) {
    super({ highWaterMark: 65_536 })
    this.#source = source
    this.#limits = limits
    // undici takes its own listener away again; an error after that must not end the process.
    this.on('error', () => {})
  }

  override _read(): void {
    this.#wanted = true
    if (!this.#attached) this.#attach()
    this.#timer?.refresh()
    this.#source.resume()
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    clearTimeout(this.#timer)
    if (this.#attached) {
      this.#source.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose)
      this.#source.pause()
    }
    callback(error)
  }

  #attach(): void {
    this.#attached = true
    // Kept for good: an error of the source after this stream is gone has nowhere else to go.
    this.#source.on('error', this.#onClose)
    this.#source.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose)
    if (this.#source.destroyed && !this.#source.readableEnded) this.#onClose()
    else if (this.#source.readableEnded) this.#finish()
    if (this.#limits.idle > 0) this.#timer = setTimeout(this.#onIdle, this.#limits.idle)
  }

  readonly #onData = (chunk: Buffer): void => {
    this.bytes += chunk.length
    if (this.#limits.bytes !== undefined && this.bytes > this.#limits.bytes) {
      this.destroy(new UploadError('body_too_large'))
      return
    }
    this.#timer?.refresh()
    if (this.push(chunk)) return
    this.#wanted = false
    this.#source.pause()
  }

  readonly #onEnd = (): void => {
    // Node ends an HTTP/2 stream in the same way whether the client finished it or reset it; which of the two it was
    // shows one turn later. Ending the upload at once would pass off half a file as a whole one.
    if ('rstCode' in this.#source) setImmediate(() => this.#finish())
    else this.#finish()
  }

  #finish(): void {
    if (this.destroyed) return
    const source = this.#source as { aborted?: boolean; complete?: boolean; destroyed: boolean; rstCode?: number }
    const reset = 'rstCode' in source && (source.aborted === true || source.destroyed || source.rstCode !== 0)
    if (reset || source.complete === false) this.destroy(new UploadError('client_gone'))
    else this.push(null)
  }

  readonly #onClose = (): void => {
    if (!this.#source.readableEnded) this.destroy(new UploadError('client_gone'))
  }

  readonly #onIdle = (): void => {
    // While the upstream does not take more, the client cannot be blamed.
    if (this.#wanted && !this.readableEnded) this.destroy(new UploadError('body_idle'))
    else this.#timer?.refresh()
  }
}
