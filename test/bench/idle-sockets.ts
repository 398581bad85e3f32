// Opens and keeps idle WebSockets; each line on standard input is the new total. A process of its own.

import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

const [port, host, origin, cookie] = [Number(process.argv[2]), process.argv[3]!, process.argv[4]!, process.argv[5]!]
const open: Socket[] = []
let lost = 0

function one(at: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    // Several loopback addresses, since one has too few ports.
    const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.0.${2 + (at % 50)}` })
    let head = ''
    socket.on('error', reject)
    socket.on('close', () => {
      lost++
      reject(new Error('closed'))
    })
    socket.on('data', (chunk: Buffer) => {
      if (head.includes('\r\n\r\n')) return
      head += chunk.toString('latin1')
      if (!head.includes('\r\n\r\n')) return
      if (head.startsWith('HTTP/1.1 101')) resolve(socket)
      else reject(new Error(head.slice(0, 100)))
    })
    socket.write(
      `GET /socket HTTP/1.1\r\nHost: ${host}\r\nOrigin: ${origin}\r\nCookie: ${cookie}\r\nConnection: Upgrade\r\n` +
        `Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
    )
  })
}

process.stdout.write('ready\n')
for await (const line of createInterface({ input: process.stdin })) {
  try {
    while (open.length < Number(line)) {
      const some = Array.from({ length: Math.min(100, Number(line) - open.length) }, (_, at) => one(open.length + at))
      open.push(...(await Promise.all(some)))
    }
    process.stdout.write(`open ${open.length} lost ${lost}\n`)
  } catch (error) {
    process.stdout.write(`failed after ${open.length}: ${(error as Error).message}\n`)
  }
}
process.exit(0)
