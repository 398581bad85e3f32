// A connection of undici's: it connects when it is used, and connects again when it was closed.

import type { EventEmitter } from 'node:events'
import { Client, type buildConnector } from 'undici'
import type { RawHeaders } from '../headers/response-headers.ts'
import type { UpstreamRequest, ResponseControl, ResponseHandler, UpstreamConnection } from './connection.ts'
import { toRawHeaders } from '../headers/serialized-headers.ts'

export interface UndiciConnectionOptions {
  readonly connect: buildConnector.connector
  /** Milliseconds. */
  readonly headersTimeout: number
  readonly keepAlive: number
  /** Bytes. */
  readonly headerBytes: number
  /** The connection was closed. */
  readonly onClose: (connection: UpstreamConnection) => void
}

export function createUndiciConnection(origin: string, options: UndiciConnectionOptions): UpstreamConnection {
  const client = new Client(origin, {
    connect: options.connect,
    pipelining: 1,
    keepAliveTimeout: options.keepAlive,
    headersTimeout: options.headersTimeout,
    // A quiet event stream is no fault; the lease ends it, and TCP keep-alive finds a dead peer.
    bodyTimeout: 0,
    maxHeaderSize: options.headerBytes,
    allowH2: false,
  })
  const connection: UpstreamConnection = {
    isNew: true,
    // It closes itself.
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
  // Not among undici's typed events, but emitted when a handler of ours throws; unheard it would end the process.
  ;(client as EventEmitter).on('error', () => connection.destroy())
  return connection
}

function headerFields({ headers, body, contentLength }: UpstreamRequest): string[] {
  const list = toRawHeaders(headers)
  if (body !== null && contentLength !== undefined) list.push('Content-Length', String(contentLength))
  return list
}

/** undici says nothing where there are none. */
function withRawHeaders(controller: { rawHeaders?: unknown; rawTrailers?: unknown }): ResponseControl {
  controller.rawHeaders ??= [] satisfies RawHeaders
  controller.rawTrailers ??= [] satisfies RawHeaders
  return controller as ResponseControl
}
