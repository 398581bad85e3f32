// Operations listener over HTTP: `/livez`, `/readyz` and `/metrics` (Prometheus). Never on a public address by default.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { livez, readyz, type HealthStatus } from './health.ts'

export interface OperationsListener {
  readonly port: number
  close(): Promise<void>
}

export interface OperationsSources {
  readonly metrics: { text(): Promise<string>; readonly contentType: string }
  readonly health: () => Promise<HealthStatus>
}

/** Rejects with Node's error when it cannot listen on `address`. */
export async function openOperationsListener(
  address: { readonly host: string; readonly port: number },
  deps: OperationsSources,
): Promise<OperationsListener> {
  const server = createServer({ requestTimeout: 10_000 }, (request, response) => {
    request.on('error', () => {})
    response.on('error', () => {})
    request.resume()
    const send = (status: number, type: string, body: string): void => {
      response.writeHead(status, {
        'Content-Type': type,
        'Cache-Control': 'no-store',
        'X-Content-Type-Options': 'nosniff',
      })
      response.end(request.method === 'HEAD' ? undefined : body)
    }
    respond(request.method ?? '', request.url ?? '', deps)
      .then(({ status, type, body }) => send(status, type, body))
      .catch(() => send(500, 'text/plain', 'failed\n'))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(address, () => {
      server.removeListener('error', reject)
      server.on('error', () => {})
      resolve()
    })
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function respond(
  method: string,
  path: string,
  { metrics, health }: OperationsSources,
): Promise<{ status: number; type: string; body: string }> {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, type: 'text/plain', body: 'GET only\n' }
  switch (path) {
    case '/livez':
      return { ...livez(), type: 'application/json' }
    case '/readyz':
      return { ...readyz(await health()), type: 'application/json' }
    case '/metrics':
      return { status: 200, type: metrics.contentType, body: await metrics.text() }
    // open: any other path
    default:
      return { status: 404, type: 'text/plain', body: '/livez, /readyz, /metrics\n' }
  }
}
