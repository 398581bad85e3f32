// Environment of the attacks: the gateway as a process over TLS, with a provider and upstreams that can misbehave.

import { createHash, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from '../../src/demo/listen.ts'
import { startHttp2Recorder, type Http2Recorder } from '../support/http2-recorder.ts'
import { certificateFolder } from '../support/certificates.ts'
import { startNode, type NodeProcess } from '../support/gateway-process.ts'
import { createPerson, type Person } from '../support/user-client.ts'
import { startProviderUnderTest, type ProviderUnderTest } from '../support/provider-under-test.ts'
import { startRawUpstream, type Behaviour, type RawUpstream, type Recorded } from '../support/raw-upstream.ts'
import { apiKey, configurationFor, domain, type Json } from './configuration.ts'
import { sendBytes, type Received, type Sending } from './raw-tls-client.ts'

export { domain, type Json }

export interface Environment {
  readonly folder: string
  readonly port: number
  readonly ca: string
  readonly node: NodeProcess
  readonly provider: ProviderUnderTest
  /** Upstream of every app but `odd`: responds 200 to every request, 101 to a WebSocket, and records everything. */
  readonly upstream: RawUpstream
  /** Upstream of the app `odd`. */
  readonly odd: { readonly upstream: RawUpstream; behave: Behaviour }
  /** Upstream of the app `grpc`, over HTTP/2. */
  readonly grpc: Http2Recorder
  /** Signed in to every app. */
  readonly ada: Person
  readonly deviceKey: KeyObject
  origin(app: string): string
  /** Host with port, as in a Host field. */
  host(app: string): string
  /** `name=value` of the session cookie of Ada, or of another user, on that host. */
  cookie(app: string, person?: Person): string
  person(): Person
  /** Starts another gateway process (default name: `b`) with the same store, provider and upstreams. */
  secondNode(name?: string): Promise<NodeProcess>
  send(bytes: string, how?: Partial<Sending>): Promise<Received>
  /** Saves the configuration of the first node, and resolves when it was reloaded or rejected. */
  configure(text: string): Promise<void>
  readonly configurationText: string
  stop(): Promise<void>
}

export interface EnvironmentOptions {
  /** Default: `sqlite:` in the folder. */
  readonly store?: string
  readonly limits?: Json
  /** Apps to sign Ada in to. Default: all. */
  readonly signIn?: readonly string[]
}

export const deviceSecret = 'a secret that the agent of the laptops shares'

export async function openEnvironment(options: EnvironmentOptions = {}): Promise<Environment> {
  const undo: (() => unknown)[] = []
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step()
  }
  try {
    return await build(options, undo, stop)
  } catch (error) {
    await stop()
    throw error
  }
}

async function build(
  options: EnvironmentOptions,
  undo: (() => unknown)[],
  stop: () => Promise<void>,
): Promise<Environment> {
  const folder = await mkdtemp(join(tmpdir(), 'einlass-attacks-'))
  undo.push(() => rm(folder, { recursive: true, force: true }))
  const upstream = await startRawUpstream(answerAll)
  undo.push(() => upstream.close())
  const odd = { behave: answerAll as Behaviour }
  const oddUpstream = await startRawUpstream((request, whole) => odd.behave(request, whole))
  undo.push(() => oddUpstream.close())
  const grpc = await startHttp2Recorder()
  undo.push(() => grpc.close())
  const provider = await startProviderUnderTest()
  provider.revocable = true
  undo.push(() => provider.stop())
  const [port] = (await freePorts(1)) as [number]
  const certificates = certificateFolder()
  undo.push(() => certificates.remove())
  const certificate = certificates.make([`*.${domain}`, domain])

  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const keys = { keys: [{ kid: 'tablet-1', ...publicKey.export({ format: 'jwk' }) }] }
  await writeFile(join(folder, 'device.secret'), deviceSecret, { mode: 0o600 })
  await writeFile(join(folder, 'api.key'), apiKey, { mode: 0o600 })
  await writeFile(join(folder, 'keys.json'), JSON.stringify(keys))
  await writeFile(join(folder, 'secret.key'), randomBytes(32).toString('base64'), { mode: 0o600 })
  await writeFile(join(folder, 'client.secret'), provider.clientSecret, { mode: 0o600 })

  const configuration = configurationFor({
    port,
    certificate,
    provider,
    upstream: upstream.origin,
    odd: oddUpstream.origin,
    grpc: grpc.origin,
    store: options.store ?? `sqlite:${join(folder, 'state.db')}`,
    limits: options.limits ?? {},
  })
  const textFor = (name: string, on: number): string => {
    const gateway = {
      ...(configuration.gateway as Json),
      listen: [{ address: `127.0.0.1:${on}` }],
      workers: 1,
      admin_socket: `${name}.sock`,
    }
    return JSON.stringify({ ...configuration, gateway, audit: { file: { path: `${name}.jsonl` } } }, undefined, 2)
  }
  const open = async (name: string, on: number): Promise<NodeProcess> => {
    const configurationFile = join(folder, `${name}.yaml`)
    await writeFile(configurationFile, textFor(name, on))
    const files = { adminSocket: join(folder, `${name}.sock`), auditFile: join(folder, `${name}.jsonl`) }
    const node = await startNode({ name, port: on, configurationFile, ...files })
    undo.push(() => node.stop())
    return node
  }
  const node = await open('a', port)

  const person = (): Person => {
    const one = createPerson('ada', {
      isGateway: (host) => host.endsWith(`.${domain}:${port}`),
      ca: () => certificate.pem,
    })
    undo.push(() => one.close())
    return one
  }
  const host = (app: string): string => `${app}.${domain}:${port}`
  const origin = (app: string): string => `https://${host(app)}`
  const ada = person()
  const cookie = (app: string, who: Person = ada): string => {
    const value = who.jar.value(`${app}.${domain}`, '__Host-einlass')
    if (value === undefined) throw new Error(`there is no session on ${app}`)
    return `__Host-einlass=${value}`
  }
  for (const app of options.signIn ?? [...Object.keys(configuration.apps as Json), 'access']) {
    await ada.signIn(`${origin(app)}/`, port)
    cookie(app)
  }

  return {
    folder,
    port,
    ca: certificate.pem,
    node,
    provider,
    upstream,
    odd: Object.assign(odd, { upstream: oddUpstream }),
    grpc,
    ada,
    deviceKey: privateKey,
    origin,
    host,
    cookie,
    person,
    async secondNode(name = 'b') {
      return open(name, (await freePorts(1))[0]!)
    },
    send: (bytes, how) => sendBytes(bytes, { port, servername: `wiki.${domain}`, ca: certificate.pem, ...how }),
    configurationText: textFor('a', port),
    async configure(text) {
      await writeFile(join(folder, 'a.yaml.new'), text)
      await rename(join(folder, 'a.yaml.new'), join(folder, 'a.yaml'))
      await node.admin('POST', '/reload')
    },
    stop,
  }
}

/** Keeps its connections open, so that a smuggled request would be seen as one of its own. */
export function answerAll(request: Recorded, whole: Promise<void>): void {
  const { socket } = request
  if (request.values('upgrade').length > 0) {
    const key = request.values('sec-websocket-key')[0] ?? ''
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
    const head = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
    socket.write(`${head}Sec-WebSocket-Accept: ${accept}\r\n\r\n`)
    // A first message, for clients that wait for one.
    socket.write(Buffer.from([0x81, 2, 0x6f, 0x6b]))
    return
  }
  const body = request.line.startsWith('HEAD ') ? '' : 'ok'
  void whole.then(() => socket.write(`HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n${body}`))
}
