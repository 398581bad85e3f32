// gRPC through a gateway with TLS: every kind of call by @grpc/grpc-js, refusals as gRPC status, and streams that are cut.

import { readFileSync } from 'node:fs'
import http2 from 'node:http2'
import * as grpc from '@grpc/grpc-js'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { certificateFolder, type CertificateFolder } from '../support/certificates.ts'
import { startGatewayInProcess, type GatewayInProcess } from '../support/gateway-in-process.ts'
import { echoClient, startGrpcApp, statusOf, type EchoClient, type GrpcApp } from '../support/grpc-app.ts'
import type { Person } from '../support/user-client.ts'

const hour = 3_600_000
const hosts = ['access', 'plain', 'secure', 'grants', 'nobody', 'gone', 'none']
let folder: CertificateFolder
let plain: GrpcApp
let secure: GrpcApp
let stage: GatewayInProcess
let ca: Buffer
const clients: EchoClient[] = []
const sessions: http2.ClientHttp2Session[] = []

beforeAll(async () => {
  folder = certificateFolder()
  const certificate = folder.make(hosts.map((name) => `${name}.localhost`))
  const internal = folder.make(['localhost'])
  ca = Buffer.from(certificate.pem)
  plain = await startGrpcApp()
  const key = { private_key: readFileSync(internal.key), cert_chain: readFileSync(internal.cert) }
  secure = await startGrpcApp(grpc.ServerCredentials.createSsl(null, [key]))
  const policy = [{ allow: { groups: ['staff'] } }]
  stage = await startGatewayInProcess(
    {
      plain: { to: `h2c://127.0.0.1:${plain.port}`, policy },
      secure: { to: `https://localhost:${secure.port}`, upstream_tls: { ca: internal.cert }, policy },
      grants: { to: `h2c://127.0.0.1:${plain.port}`, policy: [{ allow: { grant: 'required' } }] },
      nobody: { to: `h2c://127.0.0.1:${plain.port}`, policy: [{ allow: { groups: ['no such group'] } }] },
      gone: { to: 'h2c://127.0.0.1:9', policy },
    },
    { session: { idle: '1h', lifetime: '10h', revalidate: '30m' } },
    certificate,
  )
})
afterAll(async () => {
  await stage?.stop()
  plain?.close()
  secure?.close()
  folder?.remove()
})
afterEach(() => {
  for (const client of clients.splice(0)) client.close()
  for (const session of sessions.splice(0)) session.destroy()
  stage.clock.ahead = 0
})

async function signedIn(app: string, username = 'ada'): Promise<Person> {
  const person = stage.person(username)
  await person.signIn(`${stage.origin(app)}/`, stage.port)
  return person
}

/** A client of the app as its users have it: the session travels in the metadata `cookie`. */
function clientOf(app: string, person?: Person, options: grpc.ClientOptions = {}): EchoClient {
  const metadata = new grpc.Metadata()
  if (person !== undefined) metadata.set('cookie', person.jar.header(new URL(stage.origin(app)))!)
  const host = `${app}.localhost`
  const client = echoClient(
    `127.0.0.1:${stage.port}`,
    grpc.credentials.createSsl(ca),
    { 'grpc.ssl_target_name_override': host, 'grpc.default_authority': `${host}:${stage.port}`, ...options },
    metadata,
  )
  clients.push(client)
  return client
}

const userOf = async (app: string): Promise<EchoClient> => clientOf(app, await signedIn(app))

