// Upstream of the cross-site tests, and other websites beside it: serves pages by path and keeps every request with its body.

import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Kept {
  readonly method: string
  readonly host: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

export interface CompanyApp {
  readonly origin: string
  readonly port: number
  readonly kept: readonly Kept[]
  /** What `path` answers from now on. */
  page(path: string, html: string | Buffer, headers?: Readonly<Record<string, string>>): void
  stop(): Promise<void>
}

interface Page {
  readonly body: string | Buffer
  readonly headers: Readonly<Record<string, string>>
}

export async function startCompanyApp(): Promise<CompanyApp> {
  const kept: Kept[] = []
  const pages = new Map<string, Page>()
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      kept.push({ method, host: headers.host ?? '', url, headers, body: Buffer.concat(pieces) })
      const { pathname } = new URL(url, 'http://localhost')
      const page = pages.get(pathname)
      response.writeHead(page?.headers['location'] === undefined ? 200 : 303, {
        'content-type': 'text/html; charset=utf-8',
        ...page?.headers,
      })
      response.end(page?.body ?? `<!doctype html><title>App</title><h1>${method} ${pathname}</h1>`)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    kept,
    page: (path, body, headers = {}) => void pages.set(path, { body, headers }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
