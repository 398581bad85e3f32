// A connection of undici's: it connects when it is used, and connects again when it was closed.

import type { EventEmitter } from 'node:events'
import { Client, type buildConnector } from 'undici'
import type { RawHeaders } from '../headers/response-headers.ts'
import type { Asking, Control, Hearing, Line } from './connection.ts'
import { listOf } from '../headers/serialized-headers.ts'

export interface UndiciLineOptions {
  readonly connect: buildConnector.connector
  /** Milliseconds. */
  readonly headersTimeout: number
  readonly keepAlive: number
  /** Bytes. */
  readonly headerBytes: number
  /** The connection was closed. */
  readonly lost: (line: Line) => void
}

export function createUndiciLine(origin: string, options: UndiciLineOptions): Line {
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
  const line: Line = {
    fresh: true,
    // It closes itself.
    keepFor: Infinity,
    idleSince: 0,
    dispatch: (asking: Asking, hearing: Hearing) =>
      void client.dispatch(
        {
          path: asking.path,
          method: asking.method,
          headers: fieldsOf(asking),
          body: asking.body,
          upgrade: asking.upgrade,
        },
        {
          onRequestStart: (controller) => hearing.onRequestStart(controller as unknown as Control),
          onResponseStarted: () => hearing.onResponseStarted?.(),
          onResponseStart: (controller, status) => hearing.onResponseStart(withTexts(controller), status),
          onResponseData: (controller, chunk) => hearing.onResponseData(controller as unknown as Control, chunk),
          onResponseEnd: (controller) => hearing.onResponseEnd(withTexts(controller)),
          onRequestUpgrade: (controller, status, _headers, socket) =>
            hearing.onRequestUpgrade?.(withTexts(controller), status, socket),
          onResponseError: (controller, error) =>
            hearing.onResponseError(controller as unknown as Control | undefined, error),
        },
      ),
    destroy: () => client.destroy(null, () => {}),
  }
  client.on('connect', () => (line.fresh = true))
  client.on('disconnect', () => options.lost(line))
  // Not among undici's typed events, but emitted when a handler of ours throws; unheard it would end the process.
  ;(client as EventEmitter).on('error', () => line.destroy())
  return line
}

function fieldsOf({ headers, body, length }: Asking): string[] {
  const list = listOf(headers)
  if (body !== null && length !== undefined) list.push('Content-Length', String(length))
  return list
}

/** undici says nothing where there are none. */
function withTexts(controller: { rawHeaders?: unknown; rawTrailers?: unknown }): Control {
  controller.rawHeaders ??= [] satisfies RawHeaders
  controller.rawTrailers ??= [] satisfies RawHeaders
  return controller as Control
}
