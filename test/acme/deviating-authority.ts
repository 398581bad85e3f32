// An authority that deviates from what a real one does, on loopback: each path answers as the test says.

import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** Protected header and payload of the JWS; empty for other requests. */
  readonly protectedHeader: Readonly<Record<string, unknown>>
  readonly payload: Readonly<Record<string, unknown>>
}

export interface Given {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

export interface DeviatingAuthority {
  readonly origin: string
  readonly directory: string
  readonly asked: readonly Asked[]
  /** What a path answers from now on; a directory, nonces and accounts are there from the beginning. */
  on(path: string, answer: Given | ((asked: Asked) => Given)): void
}

export function problem(
  type: string,
  status = 400,
  detail = `of type ${type}`,
  headers: Readonly<Record<string, string>> = {},
): Given {
  return {
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
    body: { type: `urn:ietf:params:acme:error:${type}`, detail },
  }
}

export async function deviatingAuthority(directory: object = {}): Promise<DeviatingAuthority> {
  const answers = new Map<string, (asked: Asked) => Given>()
  const asked: Asked[] = []
  let nonces = 0
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += String(chunk)))
    request.on('end', () => {
      const jws = text === '' ? {} : (JSON.parse(text) as Record<string, string>)
      const part = (value: string | undefined) =>
        value ? (JSON.parse(Buffer.from(value, 'base64url').toString()) as Record<string, unknown>) : {}
      const one: Asked = {
        method: request.method!,
        path: request.url!,
        headers: request.headers,
        protectedHeader: part(jws['protected']),
        payload: part(jws['payload']),
      }
      asked.push(one)
      const { status = 200, headers = {}, body = {} } = answers.get(request.url!)?.(one) ?? { status: 404 }
      const json = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
      response.writeHead(status, { 'replay-nonce': `nonce${++nonces}`, 'content-type': 'application/json', ...headers })
      response.end(json)
    })
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const authority: DeviatingAuthority = {
    origin,
    directory: `${origin}/directory`,
    asked,
    on: (path, answer) => void answers.set(path, typeof answer === 'function' ? answer : () => answer),
  }
  authority.on('/directory', {
    body: { newNonce: `${origin}/nonce`, newAccount: `${origin}/account`, newOrder: `${origin}/order`, ...directory },
  })
  authority.on('/nonce', {})
  authority.on('/account', { status: 201, headers: { location: `${origin}/account/1` } })
  return authority
}
