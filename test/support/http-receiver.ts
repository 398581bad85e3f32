// HTTP server for tests of webhooks: responds as configured and records the requests.

import { createServer, type IncomingHttpHeaders } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import type { TestCertificate } from './certificates.ts'

export interface Posted {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A status, optionally with headers and a body; `drop` closes the connection, `silence` leaves it open without a response. */
export type Answer = number | 'drop' | 'silence' | { status: number; headers?: Record<string, string>; body?: string }

export interface HttpReceiver {
  readonly port: number
  readonly url: string
  /** Every request, whatever the response. */
  readonly posted: readonly Posted[]
  /** Requests answered with 2xx. */
  readonly taken: readonly Posted[]
  answer: Answer | ((request: Posted, number: number) => Answer)
  close(): Promise<void>
}

export async function startHttpReceiver(certificate?: TestCertificate, port = 0): Promise<HttpReceiver> {
  const posted: Posted[] = []
  const taken: Posted[] = []
  const server =
    certificate === undefined
      ? createServer()
      : createSecureServer({ cert: readFileSync(certificate.cert), key: readFileSync(certificate.key) })
  const peer = {
    answer: 200 as HttpReceiver['answer'],
    posted,
    taken,
    port: 0,
    url: '',
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
  server.on('request', (request, response) => {
    const chunks: Buffer[] = []
    request.on('error', () => undefined)
    response.on('error', () => undefined)
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const one: Posted = {
        method: request.method!,
        path: request.url!,
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      }
      posted.push(one)
      const answer = typeof peer.answer === 'function' ? peer.answer(one, posted.length) : peer.answer
      if (answer === 'drop') return void request.socket.destroy()
      if (answer === 'silence') return
      const { status, headers, body } =
        typeof answer === 'number' ? { status: answer, headers: undefined, body: undefined } : answer
      if (status >= 200 && status < 300) taken.push(one)
      response.writeHead(status, headers).end(body ?? 'ok')
    })
  })
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
  peer.port = (server.address() as AddressInfo).port
  peer.url = `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${peer.port}/hook`
  return peer
}
