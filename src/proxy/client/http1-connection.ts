// One connection to an upstream server, spoken to without anybody in between: HTTP/1.1, one request at a time.

import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { DirectControl, type Controlled } from './http1-controller.ts'
import type { ResponseHead } from '../../http/llhttp.ts'
import { DirectReading } from './http1-response-reader.ts'
import { requestHead, sendBody, type Sending } from './http1-request-writer.ts'
import type { Asking, Control, Hearing, Line } from './connection.ts'
import { waitingFor, type StalledClients } from '../../http/idle-timeouts.ts'
import { upstreamError } from '../upstream-error.ts'

export interface DirectLineOptions {
  /** Begins to connect; `connect` or `secureConnect` says that it did. */
  readonly open: () => Socket
  readonly connected: 'connect' | 'secureConnect'
  /** Milliseconds. */
  readonly connectTimeout: number
  readonly keepAlive: number
  /** Whoever does not answer in time. */
  readonly silent: StalledClients
  /** Bytes. */
  readonly headerBytes: number
  /** It was closed while nobody used it. */
  readonly lost: (line: Line) => void
}

/** A class, because every exchange passes through one: nothing is made anew for the next request. */
export class DirectLine implements Line, Controlled {
  fresh = true
  keepFor = 0
  idleSince = 0
  readonly #options: DirectLineOptions
  #socket: Socket | undefined
  #ready = false
  #asking: Asking | undefined
  #hearing: Hearing | undefined
  #control: DirectControl | undefined
  #sending: Sending | undefined
  /** The upload is complete, or there is none. */
  #sent = true
  /** It was asked. */
  #started = false
  #heard = false
  /** Its head came; hints before it do not count. */
  #answered = false
  readonly #reading: DirectReading
  #timer: NodeJS.Timeout | undefined
  #why: Error | undefined
  readonly #silence = waitingFor(() => this.#fail(upstreamError('UPSTREAM_SILENT', 'no answer came in time')))

