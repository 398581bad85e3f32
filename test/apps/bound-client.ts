// Client that signs in once on a connection and then sends no credentials any more, as browsers do with NTLM.

import http2 from 'node:http2'
import https from 'node:https'
import type { Ground, Visitor } from './application.ts'
import { must } from './application.ts'
import type { CurlAnswer } from './curl.ts'
import { lookupLoopback } from './loopback.ts'

export interface BoundOptions {
  readonly version: '1.1' | '2'
  /** Values of Authorization, in order; none: a client that does not sign in. */
  readonly handshake: readonly string[]
  /** Requests without credentials after it. */
  readonly count: number
  /** The response field that names the person. Default: the body. */
  readonly field?: string
}

type Ask = (authorization?: string) => Promise<CurlAnswer>

export async function askBound(ground: Ground, visitor: Visitor, options: BoundOptions): Promise<CurlAnswer[]> {
  const { handshake, count, version } = options
  const { ask, close } = version === '2' ? overHttp2(ground, visitor, options) : overHttp1(ground, visitor, options)
  try {
    for (const authorization of handshake) await ask(authorization)
    const answers: CurlAnswer[] = []
    // Over HTTP/2 many at once, but fewer than the gateway's limit of streams.
    const batch = version === '2' ? 50 : 1
    for (let done = 0; done < count; done += batch)
      answers.push(...(await Promise.all(Array.from({ length: batch }, () => ask()))))
    return answers
  } finally {
    close()
  }
}

/** One of the two signs in, the other does not: throws when that one is answered as anybody. */
export async function onlyOneSignedIn(
  ground: Ground,
  ask: (visitor: Visitor, signsIn: boolean) => Promise<CurlAnswer[]>,
): Promise<string> {
  const [mine, theirs] = await Promise.all([ask(ground.people[0], true), ask(ground.people[1], false)])
  const named = mine.filter(({ status, person }) => status === 200 && person.startsWith(ground.people[0].name))
  const refused = theirs.filter(({ status }) => status === 401)
  must(named.length === mine.length, `only answers of ${ground.people[0].name}`, `${named.length} of ${mine.length}`)
  must(refused.length === theirs.length, '401 to the other', `${refused.length} of ${theirs.length}`)
  return `${named.length} ${ground.people[0].name}, ${refused.length} times 401 to the other`
}

function overHttp1(ground: Ground, { cookie }: Visitor, { field }: BoundOptions): { ask: Ask; close: () => void } {
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1 })
  const ask: Ask = (authorization) =>
    new Promise((resolve, reject) => {
      const headers = { host: `${ground.host}:${ground.port}`, cookie, ...(authorization && { authorization }) }
      const to = { agent, host: '127.0.0.1', port: ground.port, servername: ground.host, ca: ground.ca.pem, headers }
      const request = https.get(to, (answer) => {
        let body = ''
        answer.setEncoding('utf8').on('data', (text: string) => (body += text))
        answer.on('end', () => {
          const named = answer.headers[field ?? '']
          resolve({
            person: field === undefined ? body : String(named ?? ''),
            status: answer.statusCode!,
            version: '1.1',
          })
        })
      })
      request.on('error', reject)
    })
  return { ask, close: () => agent.destroy() }
}

function overHttp2(ground: Ground, { cookie }: Visitor, { field }: BoundOptions): { ask: Ask; close: () => void } {
  const session = http2.connect(ground.origin, { ca: ground.ca.pem, lookup: lookupLoopback } as object)
  const ask: Ask = (authorization) =>
    new Promise((resolve, reject) => {
      const stream = session.request({ ':path': '/', cookie, ...(authorization && { authorization }) })
      let status = 0
      let named = ''
      let body = ''
      stream.on('response', (headers) => {
        status = headers[':status']!
        named = String(headers[field ?? ''] ?? '')
      })
      stream.setEncoding('utf8').on('data', (text: string) => (body += text))
      stream.on('end', () => resolve({ person: field === undefined ? body : named, status, version: '2' }))
      stream.on('error', reject)
      stream.end()
    })
  session.on('error', () => {})
  return { ask, close: () => session.close() }
}
