// HTTP/1.x without Node's HTTP server: connections, the clock they all look at, and their end.

import { Readable } from 'node:stream'
import type { Socket } from 'node:net'
import type { Logger } from '../../../telemetry/logger.ts'
import { DirectConnection } from './connection.ts'
import type { DirectFront } from './server-context.ts'

export interface DirectConnections {
  /** Begins to read. Add an error listener to the socket before. */
  add(socket: Socket): void
  /** From now on every answer is the last of its connection. */
  leave(): void
  closeIdle(): void
  stop(): void
}

interface Options extends Pick<DirectFront, 'limits' | 'now' | 'handle'> {
  readonly log: Pick<Logger, 'error'>
}

export function createDirectConnections({ limits, now, handle, log }: Options): DirectConnections {
  const open = new Set<DirectConnection>()
  const seconds = Math.floor(limits.keepAliveTimeout / 1_000)
  const noBody = new Readable({ read() {} })
  noBody.destroy()
  let second = 0
  let date = ''
  const front: DirectFront = {
    limits,
    now,
    handle,
    noBody,
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
    surprised: (error) => log.error({ err: error }, 'a connection failed in an unforeseen way'),
  }
  // One timer for all of them; what is late by a quarter does not matter.
  const often = Math.min(1_000, limits.headerTimeout / 4, limits.keepAliveTimeout / 4)
  const clock = setInterval(() => {
    const current = now()
    for (const connection of open) connection.check(current)
  }, often)
  clock.unref()

  return {
    add(socket) {
      const connection = new DirectConnection(socket, front, () => open.delete(connection))
      open.add(connection)
    },
    leave: () => void (front.draining = true),
    closeIdle() {
      for (const connection of open) connection.closeIdle()
    },
    stop: () => clearInterval(clock),
  }
}
