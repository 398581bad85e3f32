// Carries one request to an upstream and its answer back, as a stream in both directions.

import type { Duplex } from 'node:stream'
import type { Answer } from './answer.ts'
import { type AnswerRules, answerTrailers, hintHeaders, type RawHeaders } from './answer-headers.ts'
import type { Forwarded, Opened, Result } from './forward.ts'
import { announced, downloadAtMost, limitedBody, uploadAtMost } from './limits.ts'
import { type RequestBody, UploadBroken, type UploadLimits } from './request-body.ts'
import type { Control, Line } from './line.ts'
import type { Target } from './target.ts'
import { describeFault, faultOf, isTimeout } from './upstream-fault.ts'

/** What one app's upstream offers to an exchange. */
export interface Means {
  /** The target to try, leaving out those tried already; undefined when there is none. */
  choose(tried: ReadonlySet<Target>): Target | undefined
  /** It could not be connected to. */
  failed(target: Target, error: Error): void
  readonly answerRules: AnswerRules
  readonly upload: UploadLimits
}

/** What an upgraded connection became. */
export interface Switched {
  /** Never rejects. */
  readonly done: Promise<Pick<Result, 'end' | 'bytesIn' | 'bytesOut' | 'detail' | 'exceeded'>>
  cut(): void
}

/** Takes both connections over after a 101 whose headers passed; writes the 101 itself. */
export type Switch = (headers: readonly string[], upstream: Duplex) => Switched

/** Connections tried for one request, at most. */
const attemptsAtMost = 3
/** RFC 9110 9.2.2. */
const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'])

