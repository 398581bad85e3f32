// Raw TLS client: sends exactly the given bytes and parses the responses.

import tls from 'node:tls'
import { setTimeout as pause } from 'node:timers/promises'

export interface ReceivedResponse {
  readonly status: number
  /** Name, value, ... as received. */
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
  readonly complete: boolean
}

export interface Received {
  readonly answers: readonly ReceivedResponse[]
  /** The peer closed the connection within the waiting time. */
  readonly closed: boolean
  readonly text: string
}

export interface Sending {
  readonly port: number
  readonly servername: string
  readonly ca: string
  /** Waits for the end of the connection instead of a quiet moment after the response. */
  readonly untilClosed?: boolean
  /** Responses to wait for. Default: 1. */
  readonly answers?: number
  /** Source address, within loopback. */
  readonly from?: string
}

/** Milliseconds. No timeout of the gateway closes a connection within `longest`. */
const longest = 3_000
const quiet = 40

/** Never rejects: a broken connection counts as closed. */
export async function sendBytes(bytes: string, how: Sending): Promise<Received> {
  let text = ''
  let closed = false
  let lastAt = Date.now()
  const socket = tls.connect({
    host: '127.0.0.1',
    port: how.port,
    servername: how.servername,
    ca: how.ca,
    ALPNProtocols: ['http/1.1'],
    ...(how.from === undefined ? {} : { localAddress: how.from }),
  })
  socket.on('error', () => (closed = true))
  socket.on('end', () => (closed = true))
  socket.on('close', () => (closed = true))
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
    lastAt = Date.now()
  })
  socket.on('secureConnect', () => socket.write(Buffer.from(bytes, 'latin1')))
  const begun = Date.now()
  for (;;) {
    await pause(5)
    const now = Date.now()
    if (closed || now - begun > longest) break
    if (how.untilClosed) continue
    const answers = parseAnswers(text)
    const enough = answers.length >= (how.answers ?? 1) && answers.every(({ complete }) => complete)
    if (enough && now - lastAt >= quiet) break
  }
  const ended = closed
  socket.destroy()
  return { answers: parseAnswers(text), closed: ended, text }
}

/** Parses the bytes into responses as a browser would, without informational ones. */
export function parseAnswers(text: string): ReceivedResponse[] {
  const answers: ReceivedResponse[] = []
  let rest = text
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n')
    const line = /^HTTP\/1\.[01] (\d{3})[^\r\n]*/.exec(rest)
    if (end < 0 || line === null) break
    const fields = rest
      .slice(0, end)
      .split('\r\n')
      .slice(1)
      .map((field): [string, string] => [
        field.slice(0, field.indexOf(':')),
        field.slice(field.indexOf(':') + 1).trim(),
      ])
    const value = (name: string): string | undefined => fields.find(([one]) => one.toLowerCase() === name)?.[1]
    const status = Number(line[1])
    rest = rest.slice(end + 4)
    if (status >= 100 && status < 200 && status !== 101) continue
    const { body, after, complete } = content(rest, value, status)
    rest = after
    answers.push({ status, headers: fields, body, complete })
    if (!complete) break
  }
  return answers
}

function content(
  rest: string,
  value: (name: string) => string | undefined,
  status: number,
): { body: string; after: string; complete: boolean } {
  if (status === 101) return { body: rest, after: '', complete: true }
  if (status === 204 || status === 304) return { body: '', after: rest, complete: true }
  if (value('transfer-encoding') === undefined) {
    const length = Number(value('content-length') ?? rest.length)
    return { body: rest.slice(0, length), after: rest.slice(length), complete: rest.length >= length }
  }
  let body = ''
  for (;;) {
    const line = rest.indexOf('\r\n')
    if (line < 0) return { body, after: '', complete: false }
    const size = Number.parseInt(rest.slice(0, line), 16)
    rest = rest.slice(line + 2)
    if (size === 0) {
      const end = rest.startsWith('\r\n') ? 2 : rest.indexOf('\r\n\r\n') + 4
      return end < 2 ? { body, after: '', complete: false } : { body, after: rest.slice(end), complete: true }
    }
    if (!(size > 0) || rest.length < size + 2) return { body, after: '', complete: false }
    body += rest.slice(0, size)
    rest = rest.slice(size + 2)
  }
}

export function field(answer: ReceivedResponse | undefined, name: string): string | undefined {
  return answer?.headers.find(([one]) => one.toLowerCase() === name)?.[1]
}
