// HTTP/1.x server on bare sockets: the set of connections, one timer for their timeouts, drain and keep-alive.

import { Readable } from 'node:stream'
import type { Socket } from 'node:net'
import type { Logger } from '../../../telemetry/logger.ts'
import { Http1ServerConnection } from './connection.ts'
import type { Http1ServerContext } from './server-context.ts'

export interface Http1Connections {
  /** Starts reading. Add an error listener to the socket before. */
  add(socket: Socket): void
  /** From now on every response closes its connection. */
  drain(): void
  closeIdle(): void
  stop(): void
}

interface Options extends Pick<Http1ServerContext, 'limits' | 'now' | 'handle'> {
  readonly log: Pick<Logger, 'error'>
}

export function createHttp1Connections({ limits, now, handle, log }: Options): Http1Connections {
  const open = new Set<Http1ServerConnection>()
  const seconds = Math.floor(limits.keepAliveTimeout / 1_000)
  const emptyBody = new Readable({ read() {} })
  emptyBody.destroy()
  let second = 0
  let date = ''
  const context: Http1ServerContext = {
    limits,
    now,
    handle,
    emptyBody,
    draining: false,
    keepAliveLines: `Connection: keep-alive\r\n${seconds > 0 ? `Keep-Alive: timeout=${seconds}\r\n` : ''}`,
    dateLine() {
      const current = Math.floor(now() / 1_000)
      if (current !== second) {
        second = current
        date = `Date: ${new Date(current * 1_000).toUTCString()}\r\n`
      }
      return date
    },
    onUnexpectedError: (error) => log.error({ err: error }, 'unexpected error on a client connection'),
  }
  // One timer for all connections; a timeout is exceeded by at most a quarter.
  const checkInterval = Math.min(1_000, limits.headerTimeout / 4, limits.keepAliveTimeout / 4)
  const timeoutTimer = setInterval(() => {
    const current = now()
    for (const connection of open) connection.check(current)
  }, checkInterval)
  timeoutTimer.unref()

  return {
    add(socket) {
      const connection = new Http1ServerConnection(socket, context, () => open.delete(connection))
      open.add(connection)
    },
    drain: () => void (context.draining = true),
    closeIdle() {
      for (const connection of open) connection.closeIdle()
    },
    stop: () => clearInterval(timeoutTimer),
  }
}
