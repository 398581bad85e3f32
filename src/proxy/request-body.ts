// Request body stream to the upstream: back-pressure, size limit, idle timeout; an aborted upload never looks complete.

import { Readable } from 'node:stream'

export type UploadErrorCode = 'client_gone' | 'body_idle' | 'body_too_large'

export class UploadError extends Error {
  readonly code: UploadErrorCode
  constructor(code: UploadErrorCode) {
    super(`upload failed: ${code}`)
    this.code = code
  }
}

export interface UploadLimits {
  /** Bytes; undefined means unlimited. */
  readonly bytes: number | undefined
  /** Milliseconds without a byte while the upstream is ready for more; 0 means no limit. */
  readonly idle: number
}

/** Beginning of a body that is kept until the upstream answers, so that a request it did not process can be sent again. */
export interface KeptBody {
  readonly chunks: Buffer[]
  bytes: number
  /** Nothing was left out. */
  whole: boolean
}

/** Bytes: a message of gRPC of usual size. */
const maxKept = 65_536

export function keptBody(): KeptBody {
  return { chunks: [], bytes: 0, whole: true }
}

/**
 * undici destroys the body stream it is given, so it gets this stream and not the source, whose destruction would close
 * the client's connection. Destroying this stream leaves the source paused; the response writer handles the rest.
 * Nothing is read before the first demand, so a failed connection attempt can be retried with a new stream.
 */
export class RequestBody extends Readable {
  bytes = 0
  readonly #source: Readable
  readonly #limits: UploadLimits
  readonly #kept: KeptBody | undefined
  /** Chunks of an earlier attempt, which are sent first. */
  #again: Buffer[] | undefined
  #attached = false
  #demanded = false
  #timer: NodeJS.Timeout | undefined

  constructor(source: Readable, limits: UploadLimits, kept?: KeptBody) {
    super({ highWaterMark: 65_536 })
    this.#source = source
    this.#limits = limits
    this.#kept = kept
    if (kept !== undefined && kept.bytes > 0) this.#again = [...kept.chunks]
    this.bytes = kept?.bytes ?? 0
    // undici removes its own listener; a later error must not end the process.
    this.on('error', () => {})
  }

  override _read(): void {
    this.#demanded = true
    const again = this.#again
    this.#again = undefined
    // What the limits allowed once; the source follows at the next demand.
    if (again !== undefined) return void this.push(Buffer.concat(again))
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
    // Never removed: an error of the source after this stream was destroyed must not end the process.
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
    if (this.#kept !== undefined) keep(this.#kept, chunk)
    if (this.push(chunk)) return
    this.#demanded = false
    this.#source.pause()
  }

  readonly #onEnd = (): void => {
    // Node emits `end` for an HTTP/2 stream both when the client finished and when it reset it; the difference is visible
    // one turn later. Ending at once would present a truncated upload as complete.
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
    // Under back-pressure of the upstream the client is not idle.
    if (this.#demanded && !this.readableEnded) this.destroy(new UploadError('body_idle'))
    else this.#timer?.refresh()
  }
}

function keep(kept: KeptBody, chunk: Buffer): void {
  if (!kept.whole) return
  kept.whole = kept.bytes + chunk.length <= maxKept
  if (kept.whole) {
    kept.chunks.push(chunk)
    kept.bytes += chunk.length
  } else kept.chunks.length = 0
}
