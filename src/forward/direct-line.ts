// One connection to an upstream server, spoken to without anybody in between: HTTP/1.1, one request at a time.

import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import type { RawHeaders } from './answer-headers.ts'
import { broken, createChunks, type Chunks } from './direct-chunks.ts'
import { parseResponseHead, type ResponseHead } from './direct-head.ts'
import { requestHead, sendBody, type Sending } from './direct-request.ts'
import type { Asking, Control, Hearing, Line } from './line.ts'
import type { GiveUp, StalledClients } from './stalled.ts'
import { upstreamError } from './upstream-fault.ts'

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

/** How the content of an answer ends (RFC 9112 6.3). */
type Framing = 'head' | 'length' | 'chunks' | 'close'

/** Bytes of an answer in which its head is looked for first. */
const usualHead = 4_096
const none: RawHeaders = []

/** A class, because every exchange passes through one: nothing is made anew for the next request. */
export class DirectLine implements Line {
  fresh = true
  keepFor = 0
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
  #framing: Framing = 'head'
  #head: ResponseHead | undefined
  #rest: Buffer | undefined
  #left = 0
  #chunks: Chunks | undefined
  #timer: NodeJS.Timeout | undefined
  #why: Error | undefined
  readonly #tooSilent: GiveUp = () => this.#fail(upstreamError('UPSTREAM_SILENT', 'no answer came in time'))

  constructor(options: DirectLineOptions) {
    this.#options = options
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
    const head = requestHead(asking)
    if (head === undefined) {
      return this.#fail(upstreamError('UPSTREAM_REFUSED_BY_US', 'the request cannot be written'))
    }
    hearing.onRequestStart(control)
    if (this.#control !== control) return
    this.#started = true
    this.#heard = false
    this.#framing = 'head'
    if (asking.body === null) {
      this.#options.silent.waits(this.#tooSilent)
      this.#socket!.write(head, 'latin1')
      return
    }
    this.#sent = false
    this.#sending = sendBody(this.#socket!, head, asking as Asking & { readonly body: Readable }, {
      waits: (upstream) => {
        if (this.#heard) return
        if (upstream) this.#options.silent.waits(this.#tooSilent)
        else this.#options.silent.goesOn(this.#tooSilent)
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
      this.#read(bytes)
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  #read(received: Buffer): void {
    let bytes = received
    let at = 0
    while (this.#framing === 'head') {
      if (this.#rest !== undefined) {
        bytes = Buffer.concat([this.#rest, bytes])
        this.#rest = undefined
      }
      const next = this.#readHead(bytes, at)
      if (next < 0) return
      at = next
      if (at === bytes.length) return
    }
    const hearing = this.#hearing!
    const control = this.#control!
    switch (this.#framing) {
      case 'length': {
        const to = Math.min(bytes.length, at + this.#left)
        this.#left -= to - at
        hearing.onResponseData(control, bytes.subarray(at, to))
        if (this.#left === 0 && this.#control === control) this.#complete(control, bytes.length - to)
        return
      }
      case 'chunks': {
        const end = this.#chunks!.read(bytes, at, (from, to) => {
          if (this.#control === control) hearing.onResponseData(control, bytes.subarray(from, to))
        })
        if (this.#control !== control) return
        if (end === broken) return this.#breaks('a chunk is none')
        if (end >= 0) this.#complete(control, bytes.length - end)
        return
      }
      case 'close':
        hearing.onResponseData(control, at === 0 ? bytes : bytes.subarray(at))
    }
  }

  /** Where the head ended; -1 when it goes on, or when nothing more is to be read. */
  #readHead(bytes: Buffer, start: number): number {
    const most = Math.min(bytes.length, start + this.#options.headerBytes)
    let text = bytes.toString('latin1', start, Math.min(most, start + usualHead))
    let length = text.indexOf('\r\n\r\n')
    if (length < 0 && most > start + usualHead) {
      text = bytes.toString('latin1', start, most)
      length = text.indexOf('\r\n\r\n')
    }
    if (length < 0) {
      if (most - start >= this.#options.headerBytes || !beginning.startsWith(text.slice(0, beginning.length))) {
        this.#breaks('the head of the answer is too large, or is none')
      } else this.#rest = start === 0 ? bytes : bytes.subarray(start)
      return -1
    }
    const end = start + length + 4
    const head = parseResponseHead(bytes, start, end, text)
    if (typeof head === 'string') {
      this.#breaks(`the head of the answer is ${head}`)
      return -1
    }
    const [hearing, control, asking] = [this.#hearing!, this.#control!, this.#asking!]
    this.#head = head
    control.rawHeaders = head.headers
    const final = head.status >= 200
    if (final) this.#options.silent.goesOn(this.#tooSilent)
    const bodiless = asking.method === 'HEAD' || head.status === 204 || head.status === 304
    if (final && !bodiless) this.#frame(head)
    hearing.onResponseStart(control, head.status)
    if (this.#control !== control) return -1
    if (!final) return end
    if (bodiless || (this.#framing === 'length' && this.#left === 0)) {
      this.#complete(control, bytes.length - end)
      return -1
    }
    return end
  }

  #frame(head: ResponseHead): void {
    this.#framing = head.chunked ? 'chunks' : head.length === undefined ? 'close' : 'length'
    this.#left = head.length ?? 0
    if (head.chunked) this.#chunks = createChunks()
  }

  /** `beyond`: bytes behind the answer, which nobody asked for. */
  #complete(control: DirectControl, beyond: number): void {
    const hearing = this.#hearing!
    const whole = this.#sent && beyond === 0 && this.#framing !== 'close' && this.#head!.keepAlive
    this.keepFor = whole ? keepFor(this.#head!.headers, this.#options.keepAlive) : 0
    if (this.#chunks !== undefined) control.rawTrailers = this.#chunks.trailers
    if (control.paused) this.#socket!.resume()
    this.#over()
    if (!whole) this.#ready = false
    hearing.onResponseEnd(control)
  }

  #ended(): void {
    if (this.#framing === 'close' && this.#hearing !== undefined) return this.#complete(this.#control!, 0)
    this.#fail(closed())
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
    this.#options.silent.goesOn(this.#tooSilent)
    this.#sending?.stop()
    this.#sending = undefined
    this.#hearing = undefined
    this.#control = undefined
    this.#asking = undefined
    this.#chunks = undefined
    this.#rest = undefined
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

const beginning = 'HTTP/1.'

function closed(): Error {
  return upstreamError('UPSTREAM_CLOSED', 'the upstream closed the connection')
}

class DirectControl implements Control {
  rawHeaders: RawHeaders = none
  rawTrailers: RawHeaders = none
  paused = false
  readonly #line: DirectLine
  constructor(line: DirectLine) {
    this.#line = line
  }
  abort(error: Error): void {
    this.#line.abort(this, error)
  }
  pause(): void {
    this.paused = true
    this.#line.pause(this)
  }
  resume(): void {
    if (!this.paused) return
    this.paused = false
    this.#line.resume(this)
  }
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
