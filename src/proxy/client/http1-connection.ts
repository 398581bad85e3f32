// One connection to an upstream server, spoken to without anybody in between: HTTP/1.1, one request at a time.

import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { Http1Controller, type ControlTarget } from './http1-controller.ts'
import type { ResponseHead } from '../../http/llhttp.ts'
import { ResponseReader } from './http1-response-reader.ts'
import { serializeRequestHead, sendBody, type BodyUpload } from './http1-request-writer.ts'
import type { UpstreamRequest, ResponseControl, ResponseHandler, UpstreamConnection } from './connection.ts'
import { idleTimer, type IdleTimeouts } from '../../http/idle-timeouts.ts'
import { upstreamError } from '../upstream-error.ts'

export interface Http1ConnectionOptions {
  /** Begins to connect; `connect` or `secureConnect` says that it did. */
  readonly open: () => Socket
  readonly connected: 'connect' | 'secureConnect'
  /** Milliseconds. */
  readonly connectTimeout: number
  readonly keepAlive: number
  /** Whoever does not answer in time. */
  readonly responseTimeout: IdleTimeouts
  /** Bytes. */
  readonly headerBytes: number
  /** It was closed while nobody used it. */
  readonly onClose: (connection: UpstreamConnection) => void
}

/** A class, because every exchange passes through one: nothing is made anew for the next request. */
export class Http1Connection implements UpstreamConnection, ControlTarget {
  isNew = true
  keepAliveMs = 0
  idleSince = 0
  readonly #options: Http1ConnectionOptions
  #socket: Socket | undefined
  #ready = false
  #request: UpstreamRequest | undefined
  #handler: ResponseHandler | undefined
  #control: Http1Controller | undefined
  #upload: BodyUpload | undefined
  /** The upload is complete, or there is none. */
  #sent = true
  /** It was asked. */
  #started = false
  #responseStarted = false
  /** Its head came; hints before it do not count. */
  #answered = false
  readonly #reading: ResponseReader
  #timer: NodeJS.Timeout | undefined
  #closeReason: Error | undefined
  readonly #responseTimer = idleTimer(() => this.#fail(upstreamError('UPSTREAM_SILENT', 'no answer came in time')))