describe.each(['plain', 'secure'])('an upstream with HTTP/2 (%s)', (app) => {
  const seen = (): GrpcApp => (app === 'plain' ? plain : secure)

  test('a unary call, with metadata and trailers both ways', async () => {
    const client = await userOf(app)
    client.metadata.set('x-mine', 'mine')
    client.metadata.set('x-mine-bin', Buffer.from([0, 1, 255]))
    client.metadata.set('x-forwarded-user', 'root')
    const { reply, trailers } = await client.unary('hello')
    expect(reply.toString()).toBe('hello')
    expect(trailers.get('x-ends')).toEqual(['here'])
    const { metadata } = seen().calls.at(-1)!
    expect(metadata.get('x-mine')).toEqual(['mine'])
    expect(metadata.get('x-mine-bin')).toEqual([Buffer.from([0, 1, 255])])
    expect(metadata.get('x-forwarded-user')).not.toContain('root')
    expect(metadata.get('x-einlass-jwt-assertion')).toHaveLength(1)
    expect(JSON.stringify(metadata)).not.toContain('__Host-einlass')
  })

  test('an error of the application without content ("Trailers-Only") arrives as it is', async () => {
    const client = await userOf(app)
    const error = (await client.unary('fail 9').catch((caught: unknown) => caught)) as grpc.ServiceError
    expect(error).toMatchObject({ code: 9, details: 'as asked: ä' })
    expect(error.metadata.get('x-ends')).toEqual(['here'])
  })

  test('10,000 messages of a server stream arrive in order', { timeout: 20_000 }, async () => {
    const call = (await userOf(app)).serverStream('10000 100')
    let last = 0
    call.on('data', (message: Buffer) => {
      const number = message.readUInt32BE()
      if (number !== last + 1) throw new Error(`message ${number} after ${last}`)
      last = number
    })
    expect(await statusOf(call)).toMatchObject({ code: grpc.status.OK })
    expect(last).toBe(10_000)
  })

  test('a client stream', async () => {
    const client = await userOf(app)
    const reply = await new Promise<Buffer>((resolve, reject) => {
      const call = client.clientStream((error, value) => (error === null ? resolve(value!) : reject(error)))
      for (let i = 0; i < 100; i++) call.write(Buffer.alloc(10_000))
      call.end()
    })
    expect(reply.toString()).toBe('100 1000000')
  })

  test('both directions are independent: the response begins and continues before the request ends', async () => {
    const call = (await userOf(app)).both()
    const status = statusOf(call)
    await new Promise((resolve) => call.once('metadata', resolve))
    for (const text of ['one', 'two']) {
      const answer = new Promise((resolve) => call.once('data', (message: Buffer) => resolve(String(message))))
      call.write(Buffer.from(text))
      expect(await answer).toBe(text)
    }
    call.end()
    expect((await status).code).toBe(grpc.status.OK)
  })

  test('a response that ends before the request ends the call', async () => {
    const call = (await userOf(app)).both()
    call.on('data', () => {})
    const status = statusOf(call)
    call.write(Buffer.from('end now'))
    expect((await status).code).toBe(grpc.status.OK)
  })

  test('a cancelled call, and a deadline of the client, are cancelled at the application', async () => {
    const client = await userOf(app)
    const call = client.serverStream('forever')
    const status = statusOf(call)
    await new Promise((resolve) => call.once('data', resolve))
    const streaming = seen().calls.at(-1)!
    call.cancel()
    expect((await status).code).toBe(grpc.status.CANCELLED)
    await expect.poll(() => streaming.cancelled).toBe(true)
    await expect(client.unary('slow', { deadline: Date.now() + 300 })).rejects.toMatchObject({
      code: grpc.status.DEADLINE_EXCEEDED,
    })
    await expect.poll(() => seen().calls.at(-1)!.cancelled).toBe(true)
  })

  test('100 parallel streams', { timeout: 20_000 }, async () => {
    const client = await userOf(app)
    const codes = await Promise.all(
      Array.from({ length: 100 }, () => {
        const call = client.serverStream('20 1000')
        call.on('data', () => {})
        return statusOf(call)
      }),
    )
    expect(new Set(codes.map(({ code }) => code))).toEqual(new Set([grpc.status.OK]))
  })
})

/** A call by a bare HTTP/2 client, which reads nothing until told: those of gRPC take in everything at once. */
async function bareCall(app: string, person: Person, request: string) {
  const host = `${app}.localhost`
  const session = http2.connect(`https://${host}:${stage.port}`, {
    ca,
    lookup: (_name, options, done) =>
      options.all === true ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4),
  })
  session.on('error', () => {})
  sessions.push(session)
  const stream = session.request({
    ':method': 'POST',
    ':path': '/einlass.test.Echo/ServerStream',
    'content-type': 'application/grpc',
    te: 'trailers',
    cookie: person.jar.header(new URL(stage.origin(app))),
  })
  stream.on('error', () => {})
  const message = Buffer.alloc(5 + request.length)
  message.writeUInt32BE(request.length, 1)
  message.write(request, 5)
  stream.end(message)
  await new Promise((resolve) => stream.once('response', resolve))
  return stream
}

describe('a slow reader', () => {
  test('holds up the application, and not the memory of the gateway', { timeout: 20_000 }, async () => {
    const before = plain.written()
    const stream = await bareCall('plain', await signedIn('plain'), '2000 50000')
    await new Promise((resolve) => setTimeout(resolve, 700))
    const held = plain.written() - before
    // 100 MB in all; windows and buffers of client, gateway and application hold a few hundred kilobytes.
    expect(held).toBeLessThan(40)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(plain.written() - before).toBe(held)
    let size = 0
    stream.on('data', (chunk: Buffer) => (size += chunk.length))
    const trailers = await new Promise<http2.IncomingHttpHeaders>((resolve) => stream.once('trailers', resolve))
    expect(trailers['grpc-status']).toBe('0')
    await new Promise((resolve) => stream.once('close', resolve))
    expect(size).toBe(2_000 * 50_005)
  })
})

