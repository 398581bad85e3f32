// The four internal applications of the demo, on loopback ports behind the gateway.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { languageOf, type Language } from '../../web/kit/language.ts'
import type { AppAnswer } from './answer.ts'
import { appNames, type AppName } from './names.ts'
import { createPayroll } from './payroll.ts'
import { drawRefusal } from './refusal.ts'
import { currentLoad, drawServers, serverLog } from './servers.ts'
import { createBook } from './wiki/book.ts'
import { answerWiki } from './wiki/wiki.ts'
import { listen } from '../listen.ts'
import { drawMachines, liveMachines } from './machines.ts'
import { pageHeaders } from '../page.ts'
import { createReader, type Received } from './received.ts'
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
  const draw = pagesOf(name)
  let requests = 0

  /** `/received` returns the received request as JSON in every app; all other paths are pages. */
  function answer(
    received: Received,
    language: Language,
    form: URLSearchParams | undefined,
    response: ServerResponse,
  ): void {
    const path = pathOf(received)
    if (path === '/received') return json(response, received)
    // The wiki shows its pages to anybody. The others require an assertion of the gateway, even on their own port.
    if (name !== 'wiki' && received.assertion.state !== 'verified')
      return send(response, { status: 401, html: drawRefusal(name, received, language) })
    if (name === 'servers' && path === '/load') return json(response, currentLoad(Date.now()))
    if (name === 'servers' && path === '/log') return serverLog(response)
    send(response, draw(received, language, form))
  }

  const server = createServer((request, response) => {
    requests += 1
    response.on('error', () => response.destroy())
    if (live?.serve(request, response)) return
    const read = [reader.read(request), readForm(request)] as const
    Promise.all(read).then(
      ([received, form]) => answer(received, languageOf(request.headers['accept-language']), form, response),
      () => response.destroy(),
    )
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

type Draw = (received: Received, language: Language, form: URLSearchParams | undefined) => AppAnswer | undefined

/** The pages of an app. The pages keep what people write as long as the demo runs. */
function pagesOf(name: AppName): Draw {
  const at = (path: string, draw: (received: Received, language: Language) => AppAnswer): Draw => {
    return (received, language) => (pathOf(received) === path ? draw(received, language) : undefined)
  }
  switch (name) {
    case 'wiki': {
      const book = createBook(Date.now)
      return (received, language, form) => answerWiki(book, received, language, form)
    }
    case 'payroll': {
      const payroll = createPayroll()
      return at('/', (received, language) => payroll.answer(received, language))
    }
    case 'machines':
      return at('/', (received, language) => ({ status: 200, html: drawMachines(received, language) }))
    case 'servers':
      return at('/', (received, language) => ({ status: 200, html: drawServers(received, language) }))
    default:
      return never(name)
  }
}

function pathOf({ target }: Received): string {
  return target.split('?', 1)[0]!
}

function send(response: ServerResponse, given: AppAnswer | undefined): void {
  if (given === undefined) response.writeHead(404, { 'content-type': 'text/plain' }).end('no such page\n')
  else if ('html' in given) response.writeHead(given.status, pageHeaders).end(given.html)
  else response.writeHead(303, { location: given.location, 'cache-control': 'no-store' }).end()
}

function json(response: ServerResponse, value: unknown): void {
  response
    .writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    .end(JSON.stringify(value))
}

/** Rejects for a form that is longer than the longest page of the wiki. */
async function readForm(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  const form = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false
  if (request.method !== 'POST' || !form) return void request.resume()
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk
    if (text.length > 200_000) throw new Error('form too long')
  }
  return new URLSearchParams(text)
}
