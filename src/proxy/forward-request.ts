// Carries one request to an upstream and its answer back, as a stream in both directions.

import type { Duplex } from 'node:stream'
import type { Answer } from '../http/response-writer.ts'
import { Attempt, type Carried } from './attempt.ts'
import { type AnswerRules, answerTrailers, hintHeaders, type RawHeaders } from './headers/response-headers.ts'
import type { Forwarded, Opened, Result } from './upstream.ts'
import { announced, downloadAtMost, limitedBody, uploadAtMost } from './transfer-limits.ts'
import { type RequestBody, UploadBroken, type UploadLimits } from './request-body.ts'
import type { Control } from './client/connection.ts'
import type { Target } from './upstream-server.ts'
import { type Switch, type Switched, switchesToWebSocket } from './websocket.ts'
import { describeFault, faultOf, isTimeout } from './upstream-error.ts'

/** What one app's upstream offers to an exchange. */
export interface Means {
  /** The target to try, leaving out those tried already; undefined when there is none. */
  choose(tried: ReadonlySet<Target>): Target | undefined
  /** It could not be connected to. */
  failed(target: Target, error: Error): void
  readonly answerRules: AnswerRules
  readonly upload: UploadLimits
}

/** Connections tried for one request, at most. */
const attemptsAtMost = 3
/** RFC 9110 9.2.2. */
const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'])
const none: ReadonlySet<Target> = new Set()

/** Never rejects once `opened` returned. `switchTo` is what an upgrade becomes; undefined for an ordinary request. */
export function carry(
  means: Means,
  request: Forwarded,
  answer: Answer,
  opened: Opened,
  switchTo?: Switch,
): Promise<Result> {
  return new Promise((resolve) => {
    const carriage = new Carriage(means, request, answer, resolve, switchTo)
    opened(() => carriage.cut())
    answer.onGone(() => carriage.clientGone())
    answer.onDrain(() => carriage.goOn())
    carriage.begin()
  })
}

/** A class, because every request is carried by one. It ends with the first `#settle`, whoever calls it. */
class Carriage implements Carried {
  readonly #request: Forwarded
  readonly #answer: Answer
  readonly #switchTo: Switch | undefined
  readonly #means: Means
  readonly #resolve: (result: Result) => void
  readonly #mostDown: number
  #tried = none
  #attempts = 0
  #settled = false
  #attempt: Attempt | undefined
  #target: Target | undefined
  #body: RequestBody | undefined
  #switched: Switched | undefined
  #status = 0
  #bytesOut = 0
  #exceeded: Result['exceeded']

  constructor(
    means: Means,
    request: Forwarded,
    answer: Answer,
    resolve: (result: Result) => void,
    switchTo: Switch | undefined,
  ) {
    this.#means = means
    this.#request = request
    this.#answer = answer
    this.#switchTo = switchTo
    this.#resolve = resolve
    this.#mostDown = downloadAtMost(request)
  }

