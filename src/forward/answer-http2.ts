// Writes an answer to one HTTP/2 stream.

import { constants, type ServerHttp2Stream } from 'node:http2'
import type { Answer } from './answer.ts'
import { waitingFor, type StalledClients } from './stalled.ts'

/** RFC 9113 8.2.2: connection-specific fields make an HTTP/2 message malformed. */
const connectionSpecific = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
])

/**
 * `method` of the request: nothing follows the head of an answer to HEAD. Add an error listener to the stream before.
 * `stalled`: whoever leaves a stream's window closed (RFC 9113 10.5) is given up by it.
 */
export function answerOverHttp2(stream: ServerHttp2Stream, method: string, stalled?: StalledClients): Answer {
  let begun = false
  let ended = false
  let closed = stream.destroyed || stream.closed
  let bodiless = false
  let trailing: readonly string[] = []
  let gone: (() => void) | undefined
  let watched = false

  /** Bytes the client has to take some of. */
  let left = 0
  const waits = (): void => {
    left = stream.writableLength
    stalled?.waits(waiting)
  }
  const waiting = waitingFor(() => {
    if (stream.writableLength < left) return waits()
    stream.close(constants.NGHTTP2_CANCEL)
    stream.destroy()
  })
  stream.on('error', ignore)
  stream.on('close', () => {
    stalled?.goesOn(waiting)
    if (closed) return
    closed = true
    const listener = gone
    gone = undefined
    if (!ended) listener?.()
  })

  // RFC 9113 8.1: a complete answer to an incomplete upload ends with RST_STREAM(NO_ERROR): "stop sending".
  const stopUpload = (): void => {
    if (stream.readableEnded || stream.endAfterHeaders) return
    // One turn later, because nghttp2 sends a reset before frames of the same stream that still wait.
    setImmediate(() => stream.close(constants.NGHTTP2_NO_ERROR))
  }

  return {
    get begun() {
      return begun
    },
    get closed() {
      return closed || ended
    },
    inform(status, headers) {
      if (begun || closed) return
      try {
        stream.additionalHeaders({ ':status': status, ...grouped(headers) })
      } catch {
        // An early hint is only a hint: what cannot be written is left out.
      }
    },
    head(status, headers) {
      if (begun || closed) return
      bodiless = method === 'HEAD' || status === 204 || status === 304
      const list: string[] = [':status', String(status)]
      let sized = false
      for (let i = 0; i < headers.length; i += 2) {
        const name = headers[i]!.toLowerCase()
        if (connectionSpecific.has(name)) continue
        sized ||= name === 'content-length'
        list.push(name, headers[i + 1]!)
      }
      // An answer with a length came over HTTP/1.1 without trailers; waiting for them would cost it a frame.
      const waitForTrailers = !bodiless && !sized
      if (waitForTrailers) {
        stream.once('wantTrailers', () => {
          stream.sendTrailers(grouped(trailing))
          stopUpload()
        })
      } else stream.once('finish', stopUpload)
      stream.respond(list, { endStream: bodiless, waitForTrailers })
      begun = true
    },
    write(chunk) {
      if (closed || ended || bodiless) return true
      if (stream.write(chunk)) return true
      waits()
      if (!watched && stalled !== undefined) stream.on('drain', () => stalled.goesOn(waiting))
      watched = true
      return false
    },
    end(trailers = []) {
      if (closed || ended) return
      ended = true
      trailing = trailers
      // What is left of the upload is thrown away.
      stream.resume()
      stream.end()
      waits()
    },
    onDrain(listener) {
      stream.on('drain', listener)
    },
    onGone(listener) {
      if (closed && !ended) queueMicrotask(listener)
      else gone = listener
    },
    destroy() {
      gone = undefined
      if (closed) return
      closed = true
      // Without an error code the stream would end like a complete one.
      stream.close(constants.NGHTTP2_INTERNAL_ERROR)
      stream.destroy()
    },
  }
}

function grouped(headers: readonly string[]): Record<string, string[]> {
  const record: Record<string, string[]> = Object.create(null)
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!.toLowerCase()
    if (!connectionSpecific.has(name)) (record[name] ??= []).push(headers[i + 1]!)
  }
  return record
}

function ignore(): void {}
