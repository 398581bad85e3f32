// Relays one response from the upstream to the client: header rules, back-pressure, download limit, silence, gRPC trailers.

import type { ResponseWriter } from '../http/response-writer.ts'
import type { ResponseControl } from './client/connection.ts'
import { GrpcEnding } from './grpc-ending.ts'
import {
  type ChallengeListener,
  earlyHintHeaders,
  type RawHeaders,
  type ResponseHeaderRules,
  responseTrailers,
} from './headers/response-headers.ts'
import { invalidField } from './headers/invalid-field.ts'
import { watchIdle } from './idle-watch.ts'
import { maxDownload, responseLength } from './transfer-limits.ts'
import type { ForwardRequest, ForwardResult } from './upstream.ts'
import type { UpstreamContext } from './upstream-context.ts'

/** Implemented by the exchange, which ends at each of them. */
export interface RelayListener extends ChallengeListener {
  /** `why`: which field, or the status. */
  invalidResponse(why: string): void
  downloadLimitReached(max: number): void
  /** The upstream sent and received nothing for `timeouts.idle`, in the middle of the response. */
  upstreamSilent(): void
  /** Bytes of the request that were sent so far. */
  readonly bytesIn: number
}

/** A class, because there is one per request. */
export class ResponseRelay {
  readonly #context: UpstreamContext
  readonly #request: ForwardRequest
  readonly #response: ResponseWriter
  readonly #listener: RelayListener
  readonly #headerRules: ResponseHeaderRules
  readonly #maxDownload: number
  readonly #grpc: GrpcEnding | undefined
  #status = 0
  #bytesOut = 0
  /** Header of a 431 that has no content so far: without any, the gateway explains it instead. */
  #unexplained: string[] | undefined
  /** The upstream waits for the client, which does not read. */
  #paused = false
  #idleWatch: NodeJS.Timeout | undefined

  constructor(context: UpstreamContext, request: ForwardRequest, response: ResponseWriter, listener: RelayListener) {
    this.#context = context
    this.#request = request
    this.#response = response
    this.#listener = listener
    this.#headerRules = context.responseHeaderRules(request)
    this.#maxDownload = maxDownload(request)
    this.#grpc = request.grpc === true ? new GrpcEnding(response, request.version) : undefined
  }

  /** 0 before the head of the response. */
  get status(): number {
    return this.#status
  }

  get bytesOut(): number {
    return this.#bytesOut
  }

  /** A 431 without content waits for the gateway's explanation. */
  get unexplained(): boolean {
    return this.#unexplained !== undefined
  }

  /** `errorStatus` of a failure with this status: undefined once the client has the head of the response. */
  answerWith<Status extends number>(status: Status): Status | 431 | undefined {
    if (this.#response.headersSent) return undefined
    return this.unexplained ? 431 : status
  }

  /** Undefined: the upstream sent an invalid field. */
  headers(code: number, raw: RawHeaders): string[] | undefined {
    return this.#headerRules(raw, code, this.#request.signedIn ?? true, this.#listener)
  }

  /** Of an upgrade, whose head the tunnel writes. */
  switched(code: number): void {
    this.#status = code
  }

  /** False: nothing of a final response was relayed. */
  head(code: number, raw: RawHeaders, last: boolean): boolean {
    if (code === 103) {
      const { fields } = this.#context
      this.#response.writeInformational(code, earlyHintHeaders(raw, this.#context.mapReference(this.#request), fields))
      return false
    }
    // RFC 9110 15.2: 100 is sent by the gateway's own server, 102 is obsolete; 101 without an upgrade is invalid.
    if (code === 100 || code === 102) return false
    const list = this.headers(code, raw)
    if (list === undefined || code < 200 || code > 599) {
      this.#listener.invalidResponse(list === undefined ? invalidField(raw) : `status ${code}`)
      return false
    }
    if (this.#maxDownload !== Infinity && (responseLength(this.#request.method, code, list) ?? 0) > this.#maxDownload) {
      this.#listener.downloadLimitReached(this.#maxDownload)
      return true
    }
    this.#status = code
    if (this.#context.responseIdle !== undefined) this.#watchSilence(this.#context.responseIdle)
    // RFC 6585 section 5: the fields that carry the identity may be the cause. Content is the application's explanation.
    if (code === 431 && (this.#request.signedIn ?? true)) this.#unexplained = list
    else this.#response.writeHead(code, list, last)
    this.#grpc?.begun(list, last)
    return true
  }

  data(control: ResponseControl, chunk: Buffer): void {
    if (this.#bytesOut + chunk.length > this.#maxDownload) return this.#listener.downloadLimitReached(this.#maxDownload)
    if (this.#unexplained !== undefined) {
      this.#response.writeHead(this.#status, this.#unexplained)
      this.#unexplained = undefined
    }
    this.#bytesOut += chunk.length
    if (this.#response.write(chunk)) return
    this.#paused = true
    control.pause()
  }

  end(raw: RawHeaders): void {
    this.#response.end(raw.length === 0 ? undefined : responseTrailers(raw, this.#context.fields))
  }

  resumed(): void {
    this.#paused = false
  }

  /** Trailers in place of a reset, where the client understands them (gRPC). */
  endWith(trailers: readonly string[] | undefined): void {
    this.#grpc?.endWith(trailers)
  }

  /** The exchange has ended. True: the client was told in trailers, and the connection needs no reset. */
  stop(end: ForwardResult['end'], exceeded: boolean): boolean {
    clearInterval(this.#idleWatch)
    return this.#grpc?.end(end, exceeded) === true
  }

  #watchSilence(idle: number): void {
    const bytes = (): number => (this.#paused ? NaN : this.#bytesOut + this.#listener.bytesIn)
    this.#idleWatch ??= watchIdle(idle, bytes, () => this.#listener.upstreamSilent())
  }
}
