// The demo's company laptop: a second door to the same addresses, whose agent signs what it knows of the device.

import { createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http'
import { isLoopbackName } from './loopback.ts'
import { listen } from './listen.ts'
import { signedPosture, type LaptopState } from './laptop-agent.ts'
import { markup, page, pageHeaders } from './page.ts'

export interface Laptop {
  readonly port: number
  /** Whether its disk is encrypted from now on. */
  setEncrypted(encrypted: boolean): void
  stop(): Promise<void>
}

export interface LaptopOptions {
  readonly port: number
  readonly gatewayPort: number
  /** Key of `X-Device-Signature`. */
  readonly secret: string
  readonly now: () => number
}

/** What concerns one connection only (RFC 9110 section 7.6.1), and what only the agent may say. */
const notForwarded =
  /^(connection|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade|host|origin|referer|x-device-.*)$/i

/** Rejects with the error of `listen` (`EADDRINUSE`) when the port is taken. */
export async function startLaptop({ port: wanted, gatewayPort, secret, now }: LaptopOptions): Promise<Laptop> {
  let state: LaptopState = { deviceId: 'laptop-0815', managed: true, encrypted: true }
  const server = createServer((request, response) => {
    const name = (request.headers.host ?? '').replace(/:\d+$/, '')
    response.on('error', () => response.destroy())
    if (!isLoopbackName(name)) return void response.writeHead(421, { connection: 'close' }).end()
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
    const host = `${name}:${gatewayPort}`
    const target = request.url ?? '/'
    const method = request.method ?? 'GET'
    const headers = ['Host', host]
    for (let at = 0; at + 1 < request.rawHeaders.length; at += 2) {
      const field = request.rawHeaders[at]!
      if (!notForwarded.test(field)) headers.push(field, request.rawHeaders[at + 1]!)
    }
    if (request.headers.origin !== undefined) headers.push('Origin', outward(request.headers.origin))
    if (request.headers['transfer-encoding'] !== undefined) headers.push('Transfer-Encoding', 'chunked')
    headers.push(...signedPosture(state, { method, host, target }, secret, now()))

    const onward = ask({ host: '127.0.0.1', port: gatewayPort, method, path: target, headers, agent: false })
    onward.on('response', (answer) => {
      const location = answer.headers.location
      // Signing in leads over addresses the laptop's agent does not see: done beside it, the cookie is good for both doors.
      if (
        location !== undefined &&
        new URL(location, `http://${host}`).hostname === 'access.localhost' &&
        name !== 'access.localhost'
      ) {
        answer.resume()
        return html(response, 200, signInFirst(`http://${host}${target}`))
      }
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders.map(inward))
      answer.on('error', () => response.destroy())
      answer.pipe(response)
    })
    onward.on('error', () => (response.headersSent ? response.destroy() : response.writeHead(502).end()))
    response.on('close', () => onward.destroy())
    request.on('error', () => onward.destroy())
    request.pipe(onward)
  }

  function control(request: IncomingMessage, response: ServerResponse): void {
    request.resume()
    if (request.method === 'POST') {
      // A page from elsewhere must not press the switch.
      const site = request.headers['sec-fetch-site']
      if (site !== undefined && site !== 'same-origin' && site !== 'none') return void response.writeHead(403).end()
      state = { ...state, encrypted: !state.encrypted }
      return void response.writeHead(303, { location: '/' }).end()
    }
    html(response, 200, drawControl(state, `http://servers.localhost:${port}/`))
  }

  const outward = (text: string): string => text.replace(`:${port}`, `:${gatewayPort}`)
  const inward = (value: string, at: number, all: readonly string[]): string =>
    at % 2 === 1 && /^location$/i.test(all[at - 1]!)
      ? value.replace(`.localhost:${gatewayPort}`, `.localhost:${port}`)
      : value

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
<p>Through this port your browser counts as <code>${state.deviceId}</code>: its agent adds signed <code>X-Device-*</code> fields to each request.</p>
<section class="card"><table>
<tr><th>Managed by the company</th><td>yes</td></tr>
<tr><th>Disk encryption</th><td class="${state.encrypted ? 'good' : 'wrong'}">${now}</td></tr>
</table>
<form method="post" action="/"><button class="quiet">Turn disk encryption ${state.encrypted ? 'off' : 'on'}</button></form></section>
<p><a class="button" href="${servers}">Open the servers from this laptop</a></p>`,
  })
}

function signInFirst(elsewhere: string): string {
  return page({
    title: 'Sign in first',
    brand: 'Company laptop',
    hue: 205,
    narrow: true,
    body: markup`<h1>Sign in first</h1>
<p>The gateway wants to know who you are, or to see one more proof. Do that at the ordinary address, then come back to this one.</p>
<p><a class="button" href="${elsewhere}" target="_blank">Sign in</a></p>
<p class="soft">That page will say that the device is not enough: it is not the laptop. Reload this one afterwards.</p>`,
  })
}

function html(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, pageHeaders).end(body)
}
