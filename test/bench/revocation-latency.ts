// Revocation latency: how long a thousand open connections outlive their session, on the same node and on another.

import { connect, type Socket } from 'node:net'
import { randomBytes } from 'node:crypto'
import { callApi } from '../../src/cli/admin-client.ts'
import { startEinlass, type StartedEinlass } from './einlass.ts'
import type { Environment } from './environment.ts'
import { startApp } from './websockets.ts'
import { signIn } from './test-user.ts'

export interface RevocationLatency {
  /** Milliseconds from the admin request to the end, one per connection. */
  readonly same: readonly number[]
  readonly other: readonly number[]
}

/** `each` connections on each of two nodes, half of them WebSockets, half endless responses. */
export async function measureRevocationLatency(
  ground: Environment,
  rounds: number,
  each = 500,
): Promise<RevocationLatency> {
  const app = ground.keep(await startApp(ground))
  const setting = { secure: false, upstream: app.port }
  const one = ground.keep(await startEinlass(ground, setting))
  const two = ground.keep(await startEinlass(ground, { ...setting, of: one, core: ground.cores.rest }))
  const [same, other]: number[][] = [[], []]
  for (let round = 0; round < rounds; round++) {
    const cookie = await signIn(`${one.origin}/1000`, one.signing)
    const opened: Open[] = []
    try {
      for (let at = 0; at < each; at += 50) {
        const some = Array.from({ length: Math.min(50, each - at) }, (_, index) => index % 2 === 0)
        const both = [one, two].flatMap((node) => some.map((socket) => openOne(node, one, cookie, socket)))
        opened.push(...(await Promise.all(both)))
      }
      const from = performance.now()
      const ended = await callApi(one.adminSocket, 'POST', '/sessions/end', { user: 'default|bench' })
      if (ended.status !== 200) throw new Error(`ending the session was answered with ${ended.status}`)
      const late = setTimeout(() => opened.forEach(({ socket }) => socket.destroy(new Error('never cut'))), 10_000)
      const times = await Promise.all(opened.map(({ closed }) => closed))
      clearTimeout(late)
      times.forEach((at, index) => (opened[index]!.node === one ? same : other)!.push(at - from))
    } finally {
      for (const { socket } of opened) socket.destroy()
    }
  }
  return { same: same!, other: other! }
}

interface Open {
  readonly node: StartedEinlass
  readonly socket: Socket
  /** Time of its end (`performance.now`); for a WebSocket the arrival of its close frame. */
  readonly closed: Promise<number>
}

function openOne(node: StartedEinlass, house: StartedEinlass, cookie: string, webSocket: boolean): Promise<Open> {
  const { host, origin } = new URL(house.origin)
  const socket = connect(node.port, '127.0.0.1')
  const closed = Promise.withResolvers<number>()
  const upgrade = webSocket
    ? `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n`
    : ''
  const path = webSocket ? '/socket' : '/stream'
  return new Promise((resolve, reject) => {
    let head = ''
    socket.on('error', reject)
    socket.on('close', () => {
      closed.resolve(performance.now())
      reject(new Error('closed at once'))
    })
    // 0x88: a close frame without extensions (RFC 6455 section 5.5.1).
    socket.on('data', (chunk: Buffer) => {
      if (head.includes('\r\n\r\n')) return void (webSocket && chunk[0] === 0x88 && closed.resolve(performance.now()))
      head += chunk.toString('latin1')
      if (!head.includes('\r\n\r\n')) return
      if (head.startsWith(`HTTP/1.1 ${webSocket ? 101 : 200}`)) resolve({ node, socket, closed: closed.promise })
      else reject(new Error(`a connection was answered ${head.slice(9, 12)}`))
    })
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nOrigin: ${origin}\r\nCookie: ${cookie}\r\n${upgrade}\r\n`)
  })
}
