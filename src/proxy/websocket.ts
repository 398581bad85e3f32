// WebSocket tunnel: relays bytes in both directions with limits and idle timeout, and closes both sides (RFC 6455).

import type { Duplex } from 'node:stream'
import type { ExchangeLimits, ForwardResult } from './upstream.ts'
import { watchIdle } from './idle-watch.ts'
import { createFrameTracker } from './websocket-frames.ts'

type TunnelEnd = Awaited<OpenTunnel['done']>

/** A tunnel after the upgrade. */
export interface OpenTunnel {
  /** Never rejects. */
  readonly done: Promise<Pick<ForwardResult, 'end' | 'bytesIn' | 'bytesOut' | 'detail' | 'exceeded' | 'limit'>>
  abort(): void
}

/** Takes over both sockets after a valid 101 of the upstream; writes the 101 to the client. */
export type OnUpgrade = (headers: readonly string[], upstream: Duplex) => OpenTunnel

/** Milliseconds one side may stay open after the other ended, and for sending the Close frame of an abort. */
const halfOpenTimeout = 5_000
const closeFrameTimeout = 100

/** RFC 6455 7.4.1: 1008 is a policy violation, 1001 means going away: the client may reconnect. */
const accessEndedClose = closeFrame(1008, 'access ended')
const limitReachedClose = closeFrame(1008, 'limit reached')
const idleTimeoutClose = closeFrame(1001, 'idle')

export interface TunnelLimits {
  /** Idle timeout in milliseconds without a byte in either direction, exceeded by up to a quarter; 0 means no limit. */
  readonly idle: number
  /** Bytes in each direction, framing included. */
  readonly limits: ExchangeLimits | undefined
}

/**
 * `client` and `head` as in Node's `upgrade` event. `headers`: those of the 101, already filtered for the client.
 * Both sockets need an error listener before this is called; both are destroyed when `done` resolves.
 */
export function openTunnel(
  client: Duplex,
  head: Buffer,
  headers: readonly string[],
  upstream: Duplex,
  { idle, limits }: TunnelLimits,
): OpenTunnel {
  const maxIn = limits?.upload ?? Infinity
  const maxOut = limits?.download ?? Infinity
  const frames = createFrameTracker()
  let bytesIn = 0
  let bytesOut = 0
  let over = false
  let timer: NodeJS.Timeout | undefined
  let resolve: (ended: TunnelEnd) => void
  const done = new Promise<TunnelEnd>((settle) => (resolve = settle))

  const finish = (end: TunnelEnd['end'], detail?: string): void => {
    if (over) return
    over = true
    clearTimeout(timer)
    clearInterval(watch)
    client.destroy()
    upstream.destroy()
    resolve({ end, bytesIn, bytesOut, detail })
  }
  const halfClosed = (): void => {
    timer ??= setTimeout(() => finish('complete', 'timeout of a half-open connection'), halfOpenTimeout)
  }

  let ended: 'client' | 'upstream' | undefined
  client.on('error', () => finish('client_gone'))
  upstream.on('error', (error: Error) => finish('upstream_failed', error.message))
  client.on('close', () => finish(ended === undefined ? 'client_gone' : 'complete'))
  upstream.on('close', () => {
    // The last data of the upstream may still be buffered for the client.
    if (ended === undefined) finish('upstream_failed', 'the upstream closed the connection')
    else client.end()
  })

  client.write(switchingProtocolsHead(headers), 'latin1')
  /** Returns false when the chunk must not be forwarded. */
  const sends = (chunk: Buffer): boolean => {
    if (bytesIn + chunk.length > maxIn) return exceeds('upload')
    bytesIn += chunk.length
    return true
  }
  const exceeds = (what: keyof ExchangeLimits): false => {
    closeGracefully(limitReachedClose, { end: 'cut', detail: `${what} limit reached`, exceeded: what })
    return false
  }
  if (head.length > 0 && sends(head)) upstream.write(head)
  pump(client, upstream, sends)
  pump(upstream, client, (chunk) => {
    if (bytesOut + chunk.length > maxOut) return exceeds('download')
    bytesOut += chunk.length
    frames.advance(chunk)
    return true
  })
  const watch = idle > 0 ? watchIdle(idle, () => bytesIn + bytesOut, onIdleTimeout) : undefined
  function onIdleTimeout(): void {
    closeGracefully(idleTimeoutClose, { end: 'cut', detail: 'idle timeout', limit: 'timeouts.idle' })
  }
  client.on('end', () => {
    ended ??= 'client'
    upstream.end()
    halfClosed()
  })
  upstream.on('end', () => {
    ended ??= 'upstream'
    client.end()
    halfClosed()
  })
  if (client.destroyed) finish('client_gone')

  function closeGracefully(frame: Buffer, result: Pick<TunnelEnd, 'end' | 'detail' | 'exceeded' | 'limit'>): void {
    if (over) return
    over = true
    clearTimeout(timer)
    clearInterval(watch)
    client.pause()
    upstream.destroy()
    const settle = (): void => {
      clearTimeout(last)
      client.destroy()
      resolve({ ...result, bytesIn, bytesOut })
    }
    const last = setTimeout(settle, closeFrameTimeout)
    client.once('close', settle)
    // Inside a frame the Close frame would be read as payload; behind a backlog it would come too late.
    if (frames.atBoundary() && !client.writableEnded) client.end(frame)
    else settle()
  }

  return { done, abort: () => closeGracefully(accessEndedClose, { end: 'cut', detail: 'access ended' }) }
}

/**
 * Detects a client that disconnects before the tunnel is open: a socket that is not read emits no `end`. Early bytes
 * stay in its buffer. Returns the function that stops watching.
 */
export function watchClientClose(client: Duplex): () => void {
  const onReadable = (): void => {
    // At the end of the stream, an empty read triggers `end`.
    if (client.readableLength === 0) client.read()
  }
  const onEnd = (): void => {
    client.destroy()
  }
  client.on('readable', onReadable).on('end', onEnd)
  return () => client.off('readable', onReadable).off('end', onEnd)
}

/** Relays with back-pressure. `passes`: called for each chunk; when it returns false it has ended both sides. */
function pump(from: Duplex, to: Duplex, passes: (chunk: Buffer) => boolean): void {
  from.on('data', (chunk: Buffer) => {
    if (to.writableEnded || to.destroyed || !passes(chunk)) return
    if (!to.write(chunk)) from.pause()
  })
  to.on('drain', () => from.resume())
  from.resume()
}

/** Close frame (RFC 6455 5.5.1), unmasked as required of a server. */
function closeFrame(code: number, reason: string): Buffer {
  const text = Buffer.from(reason)
  return Buffer.concat([Buffer.from([0x88, 2 + text.length, code >> 8, code & 0xff]), text])
}

function switchingProtocolsHead(headers: readonly string[]): string {
  let text = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i]!}: ${headers[i + 1]!}\r\n`
  return `${text}\r\n`
}