/** Never rejects once `opened` returned. `switchTo` is what an upgrade becomes; undefined for an ordinary request. */
export function carry(
  means: Means,
  request: Forwarded,
  answer: Answer,
  opened: Opened,
  switchTo?: Switch,
): Promise<Result> {
  return new Promise((resolve) => {
    const headers = framed(request)
    const signedIn = request.signedIn ?? true
    const mostDown = downloadAtMost(request)
    const tried = new Set<Target>()
    let attempts = 0
    let settled = false
    let target: Target | undefined
    let line: Line | undefined
    let body: RequestBody | undefined
    let controller: Control | undefined
    let switched: Switched | undefined
    let status = 0
    let bytesOut = 0
    let exceeded: Result['exceeded']

    opened(() => {
      if (switched !== undefined) switched.cut()
      else settle('cut', 'access ended')
    })
    answer.onGone(() => {
      if (switched === undefined) settle('client_gone')
    })
    answer.onDrain(() => controller?.resume())
    if (answer.closed) settle('client_gone')
    if (!settled && (request.contentLength ?? 0) > uploadAtMost(request, means.upload)) tooMuchToSend()
    if (!settled) {
      request.proceed?.()
      attempt(means.choose(tried), false)
    }

    function attempt(next: Target | undefined, fresh: boolean): void {
      if (next === undefined) return settle('upstream_failed', 'there is no upstream to ask', 502)
      attempts++
      target = next
      const used = next.take(fresh, switchTo !== undefined)
      line = used
      body = request.hasBody ? limitedBody(request.body, request, means.upload) : undefined
      let sent = false
      let reused = false
      let heard = false

      used.dispatch(
        {
          path: request.target,
          method: request.method,
          headers,
          body: body ?? null,
          upgrade: switchTo === undefined ? null : 'websocket',
        },
        {
          onRequestStart(started) {
            if (line !== used) return started.abort(new Error('the exchange ended'))
            controller = started
            sent = true
            reused = !used.fresh
            used.fresh = false
          },
          onResponseStarted() {
            heard = true
          },
          onResponseStart(started, code) {
            if (line === used) begin(code, started.rawHeaders)
          },
          onResponseData(started, chunk) {
            if (line !== used) return
            if (bytesOut + chunk.length > mostDown) return tooMuchToAnswer()
            bytesOut += chunk.length
            if (!answer.write(chunk)) started.pause()
          },
          onResponseEnd(ended) {
            if (line !== used) return
            const trailers = answerTrailers(ended.rawTrailers)
            // First, so that the upload no longer flows when the answer deals with what is left of it.
            settle('complete')
            answer.end(trailers)
          },
          onRequestUpgrade(started, code, socket) {
            socket.on('error', () => {})
            if (line !== used || switchTo === undefined) return void socket.destroy()
            const list = means.answerRules(started.rawHeaders, code, signedIn)
            if (list === undefined || !switchesToWebSocket(started.rawHeaders)) {
              socket.destroy()
              return fail(new Error('the upstream switched to something that was not asked for'))
            }
            next.worked()
            status = code
            switched = switchTo(list, socket)
            void switched.done.then((done) => {
              exceeded = done.exceeded
              settle(done.end, done.detail, undefined, done)
            })
          },
          onResponseError(_started, error) {
            if (line === used) broken(next, error, { sent, stale: sent && reused && !heard })
          },
        },
      )
    }

    function begin(code: number, raw: RawHeaders): void {
      if (code === 103) return answer.inform(code, hintHeaders(raw))
      // RFC 9110 15.2: 100 is the front's own, 102 tells nothing, 101 was not asked for here.
      if (code === 100 || code === 102) return
      const list = means.answerRules(raw, code, signedIn)
      if (list === undefined || code < 200 || code > 599) return fail(new Error('the upstream sent an invalid answer'))
      target?.worked()
      if (mostDown !== Infinity && (announced(request.method, code, list) ?? 0) > mostDown) return tooMuchToAnswer()
      status = code
      answer.head(code, list)
    }

    function broken(from: Target, error: Error, how: { readonly sent: boolean; readonly stale: boolean }): void {
      const fault = faultOf(error)
      if (error instanceof UploadBroken) return uploadBroken(error)
      if (!how.sent && fault !== 'refused_by_us') {
        tried.add(from)
        means.failed(from, error)
        const other = attempts < attemptsAtMost ? means.choose(tried) : undefined
        if (other === undefined) return fail(error)
        release(false)
        return attempt(other, false)
      }
      // RFC 9110 9.2.2: a kept connection that was being closed. Whether the request was read nobody knows, so only
      // one that may come twice is repeated, and only where nothing of it has to be read again from the client.
      const repeatable = !request.hasBody && idempotent.has(request.method) && switchTo === undefined
      if (how.stale && fault === 'closed' && repeatable && attempts < attemptsAtMost) {
        release(false)
        return attempt(from, true)
      }
      fail(error)
    }

    function uploadBroken(error: UploadBroken): void {
      if (error.code === 'client_gone') return settle('client_gone', error.message)
      if (error.code === 'body_too_large') return tooMuchToSend()
      if (answer.begun) return settle('cut', error.message)
      settle('cut', error.message, 408)
    }

    function tooMuchToSend(): void {
      const most = uploadAtMost(request, means.upload)
      if (request.limits?.upload === most) exceeded = 'upload'
      settle('cut', `the upload is larger than ${most} bytes`, answer.begun ? undefined : 413)
    }

    function tooMuchToAnswer(): void {
      exceeded = 'download'
      settle('cut', `the answer is larger than ${mostDown} bytes`, answer.begun ? undefined : 403)
    }

    function fail(error: Error): void {
      settle('upstream_failed', describeFault(error), answer.begun ? undefined : isTimeout(error) ? 504 : 502)
    }

    function settle(
      end: Result['end'],
      detail?: string,
      unanswered?: Result['unanswered'],
      bytes: { readonly bytesIn: number; readonly bytesOut: number } = { bytesIn: body?.bytes ?? 0, bytesOut },
    ): void {
      if (settled) return
      settled = true
      const { bytesIn } = bytes
      release(end === 'complete')
      if (end !== 'complete' && unanswered === undefined) answer.destroy()
      const result = { status, bytesIn, bytesOut: bytes.bytesOut, end, upstream: target?.origin, detail, unanswered }
      resolve(exceeded === undefined ? result : { ...result, exceeded })
    }

    function release(complete: boolean): void {
      const [from, used, started] = [target, line, controller]
      // An early answer leaves half a request on the connection.
      const whole = complete && (body === undefined || body.readableEnded)
      line = undefined
      controller = undefined
      body?.destroy()
      if (from === undefined || used === undefined) return
      if (whole) return from.give(used)
      if (!complete) started?.abort(new Error('the exchange ended'))
      // Not from within a callback of its parser.
      queueMicrotask(() => from.drop(used))
    }
  })
}

function switchesToWebSocket(headers: RawHeaders): boolean {
  const protocols: string[] = []
  for (let i = 0; i < headers.length; i += 2) {
    if (String(headers[i]).toLowerCase() === 'upgrade') protocols.push(String(headers[i + 1]).toLowerCase())
  }
  return protocols.join() === 'websocket'
}

/** One Content-Length, as counted on; where there is none chunks are sent. */
function framed(request: Forwarded): string[] {
  const headers: string[] = []
  for (let i = 0; i < request.headers.length; i += 2) {
    if (request.headers[i]!.toLowerCase() !== 'content-length')
      headers.push(request.headers[i]!, request.headers[i + 1]!)
  }
  if (request.hasBody && request.contentLength !== undefined) {
    headers.push('Content-Length', String(request.contentLength))
  }
  return headers
}
