// Upstream connection over an undici Client: connects on first use and reconnects after a close.

import type { EventEmitter } from 'node:events'
import { Client, type buildConnector } from 'undici'
import type { RawHeaders } from '../headers/response-headers.ts'
import type { UpstreamRequest, ResponseControl, ResponseHandler, UpstreamConnection } from './connection.ts'
import { toRawHeaders } from '../headers/serialized-headers.ts'

export interface UndiciConnectionOptions {
  readonly connect: buildConnector.connector
  /** Milliseconds, both. */
  readonly headersTimeout: number
  readonly keepAlive: number
  /** Reuse it after HEAD too, which undici avoids by default: its state is worth more than a rare broken server. */
  readonly keptAfterHead: boolean
  /** Bytes of a response head. */
  readonly headerBytes: number
  /** Called with the address of each socket that connected. */
  readonly onConnect?: ((address: string) => void) | undefined
  /** The connection was closed. */
  readonly onClose: (connection: UpstreamConnection) => void
}

export function createUndiciConnection(origin: string, options: UndiciConnectionOptions): UpstreamConnection {
  let address: string | undefined
  const client = new Client(origin, {
    connect: (target, callback) =>
      options.connect(target, (...[error, socket]) => {
        address = socket?.remoteAddress
        if (address !== undefined) options.onConnect?.(address)
        if (error === null) callback(null, socket)
        else callback(error, null)
      }),
    pipelining: 1,
    keepAliveTimeout: options.keepAlive,
    headersTimeout: options.headersTimeout,
    // A quiet event stream is no error; the lease ends it, and TCP keep-alive detects a dead peer.
    bodyTimeout: 0,
    maxHeaderSize: options.headerBytes,
    allowH2: false,
  })
  const connection: UpstreamConnection = {
    get address() {
      return address
    },
    isNew: true,
    // undici closes idle connections itself.
    keepAliveMs: Infinity,
    idleSince: 0,
    dispatch: (request: UpstreamRequest, handler: ResponseHandler) =>
      void client.dispatch(
        {
          path: request.path,
          method: request.method,
          headers: headerFields(request),
          body: request.body,
          upgrade: request.upgrade,
          ...(options.keptAfterHead && request.method === 'HEAD' ? { reset: false } : {}),
        },
        {
          onRequestStart: (controller) => handler.onRequestStart(controller as unknown as ResponseControl),
          onResponseStarted: () => handler.onResponseStarted?.(),
          onResponseStart: (controller, status) => handler.onResponseStart(withRawHeaders(controller), status),
          onResponseData: (controller, chunk) =>
            handler.onResponseData(controller as unknown as ResponseControl, chunk),
          onResponseEnd: (controller) => handler.onResponseEnd(withRawHeaders(controller)),
          onRequestUpgrade: (controller, status, _headers, socket) =>
            handler.onRequestUpgrade?.(withRawHeaders(controller), status, socket),
          onResponseError: (controller, error) =>
            handler.onResponseError(controller as unknown as ResponseControl | undefined, error),
        },
      ),
    destroy: () => client.destroy(null, () => {}),
  }
  client.on('connect', () => (connection.isNew = true))
  client.on('disconnect', () => options.onClose(connection))
  // Missing in undici's event types, but emitted when a handler throws; without a listener it would end the process.
  ;(client as EventEmitter).on('error', () => connection.destroy())
  return connection
}

function headerFields({ headers, body, contentLength }: UpstreamRequest): string[] {
  const list = toRawHeaders(headers)
  if (body !== null && contentLength !== undefined) list.push('Content-Length', String(contentLength))
  return list
}

/** undici leaves them undefined when there are none. */
function withRawHeaders(controller: { rawHeaders?: unknown; rawTrailers?: unknown }): ResponseControl {
  controller.rawHeaders ??= [] satisfies RawHeaders
  controller.rawTrailers ??= [] satisfies RawHeaders
  return controller as ResponseControl
}
