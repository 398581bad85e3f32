// Tries the address of an application: a connection, TLS where it has it, and one request. What fails is a remark, no mistake.

import { connect } from 'node:net'
import { Agent, request } from 'undici'
import { upstreamEndpoint } from '../../config/upstream-origin.ts'
import { errorCode } from '../../config/load/secret-references.ts'
import { lookupWithLoopback } from '../../net/loopback.ts'
import type { Messages } from './messages/en.ts'

/** Milliseconds, for the connection and for the answer each. */
const patience = 3_000

/** `origin`: a result of `parseUpstreamOrigin`. One sentence. Never rejects. */
export async function probeUpstream(origin: string, t: Messages): Promise<string> {
  const { hostname, port, socketPath, http2 } = upstreamEndpoint(origin)
  const target = socketPath === undefined ? { host: hostname, port, lookup: lookupWithLoopback } : { path: socketPath }
  const socket = connect(target)
  const code = await new Promise<string | undefined>((resolve) => {
    socket.setTimeout(patience, () => resolve('ETIMEDOUT'))
    socket.on('error', (error) => resolve(errorCode(error)))
    socket.once('connect', () => resolve(undefined))
  })
  socket.destroy()
  if (code !== undefined) return wordsFor(code, hostname, t)
  if (socketPath !== undefined || http2 === 'always') return t.application.reachable
  const agent = new Agent({ connect: { timeout: patience, lookup: lookupWithLoopback }, headersTimeout: patience })
  try {
    const { statusCode, body } = await request(`${origin}/`, {
      dispatcher: agent,
      signal: AbortSignal.timeout(patience),
    })
    body.on('error', () => undefined).destroy()
    return t.application.answers(statusCode)
  } catch (error) {
    return wordsFor(codeIn(error), hostname, t)
  } finally {
    void agent.destroy()
  }
}

function wordsFor(code: string, hostname: string, t: Messages): string {
  if (code === 'ECONNREFUSED' || code === 'ENOENT') return t.application.refused
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return t.application.unresolved(hostname)
  if (code === 'ETIMEDOUT' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH') return t.application.silent
  if (/^(?:SELF_SIGNED|DEPTH_ZERO|UNABLE_TO|CERT_UNTRUSTED)/.test(code)) return t.application.untrusted
  return t.application.failed(code)
}

function codeIn(error: unknown): string {
  for (let one = error; one instanceof Error; one = one.cause) {
    const code = errorCode(one)
    if (code !== 'unreadable') return code
  }
  return 'unreadable'
}
