// Forwards one request or WebSocket of a browser to the gateway or a provider, and rewrites addresses on the way.

import { request as ask, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream'
import { chosenLanguage, withoutLanguage } from './language-cookie.ts'
import { chooseProvider, giveReason, type Hands } from './hands.ts'
import type { ConnectionKind, OpenConnection, Traffic } from './traffic.ts'
import type { World } from './worlds.ts'

export interface Forwarding {
  readonly world: World
  /** Origin of the gateway, and of the page that may show persons in frames. */
  readonly gateway: string
  readonly stage: string
  readonly traffic: Traffic
  /** Undefined: a browser that nobody helps, on the laptop. */
  readonly hands: Hands | undefined
  /** Further fields of the request, name, value, ...: posture, person. */
  readonly added: (request: { readonly method: string; readonly host: string; readonly target: string }) => string[]
}

/** Hop-by-hop fields (RFC 9110 section 7.6.1), and the fields that the front sets. */
const notForwarded =
  /^(connection|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade|host|origin|referer|x-device-.*|x-demo-.*)$/i

const maxPage = 2 * 1024 * 1024

export function forward(request: IncomingMessage, response: ServerResponse, to: Forwarding): void {
  const { method, target, headers } = onwardRequest(request, to)
  const onward = ask({ host: '127.0.0.1', port: to.world.port, method, path: target, headers, agent: false })
  onward.on('response', (incoming) => {
    observeVisit(request, incoming, to)
    const sent = responseHeaders(incoming, to)
    if (isRewritten(request, incoming, to.world)) return void rewrite(incoming, response, sent, to)
    response.writeHead(incoming.statusCode ?? 502, sent)
    // Otherwise the browser learns of an event stream with its first event only.
    response.flushHeaders()
    const watched = watch(request, incoming, to)
    incoming.on('data', (chunk: Buffer) => watched?.received(chunk.length))
    // Whichever side closes first ended it: the other follows.
    response.on('close', () => watched?.ended('browser'))
    for (const end of ['end', 'error', 'close'] as const) {
      incoming.on(end, () => {
        watched?.ended('gateway')
        if (!incoming.complete) response.destroy()
      })
    }
    incoming.pipe(response)
  })
  onward.on('error', () => (response.headersSent ? response.destroy() : response.writeHead(502).end()))
  response.on('close', () => onward.destroy())
  request.on('error', () => onward.destroy())
  request.pipe(onward)
}

export function forwardUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, to: Forwarding): void {
  const { method, target, headers } = onwardRequest(request, to)
  headers.push('Connection', 'Upgrade', 'Upgrade', request.headers.upgrade ?? '')
  const onward = ask({ host: '127.0.0.1', port: to.world.port, method, path: target, headers, agent: false })
  onward.on('upgrade', (incoming, upstream: Duplex, first) => {
    socket.write(responseHead(incoming))
    if (first.length > 0) socket.write(first)
    if (head.length > 0) upstream.write(head)
    const { person } = to.world
    const watched = person === undefined ? undefined : to.traffic.opened(person, 'websocket', pathOf(target))
    upstream.on('data', (chunk: Buffer) => watched?.received(chunk.length))
    for (const end of ['end', 'error', 'close'] as const) {
      upstream.on(end, () => watched?.ended('gateway'))
      socket.on(end, () => watched?.ended('browser'))
    }
    // An error of one side ends both; the browser reports it.
    pipeline(socket, upstream, socket, () => undefined)
  })
  onward.on('response', (incoming) => {
    incoming.on('error', () => socket.destroy())
    // Its body ends with the connection: it arrives here without the framing it had.
    socket.write(responseHead(incoming, 'Connection: close'))
    incoming.pipe(socket)
  })
  onward.on('error', () => socket.destroy())
  socket.on('close', () => onward.destroy())
  onward.end()
}

