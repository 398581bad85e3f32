// A gRPC application on @grpc/grpc-js with every kind of call, and a client for it that calls through a gateway.

import * as grpc from '@grpc/grpc-js'

/** Without a schema: the bytes are the message. */
const bytes = (value: Buffer): Buffer => value
const call = (path: string, requestStream: boolean, responseStream: boolean) => ({
  path: `/einlass.test.Echo/${path}`,
  requestStream,
  responseStream,
  requestSerialize: bytes,
  requestDeserialize: bytes,
  responseSerialize: bytes,
  responseDeserialize: bytes,
})

export const echoService = {
  unary: call('Unary', false, false),
  serverStream: call('ServerStream', false, true),
  clientStream: call('ClientStream', true, false),
  both: call('Both', true, true),
} satisfies grpc.ServiceDefinition

/** What the application saw of a call: its metadata, and whether the client cancelled it. */
export interface SeenCall {
  readonly metadata: grpc.Metadata
  readonly cancelled: boolean
  readonly received: number
}

interface Cancellable {
  readonly metadata: grpc.Metadata
  on(event: 'cancelled', listener: () => void): unknown
}

export interface GrpcApp {
  readonly port: number
  readonly calls: SeenCall[]
  readonly server: grpc.Server
  /** Messages that a server stream wrote so far. */
  written(): number
  close(): void
}

/**
 * `ServerStream` sends as many messages as the request says (`COUNT BYTES`), `forever` until cancelled. `Unary` answers with
 * its request; `fail N` ends with status N, `slow` never, `large` answers 1 MB.
 */
export async function startGrpcApp(
  credentials: grpc.ServerCredentials = grpc.ServerCredentials.createInsecure(),
  options: grpc.ServerOptions = {},
): Promise<GrpcApp> {
  const calls: { metadata: grpc.Metadata; cancelled: boolean; received: number }[] = []
  let written = 0
  const seen = (one: Cancellable) => {
    const call = { metadata: one.metadata, cancelled: false, received: 0 }
    calls.push(call)
    one.on('cancelled', () => (call.cancelled = true))
    return call
  }
  const server = new grpc.Server(options)
  server.addService(echoService, {
    unary(one: grpc.ServerUnaryCall<Buffer, Buffer>, done: grpc.sendUnaryData<Buffer>) {
      seen(one)
      const text = one.request.toString()
      const failure = /^fail (\d+)$/.exec(text)
      if (text === 'slow') return
      const trailer = new grpc.Metadata()
      trailer.set('x-ends', 'here')
      if (failure === null) done(null, text === 'large' ? Buffer.alloc(1_000_000) : one.request, trailer)
      else done({ code: Number(failure[1]), details: 'as asked: ä', metadata: trailer })
    },
    serverStream(one: grpc.ServerWritableStream<Buffer, Buffer>) {
      seen(one)
      const [count, size] = one.request.toString().split(' ')
      const total = count === 'forever' ? Infinity : Number(count)
      let sent = 0
      const more = (): void => {
        while (sent < total) {
          if (one.cancelled || one.destroyed) return
          sent++
          written++
          const message = Buffer.alloc(Math.max(4, Number(size ?? 4)))
          message.writeUInt32BE(sent)
          if (total === Infinity) {
            one.write(message)
            setTimeout(more, 20)
            return
          }
          if (!one.write(message)) return void one.once('drain', more)
        }
        one.end()
      }
      more()
    },
    clientStream(one: grpc.ServerReadableStream<Buffer, Buffer>, done: grpc.sendUnaryData<Buffer>) {
      const call = seen(one)
      let size = 0
      one.on('data', (message: Buffer) => {
        call.received++
        size += message.length
      })
      one.on('end', () => done(null, Buffer.from(`${call.received} ${size}`)))
    },
    both(one: grpc.ServerDuplexStream<Buffer, Buffer>) {
      const call = seen(one)
      one.sendMetadata(new grpc.Metadata())
      one.on('data', (message: Buffer) => {
        call.received++
        if (message.toString() === 'end now') one.end()
        else one.write(message)
      })
      one.on('end', () => one.end())
    },
  })
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error === null ? resolve(bound) : reject(error))),
  )
  return {
    port,
    calls,
    server,
    written: () => written,
    close: () => server.forceShutdown(),
  }
}

export interface EchoClient {
  unary(text: string | Buffer, options?: grpc.CallOptions): Promise<{ reply: Buffer; trailers: grpc.Metadata }>
  serverStream(request: string): grpc.ClientReadableStream<Buffer>
  clientStream(done: (error: grpc.ServiceError | null, reply?: Buffer) => void): grpc.ClientWritableStream<Buffer>
  both(): grpc.ClientDuplexStream<Buffer, Buffer>
  readonly metadata: grpc.Metadata
  close(): void
}

/** `options`: of the channel. `metadata` is sent with each call. */
export function echoClient(
  address: string,
  credentials: grpc.ChannelCredentials = grpc.credentials.createInsecure(),
  options: grpc.ClientOptions = {},
  metadata = new grpc.Metadata(),
): EchoClient {
  const client = new grpc.Client(address, credentials, { 'grpc.enable_retries': 0, ...options })
  return {
    metadata,
    unary: (text, call = {}) =>
      new Promise((resolve, reject) => {
        let trailers = new grpc.Metadata()
        const one = client.makeUnaryRequest(
          echoService.unary.path,
          bytes,
          bytes,
          Buffer.from(text),
          metadata,
          call,
          (error, reply) => (error === null ? setImmediate(() => resolve({ reply: reply!, trailers })) : reject(error)),
        )
        one.on('status', (status) => (trailers = status.metadata))
      }),
    serverStream: (request) =>
      client.makeServerStreamRequest(echoService.serverStream.path, bytes, bytes, Buffer.from(request), metadata),
    clientStream: (done) =>
      client.makeClientStreamRequest(echoService.clientStream.path, bytes, bytes, metadata, (error, reply) =>
        done(error, reply),
      ),
    both: () => client.makeBidiStreamRequest(echoService.both.path, bytes, bytes, metadata),
    close: () => client.close(),
  }
}

/** Resolves with the status of a call that streams its answers. */
export function statusOf(call: grpc.ClientReadableStream<Buffer> | grpc.ClientDuplexStream<Buffer, Buffer>) {
  call.on('error', () => {})
  return new Promise<grpc.StatusObject>((resolve) => call.on('status', resolve))
}
