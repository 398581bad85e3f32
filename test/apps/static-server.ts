// Small HTTP server for pages of tests whose application runs in the browser.

import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface StaticServer {
  readonly origin: string
  readonly server: http.Server
  stop(): Promise<void>
}

export type Handle = (request: IncomingMessage, response: ServerResponse, body: string) => void

/** `pages`: type and content by path, or what answers. Other paths: 404. */
export async function startStaticServer(
  pages: Readonly<Record<string, readonly [type: string, body: string] | Handle>>,
): Promise<StaticServer> {
  const server = http.createServer((request, response) => {
    const page = pages[new URL(request.url ?? '/', 'http://any').pathname]
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      if (page === undefined) response.writeHead(404).end('not found')
      else if (typeof page === 'function') page(request, response, body)
      else response.writeHead(200, { 'content-type': page[0], 'cache-control': 'no-cache' }).end(page[1])
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
