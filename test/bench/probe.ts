// Sends one request like those of the load, to verify that the response is correct.

import { request as plain } from 'node:http'
import { request as secure } from 'node:https'
import type { Started } from './contender.ts'

/**
 * Rejects when the answer is not 200 with `bytes` bytes (undefined: any). The load generators take a redirect to the
 * sign-in for a success.
 */
export function probe(
  target: Started,
  path: string,
  upload: number | undefined,
  bytes: number | undefined,
): Promise<void> {
  const { protocol, hostname } = new URL(target.origin)
  const options = {
    host: '127.0.0.1',
    port: target.port,
    path,
    method: upload === undefined ? 'GET' : 'POST',
    headers: { ...target.headers, connection: 'close' },
    timeout: 10_000,
    agent: false,
    ...(protocol === 'https:' && { servername: hostname, rejectUnauthorized: false }),
  } as const
  return new Promise((resolve, reject) => {
    const outgoing = (protocol === 'https:' ? secure : plain)(options, (answer) => {
      let got = 0
      answer.on('data', (chunk: Buffer) => (got += chunk.length))
      answer.on('error', reject)
      answer.on('end', () => {
        if (answer.statusCode !== 200) reject(new Error(`${path} is answered with ${answer.statusCode}`))
        else if (bytes !== undefined && got !== bytes) reject(new Error(`${path} has ${got} bytes, not ${bytes}`))
        else resolve()
      })
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error(`${path} is not answered within 10 s`)))
    outgoing.on('error', reject)
    outgoing.end(upload === undefined ? undefined : Buffer.alloc(1000, 'x'))
  })
}
