// express-ntlm: NTLM sign-in that authenticates the connection.

import http2 from 'node:http2'
import { ntlmAuthenticate, ntlmNegotiate, startNtlmApp } from '../../support/ntlm-app.ts'
import type { Application, Show, Visitor } from '../application.ts'
import { bothAtOnce, curl, type CurlAnswer } from '../curl.ts'

const count = 500

export const expressNtlm: Application = {
  name: 'ntlm',
  needs: ['curl'],
  async start() {
    const app = await startNtlmApp()
    return { origin: app.origin, shows: [overHttp1, manySignIns, curlOverHttp2, overHttp2], stop: () => app.stop() }
  },
}

const signIn = ({ name }: Visitor): string[] => ['--ntlm', '-u', `${name}:any`]

const overHttp1: Show = {
  client: 'curl --ntlm, HTTP/1.1',
  run: (ground) =>
    bothAtOnce(ground, (visitor) => curl(ground, visitor, { words: signIn(visitor), version: '1.1', count })),
}

/** curl goes back to HTTP/1.1 for NTLM by itself. */
const curlOverHttp2: Show = {
  client: 'curl --ntlm --http2',
  run: (ground) =>
    bothAtOnce(ground, (visitor) => curl(ground, visitor, { words: signIn(visitor), version: '2', count: 50 })),
}

const manySignIns: Show = {
  client: 'curl --ntlm, 2 x 10 at once',
  run: (ground) =>
    bothAtOnce(ground, async (visitor) => {
      const one = (): Promise<CurlAnswer[]> =>
        curl(ground, visitor, { words: signIn(visitor), version: '1.1', count: 5 })
      return (await Promise.all(Array.from({ length: 10 }, one))).flat()
    }),
}

/** All requests of a person at once, as streams of one connection. */
const overHttp2: Show = {
  client: 'node:http2',
  run: (ground) =>
    bothAtOnce(ground, async (visitor) => {
      const session = http2.connect(ground.origin, { ca: ground.ca.pem, lookup: loopback } as object)
      try {
        await ask(session, visitor, ntlmNegotiate)
        await ask(session, visitor, ntlmAuthenticate(visitor.name))
        const answers: CurlAnswer[] = []
        // The gateway's limit of streams on one connection is 100.
        for (let done = 0; done < count; done += 50)
          answers.push(...(await Promise.all(Array.from({ length: 50 }, () => ask(session, visitor)))))
        return answers
      } finally {
        session.close()
      }
    }),
}

function ask(session: http2.ClientHttp2Session, { cookie }: Visitor, authorization?: string): Promise<CurlAnswer> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':path': '/', cookie, ...(authorization !== undefined && { authorization }) })
    let status = 0
    let person = ''
    stream.on('response', (headers) => (status = headers[':status']!))
    stream.setEncoding('utf8').on('data', (text: string) => (person += text))
    stream.on('end', () => resolve({ person, status, version: '2' }))
    stream.on('error', reject)
    stream.end()
  })
}

type Found = (error: Error | null, address: unknown, family?: number) => void

/** Names below `localhost` resolve in browsers and curl only. */
function loopback(_host: string, options: { all?: boolean }, found: Found): void {
  if (options.all === true) found(null, [{ address: '127.0.0.1', family: 4 }])
  else found(null, '127.0.0.1', 4)
}