describe('refusals of the gateway', () => {
  test.each([
    ['nobody is signed in', 'plain', false, grpc.status.UNAUTHENTICATED, /\(no_session\) Sign in at https:/],
    ['the user is not allowed', 'nobody', true, grpc.status.PERMISSION_DENIED, /\(\w+\)$/],
    ['a grant is needed', 'grants', true, grpc.status.PERMISSION_DENIED, /\(grant_required\)$/],
    ['the application is down', 'gone', true, grpc.status.UNAVAILABLE, /./],
  ])('%s', async (_name, app, signsIn, code, details) => {
    const client = signsIn ? await userOf(app) : clientOf(app)
    const error = (await client.unary('hello').catch((caught: unknown) => caught)) as grpc.ServiceError
    expect(error.code).toBe(code)
    expect(error.details).toMatch(details)
  })

  test('of a host that is no app is UNIMPLEMENTED, as of a service that does not exist', async () => {
    await expect(clientOf('none').unary('hello')).rejects.toMatchObject({ code: grpc.status.UNIMPLEMENTED })
  })

  test('gRPC-Web is an HTTP request: 401 as problem details', async () => {
    const answer = await stage.person('ada').ask(`${stage.origin('plain')}/einlass.test.Echo/Unary`, stage.port, {
      method: 'POST',
      headers: { 'content-type': 'application/grpc-web+proto' },
    })
    expect(answer.status).toBe(401)
    expect(answer.headers['content-type']).toBe('application/problem+json')
  })
})

describe('an open stream is ended with a status, within a second of', () => {
  async function open(app: string, person: Person) {
    const call = clientOf(app, person).serverStream('forever')
    const status = statusOf(call)
    let messages = 0
    await new Promise<void>((resolve) =>
      call.on('data', () => {
        messages++
        resolve()
      }),
    )
    const seen = plain.calls.at(-1)!
    return { status, seen, messages: () => messages }
  }
  const within = async (status: Promise<grpc.StatusObject>): Promise<grpc.StatusObject> => {
    const late = new Promise<never>((_resolve, reject) => setTimeout(() => reject(new Error('still open')), 1_000))
    return Promise.race([status, late])
  }

  test('the end of its grant: PERMISSION_DENIED', async () => {
    const person = await signedIn('grants', 'erika')
    const until = new Date(Date.now() + 2_500)
    const made = await stage.admin('POST', '/grants', {
      who: 'company|erika',
      app: 'grants',
      until: until.getTime(),
    })
    expect(made.status).toBe(200)
    const stream = await open('grants', person)
    await new Promise((resolve) => setTimeout(resolve, until.getTime() - Date.now()))
    const { code, details } = await within(stream.status)
    expect(code).toBe(grpc.status.PERMISSION_DENIED)
    expect(details).toMatch(/\(grant_\w+\)$/)
    await expect.poll(() => stream.seen.cancelled).toBe(true)
  })

  test('signing out: UNAUTHENTICATED', async () => {
    const person = await signedIn('plain')
    const stream = await open('plain', person)
    const sessions = await stage.admin('GET', '/sessions')
    expect(sessions.status).toBe(200)
    await stage.admin('POST', '/sessions/end', { user: 'ada@example.com' })
    const { code, details } = await within(stream.status)
    expect(code).toBe(grpc.status.UNAUTHENTICATED)
    expect(details).toMatch(/\(session_\w+\)$/)
    await expect.poll(() => stream.seen.cancelled).toBe(true)
  })

  test('the end of the session: UNAUTHENTICATED', async () => {
    const stream = await open('plain', await signedIn('plain'))
    stage.clock.ahead = 11 * hour
    const { code } = await within(stream.status)
    expect(code).toBe(grpc.status.UNAUTHENTICATED)
  })

  test('it for a client that reads nothing: a reset', async () => {
    const stream = await bareCall('plain', await signedIn('plain'), '100000 50000')
    await new Promise((resolve) => setTimeout(resolve, 300))
    const seen = plain.calls.at(-1)!
    const closed = new Promise<number | undefined>((resolve) => stream.once('close', () => resolve(stream.rstCode)))
    stage.clock.ahead = 11 * hour
    const begun = performance.now()
    await expect.poll(() => seen.cancelled).toBe(true)
    const before = plain.written()
    expect(await closed).toBe(http2.constants.NGHTTP2_INTERNAL_ERROR)
    expect(performance.now() - begun).toBeLessThan(1_000)
    expect(plain.written()).toBe(before)
  })
})
