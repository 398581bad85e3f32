// A WebSocket of a person that can be closed on its own.

import { WebSocket } from 'ws'
import type { Person } from '../support/user-client.ts'

export interface OpenSocket {
  heard(): number
  /** Epoch milliseconds of the last message. */
  lastAt(): number
  /** Epoch milliseconds; undefined while it is open. */
  endedAt(): number | undefined
  close(): void
}

/** Rejects when it is refused. */
export async function openSocket(url: string, person: Person, port: number): Promise<OpenSocket> {
  const { host, origin, pathname } = new URL(url)
  const cookie = person.jar.header(new URL(url))
  const client = new WebSocket(`ws://127.0.0.1:${port}${pathname}`, {
    headers: { host, origin, ...(cookie !== undefined && { cookie }) },
    handshakeTimeout: 5_000,
  })
  let heard = 0
  let lastAt = 0
  let endedAt: number | undefined
  client.on('message', () => {
    heard++
    lastAt = Date.now()
  })
  client.on('close', () => (endedAt ??= Date.now()))
  await new Promise<void>((resolve, reject) => {
    client.once('open', resolve)
    client.on('error', reject)
  })
  return { heard: () => heard, lastAt: () => lastAt, endedAt: () => endedAt, close: () => client.terminate() }
}
