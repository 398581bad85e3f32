// HTTP/1.x response writer over Node's ServerResponse, also for the bare socket of a rejected upgrade.

import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { ignoreError } from '../ignore-error.ts'
import type { ResponseWriter } from '../response-writer.ts'

/** Milliseconds a discarded upload is still read, so that the client receives the response. */
const lingerMs = 2_000

/**
 * Add error listeners to `response.req` and its socket before: this adds one to the response only. `closing` is called
 * when the response ends its connection.
 */
export function nodeHttp1Response(response: ServerResponse, closing: () => void = () => {}): ResponseWriter {
  const request = response.req
  const socket = request.socket
  let headersSent = false
  let ended = false
  let closed = socket.destroyed
  /** HTTP/1.0 without a length: the response ends with the connection, so only a reset marks it as incomplete. */
  let delimitedByClose = false
  let onClientCloseListeners: (() => void) | undefined

  const onClose = (): void => {
    socket.removeListener('close', onClose)
    if (closed) return
    closed = true
    const listener = onClientCloseListeners
    onClientCloseListeners = undefined
    if (!ended) listener?.()
  }
  response.on('error', ignoreError)
  response.on('close', onClose)
  // A pipelined response is not attached to its socket yet and gets no `close` event.
  if (response.socket === null) socket.on('close', onClose)

  return {
    get headersSent() {
      return headersSent
    },
    get closed() {
      return closed || ended
    },
    writeInformational(status, headers) {
      // RFC 9110 15.2: no 1xx to an HTTP/1.0 client.
      if (headersSent || closed || request.httpVersionMinor === 0) return
      try {
        response.writeInformation(status, [...headers])
      } catch {
        // Early hints are optional: one that cannot be written is omitted.
      }
    },
    writeHead(status, headers, last = false) {
      if (headersSent || closed) return
      const list = [...headers]
      const bodiless = request.method === 'HEAD' || status === 204 || status === 304
      if (last && !bodiless && !hasHeader(list, 'content-length')) list.push('Content-Length', '0')
      const sized = hasHeader(list, 'content-length')
      delimitedByClose = !bodiless && !sized && request.httpVersionMinor === 0
      // RFC 9110 6.5.1: trailers need the chunked transfer coding; Node rejects the field without it.
      if (sized || bodiless || delimitedByClose) removeHeader(list, 'trailer')
      if (isUploading(request)) list.push('Connection', 'close')
      if (delimitedByClose || hasHeader(list, 'connection')) closing()
      response.writeHead(status, list)
      headersSent = true
      if (bodiless) return
      // The head must not wait for the first byte of a slow stream; a body that follows at once shares its packet.
      queueMicrotask(() => {
        if (!closed && !ended) response.flushHeaders()
      })
    },
    write(chunk) {
      if (closed || ended) return true
      return response.write(chunk)
    },
    end(trailers) {
      if (closed || ended) return
      ended = true
      if (trailers !== undefined && trailers.length > 0) response.addTrailers(toHeaderEntries(trailers))
      if (isUploading(request)) linger(request, socket)
      response.end()
    },
    onDrain(listener) {
      response.on('drain', listener)
    },
    onClientClose(listener) {
      if (closed && !ended) queueMicrotask(listener)
      else onClientCloseListeners = listener
    },
    destroy() {
      onClientCloseListeners = undefined
      if (ended && response.writableFinished) return
      closed = true
      if (delimitedByClose) resetConnection(socket)
      else socket.destroy()
    },
  }
}

/**
 * For an upgrade that may be rejected: the response is written to the socket and the connection closed after it.
 * `headersSent` is also true once a tunnel wrote to the socket, because no response may follow then.
 */
export function nodeUpgradeResponse(request: IncomingMessage, socket: Duplex): ResponseWriter {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  try {
    response.assignSocket(socket as Socket)
  } catch {
    // Pipelined behind an unfinished request. Responses are sent in order (RFC 9112 9.3.2) and Node no longer reads this
    // connection, so this one could never be sent.
    socket.destroy()
  }
  response.on('finish', () => {
    response.detachSocket(socket as Socket)
    socket.end()
    // Unread bytes would turn the close into a reset, which may overtake the response (RFC 9112 9.6).
    socket.resume()
    // A client that never closes its half would keep the socket open.
    setTimeout(() => socket.destroy(), lingerMs).unref()
  })
  const answer = nodeHttp1Response(response)
  const before = (socket as Socket).bytesWritten
  const overridden = 'headersSent' satisfies keyof ResponseWriter
  return Object.defineProperty(Object.create(answer) as ResponseWriter, overridden, {
    get: () => answer.headersSent || (socket as Socket).bytesWritten !== before,
  })
}

/**
 * Lingering close (RFC 9112 9.6): closing while the client still sends resets the connection and may lose the response,
 * so the upload is read and discarded for a moment. Node closes through `destroySoon` after `Connection: close`.
 */
function linger(request: IncomingMessage, socket: Socket): void {
  socket.destroySoon = () => {
    const close = (): void => {
      clearTimeout(timer)
      socket.destroy()
    }
    const timer = setTimeout(close, lingerMs)
    timer.unref()
    socket.once('close', close)
    socket.end()
    if (request.complete) close()
    else request.once('end', close)
  }
  request.on('error', ignoreError)
  request.resume()
}

/** The request body is not complete yet. */
function isUploading(request: IncomingMessage): boolean {
  if (request.complete) return false
  const { headers } = request
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
}

function resetConnection(socket: Socket): void {
  try {
    socket.resetAndDestroy()
  } catch {
    // A TLS socket cannot be reset; destroyed without close_notify it is a truncation (RFC 8446 6.1).
    socket.destroy()
  }
}

function hasHeader(headers: readonly string[], name: string): boolean {
  for (let i = 0; i < headers.length; i += 2) if (headers[i]!.toLowerCase() === name) return true
  return false
}

function removeHeader(headers: string[], name: string): void {
  for (let i = headers.length - 2; i >= 0; i -= 2) if (headers[i]!.toLowerCase() === name) headers.splice(i, 2)
}

function toHeaderEntries(headers: readonly string[]): [string, string][] {
  const list: [string, string][] = []
  for (let i = 0; i < headers.length; i += 2) list.push([headers[i]!, headers[i + 1]!])
  return list
}
