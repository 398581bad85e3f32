// Runs one raw attack, and compares the response and the requests at the upstream with the expectation.

import { unexpectedError } from '../support/gateway-process.ts'
import { AttackSucceeded, must, shown, type Expectation, type RawAttack } from './case.ts'
import { domain, type Environment } from './environment.ts'
import { readsAsProtectedPath } from './permissive-parser.ts'
import { brokenLines } from './log-reader.ts'
import { field, type Received } from './raw-tls-client.ts'
import type { Recorded } from '../support/raw-upstream.ts'

/** Throws `NotHeld`. */
export async function runRawAttack(ground: Environment, attack: RawAttack): Promise<void> {
  const { expected } = attack
  const before = mark(ground)
  const heard = await ground.send(attack.bytes(ground), {
    untilClosed: expected.closed === true,
    answers: expected.second === undefined ? 1 : 2,
  })
  const reached = await arrived(ground, before)
  checkResponse(expected, heard)
  checkUpstream(ground, expected, heard, reached, before)
  if (expected.likePlain) {
    const plain = await ground.send(plainRequest(ground))
    must(plain.answers[0]?.status === heard.answers[0]?.status, `${plain.answers[0]?.status}`, summary(heard))
  }
  if (expected.asDecided) await checkDecision(ground, reached)
  if (expected.ownHosts) await checkRedirects(ground, heard)
  if (expected.cleanLogs) {
    const broken = await brokenLines(ground.node, before.output, before.audit)
    must(broken.length === 0, 'only whole, printable lines', broken)
  }
}

/** After each attack: the process is alive, logged no unexpected error, and the same user still gets their response. */
export async function checkHealthy(ground: Environment): Promise<void> {
  const before = mark(ground)
  const heard = await ground.send(plainRequest(ground))
  must(heard.answers[0]?.status === 200, 'the plain request to be answered 200 afterwards', summary(heard))
  const reached = await arrived(ground, before)
  must(
    reached.some(({ line }) => line === 'GET /app/echo HTTP/1.1'),
    'the plain request at the upstream',
    reached.map(({ line }) => line),
  )
  try {
    process.kill(ground.node.pid, 0)
  } catch {
    throw new AttackSucceeded('the process is gone')
  }
  const found = unexpectedError.exec(ground.node.output())
  must(found === null, 'no unexpected error in the log', ground.node.output().slice((found?.index ?? 0) - 200))
}

export function plainRequest(ground: Environment, app = 'wiki'): string {
  return `GET /app/echo HTTP/1.1\r\nHost: ${ground.host(app)}\r\nCookie: ${ground.cookie(app)}\r\n\r\n`
}

export function summary(heard: Received): string {
  const statuses = heard.answers.map(({ status }) => status).join(', ')
  return `${statuses === '' ? 'no answer' : statuses}${heard.closed ? ', closed' : ', left open'}`
}

interface Mark {
  readonly requests: number
  readonly odd: number
  readonly bytes: readonly number[]
  readonly output: number
  readonly audit: number
}

function mark({ upstream, odd, node }: Environment): Mark {
  return {
    requests: upstream.requests.length,
    odd: odd.upstream.requests.length,
    bytes: upstream.connections.map((text) => text.length),
    output: node.output().length,
    audit: Date.now(),
  }
}

async function arrived(ground: Environment, before: Mark): Promise<readonly Recorded[]> {
  // Bytes in transit between two local processes arrive within one turn of their event loops.
  await new Promise((resolve) => setTimeout(resolve, 10))
  return [...ground.upstream.requests.slice(before.requests), ...ground.odd.upstream.requests.slice(before.odd)]
}

function checkResponse(expected: Expectation, heard: Received): void {
  const [first, second] = heard.answers
  const status = first?.status ?? (heard.closed ? 0 : -1)
  must(status !== -1, 'an answer, or the end of the connection', 'silence')
  if (expected.status) must(expected.status.includes(status), `status ${expected.status.join(' or ')}`, summary(heard))
  must(status < 500 || status === 501 || status === 505, 'no incident', summary(heard))
  if (expected.second) {
    must(expected.second.includes(second?.status ?? 0), `then ${expected.second.join(' or ')}`, summary(heard))
  }
  if (expected.closed) must(heard.closed, 'a closed connection', summary(heard))
  for (const wanted of expected.answers ?? []) {
    const [name = '', part = ''] = wanted.split(': ')
    must(field(first, name)?.includes(part) === true, wanted, first?.headers)
  }
  for (const text of expected.silent ?? []) {
    must(!heard.text.includes(text), `no ${text} in the answer`, heard.text.slice(0, 400))
  }
  if (expected.noSession) {
    const set = heard.answers
      .flatMap(({ headers }) => headers)
      .filter(([, value]) => /^__Host-einlass=[^;]/.test(value))
    must(set.length === 0, 'no session', set)
  }
}