  constructor(options: DirectLineOptions) {
    this.#options = options
    this.#reading = new DirectReading(options.headerBytes, {
      head: (head) => this.#answers(head),
      data: (chunk) => this.#passes(chunk),
      complete: (head, trailers, clean) => this.#complete(head, trailers, clean),
      broken: (message) => this.#breaks(message),
    })
  }

  dispatch(asking: Asking, hearing: Hearing): void {
    this.#asking = asking
    this.#hearing = hearing
    this.#control = new DirectControl(this)
    if (!this.#ready) return this.#connect()
    // What the upstream said or did since its last answer is heard before it is asked again: bytes nobody asked for are
    // not an answer (GHSA-35p6-xmwp-9g52), and a closed connection is no failure.
    const control = this.#control
    setImmediate(() => {
      if (this.#control === control && this.#ready) this.#start()
    })
  }

  destroy(): void {
    this.#over()
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
      if (this.#hearing === undefined || !mine()) return
      this.#ready = true
      this.#start()
    })
    socket.on('data', (bytes: Buffer) => mine() && this.#received(bytes))
    socket.on('drain', () => mine() && this.#sending?.goesOn())
    socket.on('end', () => mine() && this.#ended())
    socket.on('close', () => mine() && this.#fail(this.#why ?? closed()))
  }

  #start(): void {
    const [asking, control, hearing] = [this.#asking!, this.#control!, this.#hearing!]
    this.#started = true
    this.#heard = false
    this.#answered = false
    const head = requestHead(asking)
    if (head === undefined) {
      return this.#fail(upstreamError('UPSTREAM_REFUSED_BY_US', 'the request cannot be written'))
    }
    hearing.onRequestStart(control)
    if (this.#control !== control) return
    this.#reading.begin(asking.method)
    if (asking.body === null) {
      this.#options.silent.waits(this.#silence)
      this.#socket!.write(head, 'latin1')
      return
    }
    this.#sent = false
    this.#sending = sendBody(this.#socket!, head, asking as Asking & { readonly body: Readable }, {
      waits: (upstream) => {
        if (this.#answered) return
        if (upstream) this.#options.silent.waits(this.#silence)
        else this.#options.silent.goesOn(this.#silence)
      },
      done: () => {
        this.#sent = true
        this.#sending = undefined
      },
      failed: (error) => this.#fail(error),
    })
  }

  #received(bytes: Buffer): void {
    // Nobody asked: whatever this is, it will not be taken for the answer to the next request.
    if (this.#hearing === undefined || !this.#started) return this.#breaks('nobody asked')
    if (!this.#heard) {
      this.#heard = true
      this.#hearing.onResponseStarted?.()
    }
    try {
      this.#reading.read(bytes)
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  #answers(head: ResponseHead): boolean {
    const control = this.#control!
    control.rawHeaders = head.headers
    if (head.status >= 200) {
      this.#answered = true
      this.#options.silent.goesOn(this.#silence)
    }
    this.#hearing!.onResponseStart(control, head.status)
    return this.#control === control
  }

  #passes(chunk: Buffer): boolean {
    const control = this.#control!
    this.#hearing!.onResponseData(control, chunk)
    return this.#control === control
  }

  /** `clean`: as far as the upstream is concerned there may be another. */
  #complete(head: ResponseHead, trailers: readonly string[], clean: boolean): void {
    const [hearing, control] = [this.#hearing!, this.#control!]
    const whole = clean && this.#sent
    this.keepFor = whole ? keepFor(head.headers, this.#options.keepAlive) : 0
    control.rawTrailers = trailers
    if (control.paused) this.#socket!.resume()
    this.#over()
    if (!whole) this.#ready = false
    hearing.onResponseEnd(control)
  }

  #ended(): void {
    if (this.#hearing === undefined || !this.#started || !this.#reading.end()) this.#fail(closed())
  }

  /** What came so far is still delivered; the error follows with the end of the connection. */
  #breaks(message: string): void {
    this.#why = upstreamError('UPSTREAM_INVALID', message)
    this.#socket!.destroy()
  }

  #fail(error: Error): void {
    if (this.#ready && !this.#started && this.#hearing !== undefined) return this.#again()
    const [hearing, control] = [this.#hearing, this.#control]
    const used = hearing !== undefined
    this.#over()
    this.#close()
    if (used) hearing.onResponseError(control, error)
    else this.#options.lost(this)
  }

  /** The kept connection ended before anything was said on it. */
  #again(): void {
    this.#close()
    this.fresh = true
    this.#connect()
  }

  /** What comes now belongs to nobody. */
  #over(): void {
    this.#started = false
    this.#options.silent.goesOn(this.#silence)
    this.#sending?.stop()
    this.#sending = undefined
    this.#hearing = undefined
    this.#control = undefined
    this.#asking = undefined
  }

  #close(): void {
    clearTimeout(this.#timer)
    this.keepFor = 0
    this.#ready = false
    this.#why = undefined
    const socket = this.#socket
    this.#socket = undefined
    socket?.destroy()
  }

  /** For the exchange whose control this is, and for no other after it. */
  pause(control: Control): void {
    if (this.#control === control) this.#socket?.pause()
  }
  resume(control: Control): void {
    if (this.#control === control) this.#socket?.resume()
  }
  abort(control: Control, error: Error): void {
    if (this.#control === control) this.#fail(error)
  }
}

function closed(): Error {
  return upstreamError('UPSTREAM_CLOSED', 'the upstream closed the connection')
}

/** What a server says itself about how long it keeps a connection, a second off for the way. */
function keepFor(headers: readonly string[], most: number): number {
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i]!.length !== 10 || headers[i]!.toLowerCase() !== 'keep-alive') continue
    const seconds = /(?:^|[\s,])timeout=(\d{1,9})/i.exec(headers[i + 1]!)
    if (seconds !== null) return Math.min(most, Number(seconds[1]) * 1_000 - 1_000)
  }
  return most
}
