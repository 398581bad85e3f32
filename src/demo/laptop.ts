// Company laptop of the demo: a reverse proxy to the same addresses that adds signed device posture headers.

import { createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http'
import { isLoopback } from '../net/loopback.ts'
import { listen } from './listen.ts'
import { signedPosture, type LaptopState } from './laptop-agent.ts'
import { markup, page, pageHeaders } from './page.ts'

export interface Laptop {
  readonly port: number
  /** Turns disk encryption on or off. */
  setEncrypted(encrypted: boolean): void
  stop(): Promise<void>
}

export interface LaptopOptions {
  readonly port: number
  readonly gatewayPort: number
  /** Ports of the identity providers by the first label of their host, so that sign-in also goes through the laptop. */
  readonly providers: Readonly<Record<string, number>>
  /** Key of `X-Device-Signature`. */
  readonly secret: string
  readonly now: () => number
}

/** Hop-by-hop fields (RFC 9110 section 7.6.1), and the fields that the agent sets. */
const notForwarded =
  /^(connection|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade|host|origin|referer|x-device-.*)$/i

/** Rejects with the error of `listen` (`EADDRINUSE`) if the port is in use. */
export async function startLaptop({
  port: wanted,
  gatewayPort,
  providers,
  secret,
  now,
}: LaptopOptions): Promise<Laptop> {
  let state: LaptopState = { deviceId: 'laptop-0815', managed: true, encrypted: true }
  const mirrored = new Set([gatewayPort, ...Object.values(providers)])
  const server = createServer((request, response) => {
    const name = (request.headers.host ?? '').toLowerCase().replace(/:\d+$/, '')
    response.on('error', () => response.destroy())
    if (!isLoopback(name)) return void response.writeHead(421, { connection: 'close' }).end()
    if (name === 'laptop.localhost' || !name.endsWith('.localhost')) return control(request, response)
    forward(request, response, name)
  })
  server.on('upgrade', (_request, socket) => {
    socket.on('error', () => socket.destroy())
    socket.end('HTTP/1.1 501 Not Implemented\r\nConnection: close\r\n\r\n')
  })
  server.on('clientError', (_error, socket) => socket.destroy())
  const port = await listen(server, wanted)

  function forward(request: IncomingMessage, response: ServerResponse, name: string): void {
    const onwardPort = providers[name.split('.')[0]!] ?? gatewayPort
    const host = `${name}:${onwardPort}`
    const target = request.url ?? '/'
    const method = request.method ?? 'GET'
    const headers = ['Host', host]
    for (let at = 0; at + 1 < request.rawHeaders.length; at += 2) {
      const field = request.rawHeaders[at]!
      if (!notForwarded.test(field)) headers.push(field, request.rawHeaders[at + 1]!)
    }
    if (request.headers.origin !== undefined)
      headers.push('Origin', request.headers.origin.replace(`:${port}`, `:${onwardPort}`))
    if (request.headers['transfer-encoding'] !== undefined) headers.push('Transfer-Encoding', 'chunked')
    // For the gateway only, which has the key.
    if (onwardPort === gatewayPort) headers.push(...signedPosture(state, { method, host, target }, secret, now()))

    const onward = ask({ host: '127.0.0.1', port: onwardPort, method, path: target, headers, agent: false })
    onward.on('response', (incoming) => {
      response.writeHead(incoming.statusCode ?? 502, incoming.rawHeaders.map(inward))
      incoming.on('error', () => response.destroy())
      incoming.pipe(response)
    })
    onward.on('error', () => (response.headersSent ? response.destroy() : response.writeHead(502).end()))
    response.on('close', () => onward.destroy())
    request.on('error', () => onward.destroy())
    request.pipe(onward)
  }

  function control(request: IncomingMessage, response: ServerResponse): void {
    request.resume()
    if (request.method === 'POST') {
      // CSRF check: a cross-site page must not change the state.
      const site = request.headers['sec-fetch-site']
      if (site !== undefined && site !== 'same-origin' && site !== 'none') return void response.writeHead(403).end()
      state = { ...state, encrypted: !state.encrypted }
      return void response.writeHead(303, { location: '/' }).end()
    }
    html(response, 200, drawControl(state, `http://servers.localhost:${port}/`))
  }

  /** Rewrites the port of redirects between hosts of the demo to that of the laptop. */
  const inward = (value: string, at: number, all: readonly string[]): string => {
    if (at % 2 === 0 || !/^location$/i.test(all[at - 1]!)) return value
    const [, start = '', to = ''] = /^(http:\/\/[a-z-]+\.localhost):(\d+)(?=[/?#]|$)/.exec(value) ?? []
    return mirrored.has(Number(to)) ? value.replace(`${start}:${to}`, `${start}:${port}`) : value
  }

  return {
    port,
    setEncrypted: (encrypted) => void (state = { ...state, encrypted }),
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

function drawControl(state: LaptopState, servers: string): string {
  const now = state.encrypted ? 'on' : 'off'
  return page({
    title: 'The company laptop',
    brand: 'Company laptop',
    hue: 205,
    narrow: true,
    body: markup`<h1>The company laptop</h1>
<p>Through this port your browser acts as the device <code>${state.deviceId}</code>: its agent adds signed <code>X-Device-*</code> fields to each request.</p>
<section class="card"><table>
<tr><th>Managed by the company</th><td>yes</td></tr>
<tr><th>Disk encryption</th><td class="${state.encrypted ? 'good' : 'wrong'}">${now}</td></tr>
</table>
<form method="post" action="/"><button class="quiet">Turn disk encryption ${state.encrypted ? 'off' : 'on'}</button></form></section>
<p><a class="button" href="${servers}">Open the servers from this laptop</a></p>`,
  })
}

function html(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, pageHeaders).end(body)
}