  begin(): void {
    const request = this.#request
    const answer = this.#answer
    if (answer.closed) this.#settle('client_gone')
    if (!this.#settled && (request.contentLength ?? 0) > uploadAtMost(request, this.#means.upload))
      this.#tooMuchToSend()
    if (this.#settled) return
    request.proceed?.()
    this.#try(this.#means.choose(none), false)
  }

  cut(): void {
    if (this.#switched !== undefined) this.#switched.cut()
    else this.#settle('cut', 'access ended')
  }

  clientGone(): void {
    if (this.#switched === undefined) this.#settle('client_gone')
  }

  goOn(): void {
    this.#attempt?.control?.resume()
  }

  /** Still the one that counts. */
  goesBy(attempt: Attempt): boolean {
    return this.#attempt === attempt
  }

  #try(target: Target | undefined, fresh: boolean): void {
    if (target === undefined) return this.#settle('upstream_failed', 'there is no upstream to ask', 502)
    const request = this.#request
    const switchTo = this.#switchTo
    this.#attempts++
    this.#target = target
    const line = target.take(fresh, switchTo !== undefined)
    const body = request.hasBody ? limitedBody(request.body, request, this.#means.upload) : undefined
    this.#body = body
    const attempt = new Attempt(this, target, line)
    this.#attempt = attempt
    line.dispatch(
      {
        path: request.target,
        method: request.method,
        headers: request.headers,
        body: body ?? null,
        length: request.contentLength,
        upgrade: switchTo === undefined ? null : 'websocket',
      },
      attempt,
    )
  }

  head(code: number, raw: RawHeaders): void {
    if (code === 103) return this.#answer.inform(code, hintHeaders(raw))
    // RFC 9110 15.2: 100 is the front's own, 102 tells nothing, 101 was not asked for here.
    if (code === 100 || code === 102) return
    const list = this.#means.answerRules(raw, code, this.#request.signedIn ?? true)
    if (list === undefined || code < 200 || code > 599)
      return this.fail(new Error('the upstream sent an invalid answer'))
    this.#target?.worked()
    if (this.#mostDown !== Infinity && (announced(this.#request.method, code, list) ?? 0) > this.#mostDown) {
      return this.#tooMuchToAnswer()
    }
    this.#status = code
    this.#answer.head(code, list)
  }

  data(control: Control, chunk: Buffer): void {
    if (this.#bytesOut + chunk.length > this.#mostDown) return this.#tooMuchToAnswer()
    this.#bytesOut += chunk.length
    if (!this.#answer.write(chunk)) control.pause()
  }

  end(raw: RawHeaders): void {
    const trailers = raw.length === 0 ? undefined : answerTrailers(raw)
    // First, so that the upload no longer flows when the answer deals with what is left of it.
    this.#settle('complete')
    this.#answer.end(trailers)
  }

  switchOver(raw: RawHeaders, code: number, socket: Duplex): void {
    const list = this.#means.answerRules(raw, code, this.#request.signedIn ?? true)
    const switchTo = this.#switchTo
    if (list === undefined || switchTo === undefined || !switchesToWebSocket(raw)) {
      socket.destroy()
      return this.fail(new Error('the upstream switched to something that was not asked for'))
    }
    this.#target?.worked()
    this.#status = code
    const switched = switchTo(list, socket)
    this.#switched = switched
    void switched.done.then((done) => {
      this.#exceeded = done.exceeded
      this.#settle(done.end, done.detail, undefined, done)
    })
  }

  broken(attempt: Attempt, error: Error): void {
    const request = this.#request
    const switchTo = this.#switchTo
    const fault = faultOf(error)
    if (error instanceof UploadBroken) return this.#uploadBroken(error)
    const more = this.#attempts < attemptsAtMost
    if (!attempt.sent && fault !== 'refused_by_us') {
      this.#tried = new Set(this.#tried).add(attempt.target)
      this.#means.failed(attempt.target, error)
      const other = more ? this.#means.choose(this.#tried) : undefined
      if (other === undefined) return this.fail(error)
      this.#release(false)
      return this.#try(other, false)
    }
    // RFC 9110 9.2.2: a kept connection that was being closed. Whether the request was read nobody knows, so only
    // one that may come twice is repeated, and only where nothing of it has to be read again from the client.
    const repeatable = !request.hasBody && idempotent.has(request.method) && switchTo === undefined
    if (attempt.stale && fault === 'closed' && repeatable && more) {
      this.#release(false)
      return this.#try(attempt.target, true)
    }
    this.fail(error)
  }

  fail(error: Error): void {
    const unanswered = this.#answer.begun ? undefined : isTimeout(error) ? 504 : 502
    this.#settle('upstream_failed', describeFault(error), unanswered)
  }

  #uploadBroken(error: UploadBroken): void {
    if (error.code === 'client_gone') return this.#settle('client_gone', error.message)
    if (error.code === 'body_too_large') return this.#tooMuchToSend()
    this.#settle('cut', error.message, this.#answer.begun ? undefined : 408)
  }

  #tooMuchToSend(): void {
    const most = uploadAtMost(this.#request, this.#means.upload)
    if (this.#request.limits?.upload === most) this.#exceeded = 'upload'
    this.#settle('cut', `the upload is larger than ${most} bytes`, this.#answer.begun ? undefined : 413)
  }

  #tooMuchToAnswer(): void {
    this.#exceeded = 'download'
    this.#settle('cut', `the answer is larger than ${this.#mostDown} bytes`, this.#answer.begun ? undefined : 403)
  }

  #settle(
    end: Result['end'],
    detail?: string,
    unanswered?: Result['unanswered'],
    { bytesIn, bytesOut } = { bytesIn: this.#body?.bytes ?? 0, bytesOut: this.#bytesOut },
  ): void {
    if (this.#settled) return
    this.#settled = true
    this.#release(end === 'complete')
    if (end !== 'complete' && unanswered === undefined) this.#answer.destroy()
    const upstream = this.#target?.origin
    const exceeded = this.#exceeded
    this.#resolve({ status: this.#status, bytesIn, bytesOut, end, upstream, detail, unanswered, exceeded })
  }

  #release(complete: boolean): void {
    const attempt = this.#attempt
    this.#attempt = undefined
    // An early answer leaves half a request on the connection.
    const whole = complete && (this.#body === undefined || this.#body.readableEnded)
    this.#body?.destroy()
    if (attempt === undefined) return
    const { target, line, control } = attempt
    if (whole) return target.give(line)
    if (!complete) control?.abort(new Error('the exchange ended'))
    // Not from within a callback of its parser.
    queueMicrotask(() => target.drop(line))
  }
}