function checkUpstream(
  ground: Environment,
  expected: Expectation,
  heard: Received,
  reached: readonly Recorded[],
  before: Mark,
): void {
  const lines = reached.map(({ line }) => line)
  must(!ground.upstream.requests.some(({ line }) => line.includes('/smug')), 'nothing smuggled', lines)
  must(reached.length <= (expected.atMost ?? (expected.second ? 2 : 1)), 'no more requests upstream', lines)
  for (const request of reached) wellFormed(request)
  const refused = (heard.answers[0]?.status ?? 0) >= 400 || heard.answers.length === 0
  for (const name of expected.once ?? []) {
    must(refused || reached.length > 0, 'the request at the upstream, or a refusal', summary(heard))
    for (const request of reached) must(request.values(name).length === 1, `${name} once`, request.fields)
  }
  for (const [name, value] of Object.entries(expected.equal ?? {})) {
    for (const request of reached) must(request.values(name).join() === value, `${name}: ${value}`, request.fields)
  }
  for (const name of expected.absent ?? []) {
    for (const request of reached) must(request.values(name).length === 0, `no ${name}`, request.fields)
  }
  for (const value of expected.absentValue ?? []) {
    for (const { fields, line } of reached) must(![line, ...fields].join('\n').includes(value), `no ${value}`, fields)
  }
  if (expected.closedArea) {
    const inside = lines.filter((line) => readsAsProtectedPath(line.split(' ')[1] ?? ''))
    must(inside.length === 0, 'nothing within the closed area', inside)
  }
  if (expected.cutShort) must(!reached.some(({ complete }) => complete), 'no whole request', lines)
  if (expected.plainChunks) {
    const fresh = ground.upstream.connections.map((text, index) => text.slice(before.bytes[index] ?? 0))
    must(!fresh.some((text) => /^[0-9a-f]+[ \t]*;/im.test(text)), 'chunk sizes alone', fresh)
  }
}

/** Properties of every request that reaches an upstream, whatever the attack. */
function wellFormed({ line, fields, values }: Recorded): void {
  must(
    /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|COPY) \/[\x21-\x7e]*(?:\?[\x21-\x7e\x80-\xff]*)? HTTP\/1\.1$/.test(line),
    'a request line',
    line,
  )
  for (const one of fields) must(/^[!#$%&'*+\-.^`|~0-9A-Za-z_]+: [\t\x20-\x7e\x80-\xff]*$/.test(one), 'a field', one)
  const hosts = values('host')
  const known = hosts.length === 1 && hosts[0]!.includes(`.${domain}:`)
  must(known, 'one Host, of an app', hosts)
  const framing = [...values('content-length'), ...values('transfer-encoding')]
  must(framing.length <= 1 && framing.every((one) => /^(\d+|chunked)$/.test(one)), 'one framing', framing)
  const lookalikes = fields.filter((one) => /^(transfer|content)[^-a-z](encoding|length)/i.test(one))
  must(lookalikes.length === 0, 'no lookalike of a framing field', lookalikes)
  must(!/__host-einlass/i.test(fields.join('\n')), 'no cookie of ours upstream', values('cookie'))
}

async function checkDecision(ground: Environment, reached: readonly Recorded[]): Promise<void> {
  for (const request of reached) {
    // The audit does not record the query.
    const target = request.line.split(' ')[1]?.split('?')[0]
    const id = request.values('x-request-id')[0]
    const event = await ground.node.event((line) => line.metadata.correlation_uid === id)
    must(JSON.stringify(event).includes(JSON.stringify(target).slice(1, -1)), `${target} in the audit`, shown(event))
  }
}

/** Follows the response as a browser does, through the whole sign-in. */
async function checkRedirects(ground: Environment, heard: Received): Promise<void> {
  const allowed = (url: URL): boolean =>
    url.host.endsWith(`.${domain}:${ground.port}`) || url.origin === ground.provider.issuer
  const person = ground.person()
  try {
    let url = new URL(field(heard.answers[0], 'location') ?? '/', ground.origin('wiki'))
    const first = heard.answers[0]?.headers.filter(([name]) => name.toLowerCase() === 'set-cookie') ?? []
    for (const app of ['wiki', 'access'])
      person.jar.store(
        new URL(ground.origin(app)),
        first.map(([, value]) => value),
      )
    for (let hop = 0; hop < 12; hop++) {
      must(allowed(url), 'to stay on our hosts', url.href)
      const answer = await person.ask(url.href, ground.port, { page: true })
      must(answer.status < 500, 'no incident', answer.status)
      const refresh = /http-equiv="refresh" content="\d+; url=([^"]+)"/.exec(answer.body)?.[1]
      const next = answer.headers.location ?? refresh
      if (next === undefined) return
      url = new URL(next, url)
    }
    throw new AttackSucceeded('went round in circles')
  } finally {
    person.close()
  }
}
