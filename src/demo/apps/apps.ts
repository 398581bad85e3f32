// The four internal applications of the demo, on loopback ports behind the gateway.

import { createServer, type ServerResponse } from 'node:http'
import { appNames, type AppName } from './names.ts'
import { listen } from '../listen.ts'
import { drawMachines, liveMachines } from './machines.ts'
import { pageHeaders } from '../page.ts'
import { createReader, type Received } from './received.ts'
import { drawPayroll, drawRefusal, drawServers, drawWiki } from './pages.ts'
import { never } from '../../policy/never.ts'

export interface DemoApp {
  readonly name: AppName
  /** `http://127.0.0.1:PORT`, for `to:`. */
  readonly upstream: string
  /** Number of requests received, including upgrades. */
  requests(): number
}

export interface DemoApps {
  readonly apps: Readonly<Record<AppName, DemoApp>>
  stop(): Promise<void>
}

export interface AppsOptions {
  /** Origin of the gateway: the issuer of assertions. */
  readonly gateway: string
  /** Public origin of each app: the audience of its assertions. */
  readonly origins: Readonly<Record<AppName, string>>
}

export async function startApps({ gateway, origins }: AppsOptions): Promise<DemoApps> {
  const started: { app: DemoApp; stop: () => Promise<void> }[] = []
  const stop = async () => {
    await Promise.all(started.splice(0).map((one) => one.stop()))
  }
  try {
    for (const name of appNames) started.push(await startApp(name, gateway, origins[name]))
  } catch (error) {
    await stop()
    throw error
  }
  const byName = Object.fromEntries(started.map(({ app }) => [app.name, app]))
  return { apps: byName as Record<AppName, DemoApp>, stop }
}

async function startApp(name: AppName, gateway: string, origin: string) {
  const reader = createReader(gateway, origin)
  const live = name === 'machines' ? liveMachines() : undefined
  let requests = 0

  const server = createServer((request, response) => {
    requests += 1
    response.on('error', () => response.destroy())
    if (live?.serve(request, response)) return
    reader.read(request).then(
      (received) => answer(name, received, response),
      () => response.destroy(),
    )
    request.resume()
  })
  server.on('upgrade', (request, socket, head) => {
    requests += 1
    socket.on('error', () => socket.destroy())
    if (!live?.upgrade(request, socket, head)) socket.destroy()
  })
  server.on('clientError', (_error, socket) => socket.destroy())
  const port = await listen(server, 0)

  async function stop(): Promise<void> {
    live?.stop()
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await Promise.all([closed, reader.stop()])
  }

  return { app: { name, upstream: `http://127.0.0.1:${port}`, requests: () => requests }, stop }
}

/** `/received` returns the received request as JSON in every app; all other paths are pages. */
function answer(name: AppName, received: Received, response: ServerResponse): void {
  const path = received.target.split('?', 1)[0]!
  if (path === '/received') return json(response, received)
  // The wiki accepts any request. The others require an assertion of the gateway, even on their own port.
  if (name !== 'wiki' && received.assertion.state !== 'verified')
    return html(response, 401, drawRefusal(name, received))
  switch (name) {
    case 'wiki': {
      const number = /^\/(?:page\/(\d{1,4}))?$/.exec(path)
      return number ? html(response, 200, drawWiki(Number(number[1] ?? 1), received)) : missing(response)
    }
    case 'payroll':
      return path === '/' ? html(response, 200, drawPayroll(received)) : missing(response)
    case 'machines':
      return path === '/' ? html(response, 200, drawMachines(received)) : missing(response)
    case 'servers':
      return path === '/' ? html(response, 200, drawServers(received)) : missing(response)
    default:
      return never(name)
  }
}

function html(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, pageHeaders).end(body)
}

function json(response: ServerResponse, value: unknown): void {
  response
    .writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    .end(JSON.stringify(value))
}

function missing(response: ServerResponse): void {
  response.writeHead(404, { 'content-type': 'text/plain' }).end('no such page\n')
}
