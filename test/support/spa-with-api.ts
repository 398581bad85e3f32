// Upstream app of two hosts: a single-page application, and its API, which answers preflights and allows the page's origin.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'

export interface SpaWithApi {
  readonly origin: string
  /** Method, host and path of every request and upgrade, in order. */
  readonly reached: readonly string[]
  stop(): Promise<void>
}

/** `api`: origin whose requests are those of the API; `page`: origin that may read its answers. */
export async function startSpaWithApi({
  api,
  page,
}: {
  readonly api: string
  readonly page: string
}): Promise<SpaWithApi> {
  const reached: string[] = []
  const note = ({ method, headers, url }: IncomingMessage): void =>
    void reached.push(`${method} ${headers['x-forwarded-host']}${url}`)
  const server = createServer((request, response) => {
    note(request)
    request.resume()
    if (request.headers['x-forwarded-host'] === new URL(api).host) serveApi(request, response, page)
    else response.writeHead(200, { 'content-type': 'text/html' }).end(document(api))
  })
  const sockets = new WebSocketServer({ noServer: true })
  server.on('upgrade', (request, socket, head) => {
    note(request)
    sockets.handleUpgrade(request, socket, head, (client) => client.send('open'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    reached,
    async stop() {
      for (const client of sockets.clients) client.terminate()
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

function serveApi({ method, url, headers }: IncomingMessage, response: ServerResponse, page: string): void {
  if (headers.origin === page) {
    response.setHeader('access-control-allow-origin', page)
    response.setHeader('access-control-allow-credentials', 'true')
    response.setHeader('vary', 'origin')
  }
  if (method === 'OPTIONS') {
    response.setHeader('access-control-allow-methods', 'GET, PUT')
    response.setHeader('access-control-allow-headers', 'content-type')
    return void response.writeHead(204).end()
  }
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ method, url, user: headers['x-forwarded-email'] }))
}

/** Calls the API while it loads, as such pages do. `window.loaded`: what came of it. */
const document = (api: string): string => `<!doctype html><title>Desk</title><script>
  const api = ${JSON.stringify(api)}
  const call = (path, options) => fetch(api + path, { credentials: 'include', ...options }).then(
    async (answer) => ({ status: answer.status, ...(await answer.json()) }),
    (error) => ({ error: error.name }),
  )
  const json = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{}' }
  const listen = () => new Promise((done) => {
    const socket = new WebSocket(api.replace('http', 'ws') + '/live')
    socket.onmessage = () => { done('open'); socket.close() }
    socket.onerror = () => done('refused')
  })
  window.loaded = Promise.all([call('/data'), call('/save', json), listen()])
</script>`