function onwardRequest(request: IncomingMessage, { world, added }: Forwarding) {
  const target = request.url ?? '/'
  const method = request.method ?? 'GET'
  const headers = ['Host', world.host]
  for (let at = 0; at + 1 < request.rawHeaders.length; at += 2) {
    const field = request.rawHeaders[at]!
    const value = request.rawHeaders[at + 1]!
    if (notForwarded.test(field) || (world.person !== undefined && /^accept-(encoding|language)$/i.test(field)))
      continue
    if (/^cookie$/i.test(field)) {
      const kept = withoutLanguage(value)
      if (kept !== undefined) headers.push(field, kept)
    }
    // A frame is the window of that person's browser: for the gateway, nothing is around it.
    else if (world.person !== undefined && /^sec-fetch-dest$/i.test(field) && value === 'iframe') {
      headers.push(field, 'document')
    } else headers.push(field, value)
  }
  if (request.headers.origin !== undefined) headers.push('Origin', world.inward(request.headers.origin))
  if (request.headers['transfer-encoding'] !== undefined) headers.push('Transfer-Encoding', 'chunked')
  if (world.person !== undefined)
    headers.push(
      'Accept-Language',
      chosenLanguage(request.headers.cookie) ?? request.headers['accept-language'] ?? 'en',
      'Accept-Encoding',
      'identity',
    )
  headers.push(...added({ method, host: world.host, target }))
  return { target, method, headers }
}

/** Addresses lead to the front; the pages of a person may be shown in a frame of the stage, and nowhere else. */
function responseHeaders(incoming: IncomingMessage, { world, gateway, stage, hands }: Forwarding): string[] {
  const sent: string[] = []
  const raw = incoming.rawHeaders
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const field = raw[at]!
    const value = raw[at + 1]!
    const name = field.toLowerCase()
    if (name === 'connection' || name === 'keep-alive' || name === 'transfer-encoding') continue
    if (name === 'location') {
      sent.push(field, world.outward(hands === undefined ? value : chooseProvider(value, gateway, hands)))
    } else if (world.person === undefined) sent.push(field, value)
    else if (name === 'content-security-policy') {
      sent.push(field, world.outwardAll(value).replace("frame-ancestors 'none'", `frame-ancestors ${stage}`))
    } else if (name === 'refresh') sent.push(field, world.outwardAll(value))
    else if (name !== 'x-frame-options') sent.push(field, value)
  }
  return sent
}

function isRewritten(request: IncomingMessage, incoming: IncomingMessage, world: World): boolean {
  if (world.person === undefined || request.method === 'HEAD') return false
  return (
    incoming.headers['content-encoding'] === undefined && /^text\/html\b/.test(incoming.headers['content-type'] ?? '')
  )
}

async function rewrite(incoming: IncomingMessage, response: ServerResponse, headers: string[], to: Forwarding) {
  try {
    const chunks: Buffer[] = []
    let length = 0
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > maxPage) throw new Error('page too long')
      chunks.push(chunk)
    }
    const page = to.world.outwardAll(Buffer.concat(chunks).toString('utf8'))
    const body = Buffer.from(to.hands === undefined ? page : giveReason(page))
    const kept = headers.flatMap((field, at) =>
      at % 2 === 0 && !/^(content-length|etag)$/i.test(field) ? [field, headers[at + 1]!] : [],
    )
    response.writeHead(incoming.statusCode ?? 502, [...kept, 'Content-Length', String(body.length)]).end(body)
  } catch {
    response.destroy()
  }
}

function observeVisit({ headers, url }: IncomingMessage, { statusCode = 502 }: IncomingMessage, to: Forwarding): void {
  const { person, host } = to.world
  if (person === undefined || headers['sec-fetch-mode'] !== 'navigate') return
  if (statusCode < 300 || statusCode >= 400) to.traffic.visited(person, `http://${host}${url}`, statusCode)
}

function watch({ url }: IncomingMessage, incoming: IncomingMessage, to: Forwarding): OpenConnection | undefined {
  const { person } = to.world
  const kind = kindOf(incoming)
  return person === undefined || kind === undefined ? undefined : to.traffic.opened(person, kind, pathOf(url ?? '/'))
}

function kindOf({ statusCode, headers }: IncomingMessage): ConnectionKind | undefined {
  if (statusCode !== 200) return undefined
  if (headers['content-type']?.startsWith('text/event-stream')) return 'events'
  return headers['content-disposition']?.startsWith('attachment') ? 'download' : undefined
}

function pathOf(target: string): string {
  return target.split('?', 1)[0]!
}

function responseHead({ statusCode, statusMessage, rawHeaders }: IncomingMessage, framing?: string): string {
  const lines = [`HTTP/1.1 ${statusCode} ${statusMessage}`]
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    if (framing !== undefined && /^(connection|transfer-encoding)$/i.test(rawHeaders[at]!)) continue
    lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`)
  }
  if (framing !== undefined) lines.push(framing)
  return `${lines.join('\r\n')}\r\n\r\n`
}
