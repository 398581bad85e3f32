// Native HTTP/1.1 client connection to an upstream server, with keep-alive and one request at a time.

import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { Http1Controller, type ControlTarget } from './http1-controller.ts'
import type { ResponseHead } from '../../http/llhttp.ts'
import { ResponseReader } from './http1-response-reader.ts'
import { attachSocket } from './http1-socket.ts'
import { keepAliveMs } from './keep-alive.ts'
import { serializeRequestHead, sendBody, type BodyUpload } from './http1-request-writer.ts'
import type { UpstreamRequest, ResponseControl, ResponseHandler, UpstreamConnection } from './connection.ts'
import { idleTimer, type IdleTimeouts } from '../../http/idle-timeouts.ts'
import { upstreamError, type OwnErrorCode } from '../upstream-error.ts'

export interface Http1ConnectionOptions {
  /** Starts connecting; the event `connected` reports that the socket is usable. */
  readonly open: () => Socket
  readonly connectedEvent: 'connect' | 'secureConnect'
  /** Milliseconds, both. */
  readonly connectTimeout: number
  readonly keepAlive: number
  /** Response timeout. */
  readonly responseTimeout: IdleTimeouts
  /** Bytes of a response head. */
  readonly headerBytes: number
  /** Called with the address of each socket that connected. */
  readonly onConnect?: ((address: string) => void) | undefined
  /** Called when the connection closed while idle. */
  readonly onClose: (connection: UpstreamConnection) => void
}

/** A class, because every exchange uses one: no closures are allocated per request. */
export class Http1Connection implements UpstreamConnection, ControlTarget {
  address: string | undefined
  isNew = true
  keepAliveMs = 0
  idleSince = 0
  readonly #options: Http1ConnectionOptions
  #socket: Socket | undefined
  /** This object may reconnect: events of an earlier socket do not reach it. */
  #detach: (() => void) | undefined
  #ready = false
  #request: UpstreamRequest | undefined
  #handler: ResponseHandler | undefined
  #control: Http1Controller | undefined
  #upload: BodyUpload | undefined
  /** The upload is complete, or there is none. */
  #sent = true
  /** The request was written. */
  #started = false
  #responseStarted = false
  /** The final response head arrived; 1xx do not count. */
  #headReceived = false
  readonly #reader: ResponseReader
  #timer: NodeJS.Timeout | undefined
  #closeReason: Error | undefined
  readonly #responseTimer = idleTimer(() => this.#fail(upstreamError('UPSTREAM_SILENT', 'response timeout')))

  constructor(options: Http1ConnectionOptions) {
    this.#options = options
    this.#reader = new ResponseReader(options.headerBytes, {
      head: (head) => this.#onResponseHead(head),
      data: (chunk) => this.#onResponseData(chunk),
      complete: (head, trailers, clean) => this.#complete(head, trailers, clean),
      switched: (head, rest) => this.#switched(head, rest),
      malformed: (message, code) => this.#protocolError(message, code),
    })
  }

  dispatch(request: UpstreamRequest, handler: ResponseHandler): void {
    this.#request = request
    this.#handler = handler
    this.#control = new Http1Controller(this)
    if (!this.#ready) return this.#connect()
    // Pending events of a reused connection are processed before the next request: unsolicited bytes are not a response
    // (GHSA-35p6-xmwp-9g52), and a closed connection is no failure.
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
      () => this.#fail(upstreamError('UPSTREAM_CONNECT_TIMEOUT', 'connect timeout')),
      this.#options.connectTimeout,
    )
    this.#detach = attachSocket(socket, this.#options.connectedEvent, {
      connected: () => {
        clearTimeout(this.#timer)
        this.address = socket.remoteAddress
        if (this.address !== undefined) this.#options.onConnect?.(this.address)
        if (this.#handler === undefined) return
        this.#ready = true
        this.#start()
      },
      data: (bytes) => this.#received(bytes),
      drain: () => this.#upload?.resume(),
      ended: () => this.#ended(),
      closed: () => this.#fail(this.#closeReason ?? connectionClosed()),
      failed: (error) => this.#fail(error),
    })
  }

  #start(): void {
    const [request, control, handler] = [this.#request!, this.#control!, this.#handler!]
    this.#started = true
    this.#responseStarted = false
    this.#headReceived = false
    const head = serializeRequestHead(request)
    if (head === undefined) {
      return this.#fail(upstreamError('UPSTREAM_REFUSED_BY_US', 'the request head is invalid'))
    }
    handler.onRequestStart(control)
    if (this.#control !== control) return
    this.#reader.begin(request.method, request.upgrade !== null)
    if (request.body === null) {
      this.#options.responseTimeout.start(this.#responseTimer)
      this.#socket!.write(head, 'latin1')
      return
    }
    this.#sent = false
    this.#upload = sendBody(this.#socket!, head, request as UpstreamRequest & { readonly body: Readable }, {
      onBackpressure: (upstream) => {
        if (this.#headReceived) return
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
    // Unsolicited bytes must not be read as the response to the next request (response smuggling).
    if (this.#handler === undefined || !this.#started) return this.#protocolError('unsolicited response')
    if (!this.#responseStarted) {
      this.#responseStarted = true
      this.#handler.onResponseStarted?.()
    }
    try {
      this.#reader.read(bytes)
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  #onResponseHead(head: ResponseHead): boolean {
    const control = this.#control!
    control.rawHeaders = head.headers
    if (head.status >= 200) {
      this.#headReceived = true
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

  /** `clean`: the upstream allows another request on this connection. */
  #complete(head: ResponseHead, trailers: readonly string[], clean: boolean): void {
    const [handler, control] = [this.#handler!, this.#control!]
    const reusable = clean && this.#sent
    this.keepAliveMs = reusable ? keepAliveMs(head.headers, this.#options.keepAlive) : 0
    control.rawTrailers = trailers
    if (control.paused) this.#socket!.resume()
    this.#finish()
    if (!reusable) this.#ready = false
    handler.onResponseEnd(control)
  }

  /** Hands the socket over: this connection is then unused and unconnected. */
  #switched(head: ResponseHead, rest: Buffer): void {
    const [socket, handler, control] = [this.#socket!, this.#handler!, this.#control!]
    control.rawHeaders = head.headers
    this.#finish()
    this.#socket = undefined
    this.#close()
    socket.pause()
    if (rest.length > 0) socket.unshift(rest)
    handler.onRequestUpgrade?.(control, head.status, socket)
  }

  #ended(): void {
    if (this.#handler === undefined || !this.#started || !this.#reader.end()) this.#fail(connectionClosed())
  }

  /** Delivers what was received so far; the error follows with the `close` event. */
  #protocolError(message: string, code: OwnErrorCode = 'UPSTREAM_INVALID'): void {
    this.#closeReason = upstreamError(code, message)
    this.#socket!.destroy()
  }

  #fail(error: Error): void {
    if (this.#ready && !this.#started && this.#handler !== undefined) return this.#reconnect()
    const [handler, control] = [this.#handler, this.#control]
    const used = handler !== undefined
    this.#finish()
    this.#close()
    if (used) handler.onResponseError(control, error)
    else this.#options.onClose(this)
  }

  /** Reconnects: the idle connection closed before the request was written. */
  #reconnect(): void {
    this.#close()
    this.isNew = true
    this.#connect()
  }

  /** Detaches the current exchange; later bytes are unsolicited. */
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
    this.#detach?.()
    this.#detach = undefined
    const socket = this.#socket
    this.#socket = undefined
    socket?.destroy()
  }

  /** Ignored when `control` belongs to an earlier exchange. */
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
