// Raw HTTP/2 client of single frames (RFC 9113), for input no library would send. Acknowledges nothing on its own.

import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'

export const frameTypes = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const

export interface Frame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

export interface RawHttp2 {
  readonly socket: TLSSocket
  /** Everything received, whole frames only. */
  readonly frames: readonly Frame[]
  closed(): boolean
  send(...frames: Buffer[]): void
  /** Resolves with the first frame that matches, rejects when the connection ends before. */
  until(matches: (frame: Frame) => boolean): Promise<Frame>
  /** Resolves when the connection is closed. */
  readonly over: Promise<void>
  destroy(): void
}

/** Sends the preface and empty SETTINGS, and acknowledges the server's first. `settings`: payload of the client's SETTINGS. */
export async function connectRawHttp2(
  port: number,
  options: { readonly settings?: Buffer; readonly localAddress?: string; readonly servername?: string } = {},
): Promise<RawHttp2> {
  const socket = connect({
    port,
    host: '127.0.0.1',
    ...(options.localAddress !== undefined && { localAddress: options.localAddress }),
    servername: options.servername ?? 'wiki.test',
    rejectUnauthorized: false,
    ALPNProtocols: ['h2'],
  })
  socket.on('error', () => {})
  const over = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  await once(socket, 'secureConnect')
  const frames: Frame[] = []
  const waiting: (() => void)[] = []
  let buffered = Buffer.alloc(0)
  let closed = false
  const wake = (): void => waiting.splice(0).forEach((one) => one())
  socket.on('data', (chunk: Buffer) => {
    buffered = Buffer.concat([buffered, chunk])
    while (buffered.length >= 9) {
      const length = buffered.readUIntBE(0, 3)
      if (buffered.length < 9 + length) break
      frames.push({
        type: buffered[3]!,
        flags: buffered[4]!,
        stream: buffered.readUInt32BE(5) & 0x7fffffff,
        payload: buffered.subarray(9, 9 + length),
      })
      buffered = buffered.subarray(9 + length)
    }
    wake()
  })
  socket.on('close', () => {
    closed = true
    wake()
  })
  const client: RawHttp2 = {
    socket,
    frames,
    over,
    closed: () => closed,
    send(...some) {
      if (socket.writable) socket.write(Buffer.concat(some))
    },
    async until(matches) {
      for (;;) {
        const found = frames.find(matches)
        if (found !== undefined) return found
        if (closed) throw new Error(`closed after ${JSON.stringify(frames.map(({ type }) => type))}`)
        await new Promise<void>((resolve) => waiting.push(resolve))
      }
    },
    destroy: () => socket.destroy(),
  }
  client.send(
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    frame(frameTypes.settings, 0, 0, options.settings ?? Buffer.alloc(0)),
  )
  await client.until(({ type, flags }) => type === frameTypes.settings && flags === 0)
  client.send(frame(frameTypes.settings, 1, 0, Buffer.alloc(0)))
  return client
}

export function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

export const endStream = 0x1
export const endHeaders = 0x4

/** `GET /`; `more`: header fields in HPACK behind it. */
export function get(
  stream: number,
  more: Buffer = Buffer.alloc(0),
  flags = endStream | endHeaders,
  authority = 'wiki.test',
): Buffer {
  return frame(frameTypes.headers, flags, stream, Buffer.concat([request, text(authority), more]))
}

export function reset(stream: number, code = 8): Buffer {
  const payload = Buffer.alloc(4)
  payload.writeUInt32BE(code)
  return frame(frameTypes.reset, 0, stream, payload)
}

/** RFC 7541 6.2.1 and 6.2.2: a literal field, put into the dynamic table or not. */
export function field(name: string, value: string, indexed = false): Buffer {
  return Buffer.concat([Buffer.from([indexed ? 0x40 : 0]), text(name), text(value)])
}

/** RFC 9113 6.5.1. */
export function setting(id: number, value: number): Buffer {
  const payload = Buffer.alloc(6)
  payload.writeUInt16BE(id, 0)
  payload.writeUInt32BE(value, 2)
  return payload
}

function text(value: string): Buffer {
  const length: number[] = []
  if (value.length < 127) length.push(value.length)
  else {
    length.push(127)
    let rest = value.length - 127
    for (; rest >= 128; rest >>= 7) length.push((rest & 127) | 128)
    length.push(rest)
  }
  return Buffer.concat([Buffer.from(length), Buffer.from(value)])
}

/** Static table (RFC 7541 appendix A): GET, https, `/`, and the name of the authority. */
const request = Buffer.from([0x82, 0x87, 0x84, 0x01])