  constructor(options: Http1ConnectionOptions) {
    this.#options = options
    this.#reading = new ResponseReader(options.headerBytes, {
      head: (head) => this.#onResponseHead(head),
      data: (chunk) => this.#onResponseData(chunk),
      complete: (head, trailers, clean) => this.#complete(head, trailers, clean),
      malformed: (message) => this.#protocolError(message),
    })
  }

  dispatch(request: UpstreamRequest, handler: ResponseHandler): void {
    this.#request = request
    this.#handler = handler
    this.#control = new Http1Controller(this)
    if (!this.#ready) return this.#connect()
    // What the upstream said or did since its last answer is heard before it is asked again: bytes nobody asked for are
    // not an answer (GHSA-35p6-xmwp-9g52), and a closed connection is no failure.
    const control = this.#control
    setImmediate(() => {
      if (this.#control === control && this.#ready) this.#start()
    })
  }

  destroy(): void {
    this.#finish()
    this.#close()
  }

  #connect(): void {
    const socket = this.#options.open()
    this.#socket = socket
    this.#timer = setTimeout(
      () => this.#fail(upstreamError('UPSTREAM_CONNECT_TIMEOUT', 'no connection came about in time')),
      this.#options.connectTimeout,
    )
    // A line may outlive its connection.
    const mine = (): boolean => this.#socket === socket
    socket.on('error', (error) => mine() && this.#fail(error))
    socket.once(this.#options.connected, () => {
      clearTimeout(this.#timer)
      if (this.#handler === undefined || !mine()) return
      this.#ready = true
      this.#start()
    })
    socket.on('data', (bytes: Buffer) => mine() && this.#received(bytes))
    socket.on('drain', () => mine() && this.#upload?.resume())
    socket.on('end', () => mine() && this.#ended())
    socket.on('close', () => mine() && this.#fail(this.#closeReason ?? connectionClosed()))
  }

  #start(): void {
    const [asking, control, hearing] = [this.#request!, this.#control!, this.#handler!]
    this.#started = true
    this.#responseStarted = false
    this.#answered = false
    const head = serializeRequestHead(asking)
    if (head === undefined) {
      return this.#fail(upstreamError('UPSTREAM_REFUSED_BY_US', 'the request cannot be written'))
    }
    hearing.onRequestStart(control)
    if (this.#control !== control) return
    this.#reading.begin(asking.method)
    if (asking.body === null) {
      this.#options.responseTimeout.start(this.#responseTimer)
      this.#socket!.write(head, 'latin1')
      return
    }
    this.#sent = false
    this.#upload = sendBody(this.#socket!, head, asking as UpstreamRequest & { readonly body: Readable }, {
      onBackpressure: (upstream) => {
        if (this.#answered) return
        if (upstream) this.#options.responseTimeout.start(this.#responseTimer)
        else this.#options.responseTimeout.cancel(this.#responseTimer)
      },
      onDone: () => {
        this.#sent = true
        this.#upload = undefined
      },
      onError: (error) => this.#fail(error),
    })
  }

  #received(bytes: Buffer): void {
    // Nobody asked: whatever this is, it will not be taken for the answer to the next request.
    if (this.#handler === undefined || !this.#started) return this.#protocolError('nobody asked')
    if (!this.#responseStarted) {
      this.#responseStarted = true
      this.#handler.onResponseStarted?.()
    }
    try {
      this.#reading.read(bytes)
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  #onResponseHead(head: ResponseHead): boolean {
    const control = this.#control!
    control.rawHeaders = head.headers
    if (head.status >= 200) {
      this.#answered = true
      this.#options.responseTimeout.cancel(this.#responseTimer)
    }
    this.#handler!.onResponseStart(control, head.status)
    return this.#control === control
  }

  #onResponseData(chunk: Buffer): boolean {
    const control = this.#control!
    this.#handler!.onResponseData(control, chunk)
    return this.#control === control
  }

  /** `clean`: as far as the upstream is concerned there may be another. */
  #complete(head: ResponseHead, trailers: readonly string[], clean: boolean): void {
    const [hearing, control] = [this.#handler!, this.#control!]
    const whole = clean && this.#sent
    this.keepAliveMs = whole ? keepAliveMs(head.headers, this.#options.keepAlive) : 0
    control.rawTrailers = trailers
    if (control.paused) this.#socket!.resume()
    this.#finish()
    if (!whole) this.#ready = false
    hearing.onResponseEnd(control)
  }

  #ended(): void {
    if (this.#handler === undefined || !this.#started || !this.#reading.end()) this.#fail(connectionClosed())
  }

  /** What came so far is still delivered; the error follows with the end of the connection. */
  #protocolError(message: string): void {
    this.#closeReason = upstreamError('UPSTREAM_INVALID', message)
    this.#socket!.destroy()
  }

  #fail(error: Error): void {
    if (this.#ready && !this.#started && this.#handler !== undefined) return this.#reuse()
    const [hearing, control] = [this.#handler, this.#control]
    const used = hearing !== undefined
    this.#finish()
    this.#close()
    if (used) hearing.onResponseError(control, error)
    else this.#options.onClose(this)
  }

  /** The kept connection ended before anything was said on it. */
  #reuse(): void {
    this.#close()
    this.isNew = true
    this.#connect()
  }

  /** What comes now belongs to nobody. */
  #finish(): void {
    this.#started = false
    this.#options.responseTimeout.cancel(this.#responseTimer)
    this.#upload?.stop()
    this.#upload = undefined
    this.#handler = undefined
    this.#control = undefined
    this.#request = undefined
  }

  #close(): void {
    clearTimeout(this.#timer)
    this.keepAliveMs = 0
    this.#ready = false
    this.#closeReason = undefined
    const socket = this.#socket
    this.#socket = undefined
    socket?.destroy()
  }

  /** For the exchange whose control this is, and for no other after it. */
  pause(control: ResponseControl): void {
    if (this.#control === control) this.#socket?.pause()
  }
  resume(control: ResponseControl): void {
    if (this.#control === control) this.#socket?.resume()
  }
  abort(control: ResponseControl, error: Error): void {
    if (this.#control === control) this.#fail(error)
  }
}

function connectionClosed(): Error {
  return upstreamError('UPSTREAM_CLOSED', 'the upstream closed the connection')
}

/** What a server says itself about how long it keeps a connection, a second off for the way. */
function keepAliveMs(headers: readonly string[], max: number): number {
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i]!.length !== 10 || headers[i]!.toLowerCase() !== 'keep-alive') continue
    const seconds = /(?:^|[\s,])timeout=(\d{1,9})/i.exec(headers[i + 1]!)
    if (seconds !== null) return Math.min(max, Number(seconds[1]) * 1_000 - 1_000)
  }
  return max
}
