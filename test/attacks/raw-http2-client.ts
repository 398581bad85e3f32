// Raw HTTP/2 client of single frames (RFC 9113): sends what no library would, and records the responses.

import tls from 'node:tls'
import { setTimeout as pause } from 'node:timers/promises'

export const frames = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  window: 8,
  more: 9,
}
export const endStream = 1
export const endHeaders = 4

export interface RawHttp2 {
  /** `undefined` once the connection is closed. */
  send(...bytes: readonly Buffer[]): boolean
  /** Final status of a stream; 0 when it was reset. */
  statuses(): ReadonlyMap<number, number>
  goneAway(): number | undefined
  closed(): boolean
  /** Waits for a response, a reset, or the end of the connection; at most 3 s. */
  settled(stream: number): Promise<void>
  end(): void
}

export async function connectHttp2(port: number, servername: string, ca: string): Promise<RawHttp2> {
  const socket = tls.connect({ host: '127.0.0.1', port, servername, ca, ALPNProtocols: ['h2'] })
  let closed = false
  let goneAway: number | undefined
  const statuses = new Map<number, number>()
  let pending = Buffer.alloc(0)
  socket.on('error', () => (closed = true))
  socket.on('close', () => (closed = true))
  socket.on('end', () => (closed = true))
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk])
    while (pending.length >= 9) {
      const length = pending.readUIntBE(0, 3)
      if (pending.length < 9 + length) break
      const [type, flags, stream] = [pending[3]!, pending[4]!, pending.readUInt32BE(5) & 0x7fffffff]
      const payload = pending.subarray(9, 9 + length)
      const status = type === frames.headers ? statusOf(payload) : 0
      // Informational responses (RFC 9110 15.2) are not final.
      if (type === frames.headers && (status < 100 || status >= 200) && !statuses.has(stream))
        statuses.set(stream, status)
      if (type === frames.reset && !statuses.has(stream)) statuses.set(stream, 0)
      if (type === frames.goAway) goneAway = payload.readUInt32BE(4)
      if (type === frames.settings && (flags & 1) === 0) socket.write(frame(frames.settings, 1, 0))
      pending = pending.subarray(9 + length)
    }
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve)
    socket.once('error', reject)
  })
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
  socket.write(frame(frames.settings, 0, 0))
  return {
    send(...bytes) {
      if (closed || socket.destroyed) return false
      return socket.write(Buffer.concat(bytes)) || socket.writableLength < 8_000_000
    },
    statuses: () => statuses,
    goneAway: () => goneAway,
    closed: () => closed,
    async settled(stream) {
      for (let waited = 0; waited < 3_000; waited += 10) {
        if (statuses.has(stream) || closed || goneAway !== undefined) return
        await pause(10)
      }
    },
    end: () => void socket.destroy(),
  }
}

export function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** HPACK (RFC 7541 6.2.2): literals without indexing or Huffman coding, so that any byte can be sent. */
export function fieldsBlock(fields: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]))
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1')
  return Buffer.concat([integer(bytes.length, 7), bytes])
}

function integer(value: number, bits: number): Buffer {
  const most = 2 ** bits - 1
  if (value < most) return Buffer.from([value])
  const bytes = [most]
  for (let rest = value - most; ; rest >>= 7) {
    if (rest < 128) return Buffer.from([...bytes, rest])
    bytes.push((rest & 127) | 128)
  }
}

/** Status of a response, in which `:status` comes first: an entry of the static table, or a literal. */
function statusOf(block: Buffer): number {
  let at = 0
  while ((block[at]! & 0xe0) === 0x20) at++
  const first = block[at]!
  if (first & 0x80) return [200, 204, 206, 304, 400, 404, 500][(first & 0x7f) - 8] ?? -1
  const packed = (block[at + 1]! & 0x80) !== 0
  const length = block[at + 1]! & 0x7f
  const bytes = block.subarray(at + 2, at + 2 + length)
  return Number(packed ? unpackedDigits(bytes) : bytes.toString('latin1'))
}

/** Huffman codes of digits (RFC 7541 appendix B): 0 to 2 take five bits, 3 to 9 take six. */
function unpackedDigits(bytes: Buffer): string {
  let bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  let digits = ''
  while (bits.length >= 5) {
    const five = Number.parseInt(bits.slice(0, 5), 2)
    if (five <= 2) {
      digits += five
      bits = bits.slice(5)
      continue
    }
    const six = Number.parseInt(bits.slice(0, 6), 2)
    if (bits.length < 6 || six < 0b011001 || six > 0b011111) break
    digits += six - 0b011001 + 3
    bits = bits.slice(6)
  }
  return digits
}
