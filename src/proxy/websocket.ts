// The tunnel a WebSocket becomes once its upstream agreed: bytes both ways, and an end that reaches both sides.

import type { Duplex } from 'node:stream'
import type { RawHeaders } from './headers/response-headers.ts'
import type { ExchangeLimits, ForwardResult } from './upstream.ts'
import { createFrameTracker } from './websocket-frames.ts'

type TunnelEnd = Awaited<OpenTunnel['done']>

/** What an upgraded connection became. */
export interface OpenTunnel {
  /** Never rejects. */
  readonly done: Promise<Pick<ForwardResult, 'end' | 'bytesIn' | 'bytesOut' | 'detail' | 'exceeded'>>
  abort(): void
}

/** Takes both connections over after a 101 whose headers passed; writes the 101 itself. */
export type OnUpgrade = (headers: readonly string[], upstream: Duplex) => OpenTunnel

/** Milliseconds one side may stay open after the other ended, and a cut connection may take to say goodbye. */
const halfOpenTimeout = 5_000
const closeFrameTimeout = 100

/** RFC 6455 7.4.1: 1008 is a policy violation, 1001 a server that goes away and may be called again. */
const accessEndedClose = closeFrame(1008, 'access ended')
const limitReachedClose = closeFrame(1008, 'limit reached')
const idleTimeoutClose = closeFrame(1001, 'idle')

export interface TunnelLimits {
  /** Milliseconds without a byte in either direction, found out up to a quarter later; 0 means no limit. */
  readonly idle: number
  /** Bytes in each direction, framing included. */
  readonly limits: ExchangeLimits | undefined
}

/**
 * `client` and `head` as Node handed them over. `headers` are those of the 101, already fit for the client.
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
    timer ??= setTimeout(() => finish('complete', 'one side did not close'), halfOpenTimeout)
  }

  let ended: 'client' | 'upstream' | undefined
  client.on('error', () => finish('client_gone'))
  upstream.on('error', (error: Error) => finish('upstream_failed', error.message))
  client.on('close', () => finish(ended === undefined ? 'client_gone' : 'complete'))
  upstream.on('close', () => {
    // What the upstream said last is still on its way to the client.
    if (ended === undefined) finish('upstream_failed', 'the upstream closed without ending')
    else client.end()
  })

  client.write(switchingProtocolsHead(headers), 'latin1')
  /** False: it must not be passed on. */
  const sends = (chunk: Buffer): boolean => {
    if (bytesIn + chunk.length > maxIn) return exceeds('upload')
    bytesIn += chunk.length
    return true
  }
  const exceeds = (what: keyof ExchangeLimits): false => {
    closeGracefully(limitReachedClose, { end: 'cut', detail: `the ${what} limit was reached`, exceeded: what })
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
    closeGracefully(idleTimeoutClose, { end: 'cut', detail: 'nothing was sent for too long' })
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

  function closeGracefully(closeTimer: Buffer, why: Pick<TunnelEnd, 'end' | 'detail' | 'exceeded'>): void {
    if (over) return
    over = true
    clearTimeout(timer)
    clearInterval(watch)
    client.pause()
    upstream.destroy()
    const settle = (): void => {
      clearTimeout(last)
      client.destroy()
      resolve({ ...why, bytesIn, bytesOut })
    }
    const last = setTimeout(settle, closeFrameTimeout)
    client.once('close', settle)
    // In the middle of a frame the goodbye would be taken for its content; and behind a backlog it comes too late.
    if (frames.atBoundary() && !client.writableEnded) client.end(closeTimer)
    else settle()
  }

  return { done, abort: () => closeGracefully(accessEndedClose, { end: 'cut', detail: 'access ended' }) }
}

/** One timer a tunnel and nothing per byte: silent is whose count stands still at four looks in a row. */
function watchIdle(idle: number, count: () => number, giveUp: () => void): NodeJS.Timeout {
  let last = count()
  let looks = 0
  return setInterval(() => {
    const current = count()
    looks = current === last ? looks + 1 : 0
    last = current
    if (looks >= 4) giveUp()
  }, idle / 4)
}

/**
 * Until there is a tunnel nobody reads from the client, and a socket nobody reads from does not notice that the other
 * side left. Early bytes stay where they are. Returns how to stop.
 */
export function watchClientClose(client: Duplex): () => void {
  const onReadable = (): void => {
    // At the end of the stream a read of nothing is what brings `end` about.
    if (client.readableLength === 0) client.read()
  }
  const onEnd = (): void => {
    client.destroy()
  }
  client.on('readable', onReadable).on('end', onEnd)
  return () => client.off('readable', onReadable).off('end', onEnd)
}

/** `passes`: asked for each chunk, and once it said no it has ended both sides. */
function pump(from: Duplex, to: Duplex, passes: (chunk: Buffer) => boolean): void {
  from.on('data', (chunk: Buffer) => {
    if (to.writableEnded || to.destroyed || !passes(chunk)) return
    if (!to.write(chunk)) from.pause()
  })
  to.on('drain', () => from.resume())
  from.resume()
}

/** RFC 6455 5.5.1; not masked, because it comes from the server's side. */
function closeFrame(code: number, reason: string): Buffer {
  const text = Buffer.from(reason)
  return Buffer.concat([Buffer.from([0x88, 2 + text.length, code >> 8, code & 0xff]), text])
}

function switchingProtocolsHead(headers: readonly string[]): string {
  let text = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i]!}: ${headers[i + 1]!}\r\n`
  return `${text}\r\n`
}

/** What it was asked to switch to (RFC 9110 7.8), and nothing else. */
export function isWebSocketHandshake(headers: RawHeaders): boolean {
  const protocols: string[] = []
  for (let i = 0; i < headers.length; i += 2) {
    if (String(headers[i]).toLowerCase() === 'upgrade') protocols.push(String(headers[i + 1]).toLowerCase())
  }
  return protocols.join() === 'websocket'
}
