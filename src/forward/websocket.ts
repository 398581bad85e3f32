// The tunnel a WebSocket becomes once its upstream agreed: bytes both ways, and an end that reaches both sides.

import type { Duplex } from 'node:stream'
import type { Switched } from './http.ts'
import { createFrameTracker } from './websocket-frames.ts'

type Ended = Awaited<Switched['done']>

/** Milliseconds one side may stay open after the other ended, and a cut connection may take to say goodbye. */
const halfOpen = 5_000
const farewell = 100

/** RFC 6455 5.5.1: a close frame with 1008 (policy violation), not masked because it comes from the server's side. */
const accessEnded = Buffer.concat([Buffer.from([0x88, 14, 0x03, 0xf0]), Buffer.from('access ended')])

/**
 * `client` and `head` as Node handed them over. `headers` are those of the 101, already fit for the client.
 * Both sockets need an error listener before this is called; both are destroyed when `done` resolves.
 */
export function openTunnel(client: Duplex, head: Buffer, headers: readonly string[], upstream: Duplex): Switched {
  const frames = createFrameTracker()
  let bytesIn = 0
  let bytesOut = 0
  let over = false
  let timer: NodeJS.Timeout | undefined
  let resolve: (ended: Ended) => void
  const done = new Promise<Ended>((settle) => (resolve = settle))

  const finish = (end: Ended['end'], detail?: string): void => {
    if (over) return
    over = true
    clearTimeout(timer)
    client.destroy()
    upstream.destroy()
    resolve({ end, bytesIn, bytesOut, detail })
  }
  const halfClosed = (): void => {
    timer ??= setTimeout(() => finish('complete', 'one side did not close'), halfOpen)
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

  client.write(switching(headers), 'latin1')
  if (head.length > 0) {
    bytesIn += head.length
    upstream.write(head)
  }
  pump(client, upstream, (chunk) => (bytesIn += chunk.length))
  pump(upstream, client, (chunk) => {
    bytesOut += chunk.length
    frames.advance(chunk)
  })
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

  return {
    done,
    cut() {
      if (over) return
      over = true
      clearTimeout(timer)
      client.pause()
      upstream.destroy()
      const settle = (): void => {
        clearTimeout(last)
        client.destroy()
        resolve({ end: 'cut', bytesIn, bytesOut, detail: 'access ended' })
      }
      const last = setTimeout(settle, farewell)
      client.once('close', settle)
      // In the middle of a frame the goodbye would be taken for its content; and behind a backlog it comes too late.
      if (frames.atBoundary() && !client.writableEnded) client.end(accessEnded)
      else settle()
    },
  }
}

/**
 * Until there is a tunnel nobody reads from the client, and a socket nobody reads from does not notice that the other
 * side left. Early bytes stay where they are. Returns how to stop.
 */
export function watchHandshake(client: Duplex): () => void {
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

function pump(from: Duplex, to: Duplex, count: (chunk: Buffer) => void): void {
  from.on('data', (chunk: Buffer) => {
    if (to.writableEnded || to.destroyed) return
    count(chunk)
    if (!to.write(chunk)) from.pause()
  })
  to.on('drain', () => from.resume())
  from.resume()
}

function switching(headers: readonly string[]): string {
  let text = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i]!}: ${headers[i + 1]!}\r\n`
  return `${text}\r\n`
}
