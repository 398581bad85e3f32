// Fuzz target HTTP/1 servers: Node's and the native server read the same bytes as the same requests and rejections.

import { METHODS } from 'node:http'
import net from 'node:net'
import fc from 'fast-check'
import { isChunkExtensions } from '../../../src/http/field-syntax.ts'
import { createListener } from '../../../src/http/server/listener.ts'
import { canonicalize, canonicalRules } from '../../../src/gateway/canonical/canonical-request.ts'
import type { Exchange } from '../../../src/http/exchange.ts'
import { sendReply } from '../../../src/gateway/send-reply.ts'
import { createLogger } from '../../../src/telemetry/logger.ts'
import { defaultLimits } from '../../support/default-limits.ts'
import { mutate, salt } from '../mutate.ts'
import { read } from '../reference-parser.ts'
import { must, opened, type FuzzTarget } from '../target.ts'

const heads = 'Host: wiki.test\r\n'
const smuggled = `GET /smug HTTP/1.1\r\n${heads}\r\n`
const whole = [
  `GET /page/7?x=1 HTTP/1.1\r\n${heads}Cookie: a=b; c=d\r\n\r\n`,
  `GET / HTTP/1.1\r\n${heads}Accept:\r\nX-Empty: \t\r\nX-Blank:  a b \t \r\nConnection: keep-alive, X-A\r\nX-A: 1\r\n\r\n`,
  `HEAD /head HTTP/1.1\r\n${heads}\r\n`,
  `POST /form HTTP/1.1\r\n${heads}Content-Length: 5\r\n\r\nhello`,
  `POST /none HTTP/1.1\r\n${heads}Content-Length: 0\r\n\r\n`,
  `POST /chunks HTTP/1.1\r\n${heads}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;a=b;c="d e";f\r\n!\r\n0\r\n\r\n`,
  `POST /trailers HTTP/1.1\r\n${heads}Transfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n0003;x=y\r\nabc\r\n00\r\nX-T: 1\r\nX-U:\r\n\r\n`,
  `DELETE /thing HTTP/1.1\r\n${heads}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  `PUT /thing HTTP/1.1\r\n${heads}Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc`,
  `GET http://wiki.test/absolute HTTP/1.1\r\n${heads}\r\n`,
  `GET /old HTTP/1.0\r\n${heads}\r\n`,
  `GET /older HTTP/1.0\r\n${heads}Connection: keep-alive\r\n\r\n`,
  `OPTIONS /a/b;c=d HTTP/1.1\r\n${heads}Connection: close\r\n\r\n`,
  `GET /live HTTP/1.1\r\n${heads}Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
  `POST /carry HTTP/1.1\r\n${heads}Content-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
  `POST /carry HTTP/1.1\r\n${heads}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
]
const dictionary = [
  ...salt.filter((text) => /^[\0-\xff]*$/.test(text)),
  '\r\n\r\n',
  '\r\n ',
  '\n\n',
  ' \r\n',
  ':',
  ' :',
  'Content-Length: 0\r\n',
  'Content-Length: 6\r\n',
  'Content-Length: +5\r\n',
  'Content-Length: 5, 5\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding:\x0bchunked\r\n',
  'Transfer-Encoding: identity\r\n',
  'Transfer-Encoding: chunked, chunked\r\n',
  'transfer_encoding: chunked\r\n',
  'Connection: close\r\n',
  'Connection: Content-Length\r\n',
  'Connection: upgrade\r\n',
  'Upgrade: h2c\r\n',
  'Expect: 100-continue\r\n',
  'Expect: x\r\n',
  'Host: evil.example\r\n',
  '0\r\n\r\n',
  '00\r\n',
  'ffffffffffffffff\r\n',
  '5\r\n',
  '5 \r\n',
  '5;\r\n',
  '5;a="\r\n',
  ';a=b',
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/2.0',
  'HTTP/0.9',
  'GET',
  'QUERY',
  'CONNECT',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  smuggled,
  'X'.repeat(34_000),
]
const stream = fc.tuple(
  fc.array(
    fc.oneof(
      { weight: 1, arbitrary: fc.constantFrom(...whole) },
      { weight: 4, arbitrary: mutate(whole, dictionary, 3) },
    ),
    { minLength: 1, maxLength: 2 },
  ),
  fc.array(fc.nat(400), { maxLength: 2 }),
)

/** What one server read from one connection. */
interface Made {
  /** Parsed requests, without rejected ones and those with an unfinished body. */
  readonly requests: string[]
  readonly statuses: readonly number[]
  readonly closed: boolean
}

interface Front {
  send(bytes: string, cuts: readonly number[], quiet: number): Promise<Made>
  stop(): Promise<void>
}

const rules = canonicalRules({ ...defaultLimits, proxies: () => false })

async function openFront(http1: 'node' | 'einlass'): Promise<Front> {
  const byPort = new Map<number, string[]>()
  const listener = await createListener(
    { host: '127.0.0.1', port: 0, tls: undefined },
    {
      limits: { ...defaultLimits, connectionsPerAddress: 1_000 },
      http1,
      now: Date.now,
      log: createLogger({ level: 'silent' }),
      proxies: () => false,
      throttled() {},
      async handle(exchange) {
        const requests = byPort.get(exchange.received.port)
        const view = canonicalize(exchange, rules)
        if (view.kind === 'rejected') {
          return void sendReply(exchange.response, {
            status: view.status,
            headers: ['Connection', 'close'],
            body: 'no',
          })
        }
        const { method, target, version, headers, upgrade } = view.request
        const body = await bodyOf(exchange)
        if (body === undefined) return exchange.response.destroy()
        requests?.push(JSON.stringify([method, target, version, headers, upgrade, body]))
        sendReply(exchange.response, { status: 200, headers: [], body: 'ok' })
      },
    },
  )
  return {
    stop: () => listener.close(0),
    send: (bytes, cuts, quiet) =>
      new Promise((resolve) => {
        const socket = net.connect({ port: listener.port, host: '127.0.0.1', noDelay: true })
        const requests: string[] = []
        let port = 0
        let text = ''
        let closed = false
        const timer = setTimeout(() => over(), quiet)
        const over = (): void => {
          clearTimeout(timer)
          socket.destroy()
          byPort.delete(port)
          // Too long and malformed: either rejection is correct.
          const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) =>
            (bytes.length > defaultLimits.headerBytes && status === '431') || status === '413' ? 400 : Number(status),
          )
          resolve({ requests, statuses, closed })
        }
        socket.on('connect', () => byPort.set((port = socket.localPort!), requests))
        socket.on('error', () => {})
        socket.on('close', () => {
          closed = true
          over()
        })
        socket.on('data', (chunk) => {
          text += chunk.toString('latin1')
          timer.refresh()
        })
        let from = 0
        for (const cut of [...cuts].sort((a, b) => a - b)) {
          if (cut <= from || cut >= bytes.length) continue
          socket.write(bytes.slice(from, cut), 'latin1')
          from = cut
        }
        socket.write(bytes.slice(from), 'latin1')
      }),
  }
}

/** Undefined: the body never ended. */
async function bodyOf(exchange: Exchange): Promise<string | undefined> {
  if (exchange.kind === 'upgrade') return ''
  const { body, proceed } = exchange
  if (body.destroyed) return ''
  proceed()
  let text = ''
  return new Promise((resolve) => {
    body.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
    body.on('end', () => resolve((body as { complete?: boolean }).complete === false ? undefined : text))
    body.on('close', () => resolve(undefined))
    body.on('error', () => resolve(undefined))
  })
}

export const http1Servers: FuzzTarget = {
  name: 'http1-servers',
  law: 'the same bytes make the same requests and rejections at both servers',
  weight: 4,
  async open() {
    const fronts = [await openFront('node'), await openFront('einlass')] as const
    return opened(
      stream,
      async ([parts, cuts]) => {
        const compare = async (bytes: string): Promise<void> => {
          let found: string | undefined
          // A timeout of the test is not a find.
          for (const quiet of [25, 400]) {
            const [node, direct] = await Promise.all([
              fronts[0].send(bytes, cuts, quiet),
              fronts[1].send(bytes, cuts, quiet),
            ])
            found = differenceOf(bytes, node, direct)
            if (found === undefined) return
          }
          must(false, found!, bytes)
        }
        const bytes = withKnownMethods(withAsciiTargets(parts.join('').replace(/[^\0-\xff]/g, '?')))
        await compare(bytes)
        const mended = withoutMalformedExtensions(bytes)
        if (mended !== bytes) await compare(mended)
      },
      {
        async close() {
          for (const front of fronts) await front.stop()
        },
      },
    )
  },
}

/**
 * Node reads ahead: what is broken, or comes behind an answer that was the last, ends its connection before earlier
 * answers are out. Ours answers in order, looks at the next request afterwards, and at none behind the last (RFC 9112 9.6).
 */
function differenceOf(bytes: string, node: Made, direct: Made): string | undefined {
  const said = JSON.stringify({ node, direct })
  // An interim answer (RFC 9110 15.2) is none of those that were lost.
  const answers = node.statuses.filter((status) => status >= 200).length
  const broken = node.statuses.at(-1) === 400 || (node.closed && answers < node.requests.length)
  // Node reads a head of up to 1 MB whole, to answer with a page; ours rejects it as soon as it is larger than its limit.
  const waiting = node.requests.length === 0 && node.statuses.length === 0 && !node.closed
  const oversized = bytes.length > defaultLimits.headerBytes && read(bytes).rest === 'incomplete'
  // llhttp counts a chunk in 64 bits; ours rejects a size that a number cannot represent.
  const uncountable = /(?:^|\r\n)0*[1-9A-Fa-f][0-9A-Fa-f]{13,}(?:;|\r\n)/.test(bytes)
  const rejected = direct.requests.length === 0 && direct.statuses.join() === '400'
  if (waiting && rejected && (oversized || uncountable)) return undefined
  // Node starts pipelined requests in parallel.
  const theirs = node.requests.toSorted()
  // The rest of such a stream is compared without its malformed extensions.
  if (direct.statuses.at(-1) === 400 && withoutMalformedExtensions(bytes) !== bytes) {
    return direct.requests.every((one) => theirs.includes(one)) ? undefined : `other requests: ${said}`
  }
  const ours = broken ? direct.requests.filter((one) => theirs.includes(one)).toSorted() : direct.requests.toSorted()
  if (ours.join('\n') !== theirs.join('\n')) return `other requests: ${said}`
  // Node rejects some incomplete requests early.
  if (node.closed && !direct.closed && read(bytes).rest !== 'incomplete') return `one goes on: ${said}`
  const passed = direct.statuses.filter((status) => status === 200).length
  if (passed > direct.requests.length) return `an answer to nothing: ${said}`
  if (!broken && node.requests.length <= 1 && node.statuses.join() !== direct.statuses.join()) {
    return `other answers: ${said}`
  }
  if (node.requests.length === 0 && direct.closed && !passed && node.statuses.at(-1) !== direct.statuses.at(-1)) {
    return `other refusals: ${said}`
  }
  return undefined
}

/** llhttp passes some malformed chunk extensions, such as `;c='"d"`; ours rejects every one (RFC 9112 7.1.1). */
function withoutMalformedExtensions(bytes: string): string {
  return bytes.replace(/(?<=^|\r\n)([0-9A-Fa-f]+)(;[^\r\n]*)(?=\r\n)/g, (line, size: string, extensions: string) =>
    isChunkExtensions(extensions) ? line : size,
  )
}

/** Octets above ASCII in a query pass at ours and not at Node's: `test/http/server/request-targets.test.ts` holds both. */
function withAsciiTargets(bytes: string): string {
  return bytes.replace(/^[^ \r\n]+ [^\r\n]*/gm, (line) => line.replace(/[\x80-\xff]/g, 'x'))
}

/** Node's parser refuses methods that it does not know, and ours reads any token (`http/llhttp.ts`): both get known ones. */
function withKnownMethods(bytes: string): string {
  return bytes.replace(/(^|\n)([!#$%&'*+.^_`|~\w-]+)(?= |$)/g, (line, before: string, method: string) =>
    METHODS.includes(method) ? line : `${before}GET`,
  )
}
