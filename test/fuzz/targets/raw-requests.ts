// Fuzz target raw requests (request smuggling): mutated bytes to the real gateway; the upstream gets exactly the decided requests.

import net from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import { canonicalTarget } from '../../../src/gateway/canonical/request-target.ts'
import type { AuditLine } from '../../support/gateway-process.ts'
import type { Recorded } from '../../support/raw-upstream.ts'
import { openEnvironment, until, type Environment } from '../environment.ts'
import { mutate, salt } from '../mutate.ts'
import { read, valuesOf, type Reading, type Referred } from '../reference-parser.ts'
import { must, opened, type FuzzTarget } from '../target.ts'

/** Placeholders of the same length for host and cookie, which differ between runs, so that a case is reproducible. */
const host = 'HOST'.padEnd('wiki.localhost:12345'.length, '_')
const cookie = 'COOKIE'.padEnd('__Host-einlass='.length + 43, '_')
const smuggled = `GET /smug HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookie}\r\n\r\n`
const heads = `Host: ${host}\r\nCookie: ${cookie}\r\n`

const whole = [
  `GET /page/7?x=1 HTTP/1.1\r\n${heads}\r\n`,
  `GET / HTTP/1.1\r\n${heads}Accept: text/html\r\nConnection: keep-alive, X-Forwarded-User\r\nX-Forwarded-User: root\r\n\r\n`,
  `HEAD /head HTTP/1.1\r\n${heads}\r\n`,
  `POST /form HTTP/1.1\r\n${heads}Content-Length: 5\r\n\r\nhello`,
  `POST /none HTTP/1.1\r\n${heads}Content-Length: 0\r\n\r\n`,
  `POST /chunks HTTP/1.1\r\n${heads}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
  `POST /trailers HTTP/1.1\r\n${heads}Transfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n3;x=y\r\nabc\r\n0\r\nX-T: 1\r\n\r\n`,
  `DELETE /thing HTTP/1.1\r\n${heads}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  `PUT /thing HTTP/1.1\r\n${heads}Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc`,
  `GET http://${host}/absolute HTTP/1.1\r\n${heads}\r\n`,
  `GET /old HTTP/1.0\r\n${heads}\r\n`,
  `OPTIONS /a/b;c=d HTTP/1.1\r\n${heads}Connection: close\r\n\r\n`,
  `GET /live HTTP/1.1\r\n${heads}Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
  `POST /carry HTTP/1.1\r\n${heads}Content-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
  `POST /carry HTTP/1.1\r\n${heads}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
  `POST /carry HTTP/1.1\r\n${heads}Transfer-Encoding: chunked\r\n\r\n${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`,
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
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding:\x0bchunked\r\n',
  'Transfer-Encoding: identity\r\n',
  'transfer_encoding: chunked\r\n',
  'Transfer-Encoding: chunked, chunked\r\n',
  'TE: trailers\r\n',
  'Connection: close\r\n',
  'Connection: Content-Length\r\n',
  'Upgrade: h2c\r\n',
  'Expect: 100-continue\r\n',
  `Host: ${host}\r\n`,
  'Host: evil.example\r\n',
  '0\r\n\r\n',
  '0\r\n',
  '00\r\n',
  'ffffffffffffffff\r\n',
  '5\r\n',
  '-5\r\n',
  '5 \r\n',
  ';\n',
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/2.0',
  'HTTP/0.9',
  'GET',
  'POST',
  'CONNECT',
  'TRACE',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  smuggled,
  'X'.repeat(40_000),
]

const stream = fc.tuple(
  fc.array(
    fc.oneof(
      { weight: 1, arbitrary: fc.constantFrom(...whole) },
      { weight: 3, arbitrary: mutate(whole, dictionary, 3) },
    ),
    { minLength: 1, maxLength: 3 },
  ),
  fc.array(fc.nat(400), { maxLength: 2 }),
)

function filled(text: string, ground: Environment): string {
  return text
    .replaceAll(host, ground.host)
    .replaceAll(cookie, ground.cookie)
    .replace(/[^\0-\xff]/g, '?')
}

/** Statuses the gateway itself may send for a request it does not forward. */
const refusals = new Set([302, 400, 401, 404, 405, 408, 413, 414, 417, 421, 426, 431, 501, 505])

/** One client connection, and the requests it may have caused. */
interface Sent {
  readonly reading: Reading
  /** Not seen at the upstream yet. A request may be forwarded before its body is complete; it then never completes. */
  readonly left: Referred[]
  /** Statuses of the responses, and number of forwarded requests. */
  readonly statuses: readonly number[]
  forwarded: number
}

/** Connections kept for requests that arrive late; more than are open at any time. */
const remembered = 500

export const rawRequests: FuzzTarget = {
  name: 'raw',
  law: 'requests in = requests out, forwarded = decided (audit), nothing smuggled, the process lives',
  weight: 12,
  async open() {
    const ground = await openEnvironment()
    const { upstream } = ground
    const byPort = new Map<number, Sent>()
    const audit = new Map<string, AccessLine>()
    let judged = upstream.requests.length
    ground.news()

    /** Every upstream request has exactly one audit line that allowed it, and by its port a client connection. */
    const judge = async (): Promise<void> => {
      const reached = upstream.requests.slice(judged)
      judged += reached.length
      const complete = await until(() => {
        for (const line of ground.news() as AccessLine[]) {
          if (line.class_uid !== 4002) continue
          must(!audit.has(line.metadata.correlation_uid), 'one audit line for each request', line)
          audit.set(line.metadata.correlation_uid, line)
        }
        return reached.every((request) => audit.has(request.values('x-request-id')[0] ?? ''))
      }, 3_000)
      must(
        complete,
        'every request that went out is in the audit',
        reached.map(({ line }) => line),
      )
      for (const request of reached) {
        const line = audit.get(request.values('x-request-id')[0]!)!
        checkForwarded(request, line)
        const sent = byPort.get(line.src_endpoint.port)
        must(sent !== undefined, 'every upstream request was sent by a client', request.line)
        const [method, target] = request.line.split(' ')
        // In any order: pipelined requests are forwarded in parallel.
        const at = sent.left.findIndex((one) => same(one, method!, target!, request.body, request.complete))
        must(at >= 0, 'what went out is what came in', {
          out: [request.line, request.body],
          in: sent.reading.requests.map((one) => [one.method, one.target, one.body]),
        })
        sent.left.splice(at, 1)
        sent.forwarded++
        audit.delete(line.metadata.correlation_uid)
      }
      // Lines of denials; the line of a request still on its way upstream may be here already.
      for (const id of [...audit.keys()].slice(0, -remembered)) audit.delete(id)
    }

    return opened(
      fc.array(stream, { minLength: 1, maxLength: 12 }),
      async (streams) => {
        const now: Sent[] = []
        try {
          for (const [parts, cuts] of streams) {
            const bytes = filled(parts.join(''), ground)
            const reading = read(bytes)
            const whole = reading.rest === 'nothing' ? reading.requests.length : Infinity
            const left = [...reading.requests, ...(reading.begun === undefined ? [] : [reading.begun])]
            const sent: Sent = { reading, left, statuses: [], forwarded: 0 }
            const { statuses } = await send(ground, bytes, cuts, whole, (port) => remember(byPort, port, sent))
            now.push(Object.assign(sent, { statuses }))
          }
          await judge()
        } catch (error) {
          // Leftovers of this batch do not count for the next one.
          await pause(100)
          judged = upstream.requests.length
          throw error
        }
        for (const { statuses, forwarded } of now) {
          const final = statuses.filter((status) => status !== 100)
          must(
            final.every((status) => status === 200 || refusals.has(status)),
            'no incident',
            statuses,
          )
          must(final.filter((status) => status === 200).length <= forwarded, 'every 200 is the upstream’s', statuses)
        }
      },
      {
        count: (streams) => streams.length,
        async settle() {
          ground.alive()
          const honest = `GET /still HTTP/1.1\r\nHost: ${ground.host}\r\nCookie: ${ground.cookie}\r\n\r\n`
          const reading = read(honest)
          const sent: Sent = { reading, left: [...reading.requests], statuses: [], forwarded: 0 }
          const { statuses } = await send(ground, honest, [], 1, (port) => remember(byPort, port, sent))
          await judge()
          must(statuses[0] === 200 && sent.forwarded === 1, 'an honest request still gets through', statuses)
        },
        close: ground.stop,
      },
    )
  },
}

interface AccessLine extends AuditLine {
  readonly action: string
  readonly src_endpoint: { readonly port: number }
  readonly http_request: { readonly http_method: string; readonly url: { readonly path: string } }
}

function checkForwarded(request: Recorded, line: AccessLine): void {
  const [method, target] = request.line.split(' ')
  must(line.action === 'Allowed', 'it was allowed', line)
  const decided = { method: line.http_request.http_method, path: line.http_request.url.path }
  must(decided.method === method && decided.path === pathOf(target!), 'forwarded = decided', [request.line, decided])
  const framings = request.fields.filter((field) => /^(content-length|transfer-encoding)\s*:/i.test(field))
  must(framings.length <= 1, 'one framing upstream', request.fields)
  const cookies = request.values('cookie').flatMap((text) => text.split(';'))
  must(!cookies.some((pair) => /^[\s="]*__host-einlass/i.test(pair)), 'our cookie stays here', request.line)
  must(request.values('x-forwarded-user').join() === 'erika', 'the person is who we say', request.fields)
  must(request.values('host').length === 1, 'one Host upstream', request.fields)
}

function remember(byPort: Map<number, Sent>, port: number, sent: Sent): void {
  byPort.delete(port)
  byPort.set(port, sent)
  if (byPort.size > remembered) byPort.delete(byPort.keys().next().value!)
}

function same(sent: Referred, method: string, target: string, body: string, complete: boolean): boolean {
  const path = sent.target.replace(/^https?:\/\/[^/]*/i, '') || '/'
  const canonical = canonicalTarget(path)
  if (sent.method !== method || 'refused' in canonical || canonical.sent + canonical.query !== target) return false
  if (valuesOf(sent, 'host').length !== 1) return false
  return !complete || sent.body === body
}

/** Resolves after that many responses, the end of the connection, or silence. */
function send(
  ground: Environment,
  bytes: string,
  cuts: readonly number[],
  answers: number,
  connected: (port: number) => void,
): Promise<{ statuses: number[] }> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port: ground.node.port, host: '127.0.0.1', noDelay: true })
    socket.on('connect', () => connected(socket.localPort!))
    let text = ''
    let quiet: NodeJS.Timeout | undefined
    const statuses = (): number[] => [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
    const over = (): void => {
      clearTimeout(quiet)
      socket.destroy()
      // A forwarded request reaches the upstream within one turn of either event loop.
      setTimeout(() => resolve({ statuses: statuses() }), 3)
    }
    const wait = (milliseconds: number): void => {
      clearTimeout(quiet)
      quiet = setTimeout(over, milliseconds)
    }
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNREFUSED'
        ? reject(new Error(`the gateway is gone: ${ground.node.output().slice(-3_000)}`))
        : undefined,
    )
    socket.on('close', over)
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      if (statuses().filter((status) => status !== 100).length >= answers) over()
      else wait(answers === Infinity ? 40 : 1_000)
    })
    wait(answers === Infinity ? 120 : 2_000)
    let from = 0
    // In pieces, because parsers may fail at chunk boundaries.
    for (const cut of [...cuts].sort((a, b) => a - b)) {
      if (cut <= from || cut >= bytes.length) continue
      socket.write(bytes.slice(from, cut), 'latin1')
      from = cut
    }
    socket.write(bytes.slice(from), 'latin1')
  })
}

function pathOf(target: string): string | undefined {
  const canonical = canonicalTarget(target)
  return 'refused' in canonical ? undefined : canonical.path
}
