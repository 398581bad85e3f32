// Requests at a steady rate over ever new TLS connections, spread over hosts; counts what did not work.

import { connect, createSecureContext } from 'node:tls'

export interface LoadResult {
  readonly connections: number
  readonly requests: number
  /** By what went wrong: the code of an error, or a name that was not the host's. */
  readonly failed: ReadonlyMap<string, number>
  /** Milliseconds from the connection to its first answer, 99th percentile. */
  readonly p99: number
  /** Different certificates that clients were shown. */
  readonly certificates: number
}

/** Of a browser, over one connection. */
const requestsEach = 8

/** Returns a function that stops it and resolves once all answers are there. `ca`: PEM. */
export function startLoad(
  port: number,
  hosts: readonly string[],
  perSecond: number,
  ca: string,
): () => Promise<LoadResult> {
  const secureContext = createSecureContext({ ca })
  const failed = new Map<string, number>()
  const times: number[] = []
  const seen = new Set<string>()
  const open = new Set<Promise<void>>()
  let sent = 0
  let answered = 0
  const began = performance.now()
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - began) / 1000) * (perSecond / requestsEach))
    for (; sent < due; sent++) {
      const one: Promise<void> = visit(hosts[sent % hosts.length]!).finally(() => open.delete(one))
      open.add(one)
    }
  }, 5)

  function visit(host: string): Promise<void> {
    const since = performance.now()
    return new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port, servername: host, secureContext, ALPNProtocols: ['http/1.1'] })
      let text = ''
      let left = requestsEach
      const ask = (): void => {
        text = ''
        left--
        socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
      }
      const end = (problem?: string): void => {
        if (problem !== undefined) failed.set(problem, (failed.get(problem) ?? 0) + 1)
        socket.destroy()
        resolve()
      }
      socket.on('error', (error: NodeJS.ErrnoException) => end(String(error.code)))
      socket.on('secureConnect', () => {
        seen.add(socket.getPeerX509Certificate()!.fingerprint256)
        ask()
      })
      socket.on('data', (chunk: Buffer) => {
        text += String(chunk)
        if (!text.endsWith('seen')) return
        answered++
        if (left === requestsEach - 1) times.push(performance.now() - since)
        if (left === 0) return end()
        ask()
      })
      socket.on('end', () => end('ended early'))
    })
  }

  return async () => {
    clearInterval(timer)
    await Promise.all(open)
    const sorted = times.toSorted((a, b) => a - b)
    return {
      connections: sent,
      requests: answered,
      failed,
      p99: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
      certificates: seen.size,
    }
  }
}
