// A gRPC service without TLS (`h2c://`), called by @grpc/grpc-js: every kind of call, by two people, and without a session.

import about from '@grpc/grpc-js/package.json' with { type: 'json' }
import * as grpc from '@grpc/grpc-js'
import { echoClient, startGrpcApp, statusOf, type EchoClient } from '../../support/grpc-app.ts'
import { must, type Application, type Ground, type Visitor } from '../application.ts'

export const grpcJs: Application = {
  name: 'grpc',
  title: 'gRPC (@grpc/grpc-js)',
  recipe: 'grpc.md',
  needs: [],
  async start() {
    const app = await startGrpcApp()
    return {
      origin: `h2c://127.0.0.1:${app.port}`,
      version: about.version,
      shows: [
        { client: '@grpc/grpc-js, unary', run: unary },
        { client: '@grpc/grpc-js, server stream', run: serverStream },
        { client: '@grpc/grpc-js, client stream', run: clientStream },
        { client: '@grpc/grpc-js, both directions', run: bothDirections },
        { client: '@grpc/grpc-js, not signed in', run: notSignedIn },
      ],
      async stop() {
        app.close()
      },
    }
  },
}

async function withClient<T>(
  ground: Ground,
  visitor: Visitor | undefined,
  call: (client: EchoClient) => Promise<T>,
): Promise<T> {
  const metadata = new grpc.Metadata()
  if (visitor !== undefined) metadata.set('cookie', visitor.cookie)
  const name = ground.host.replace(/:\d+$/, '')
  const client = echoClient(
    `127.0.0.1:${ground.port}`,
    grpc.credentials.createSsl(Buffer.from(ground.ca.pem)),
    { 'grpc.ssl_target_name_override': name, 'grpc.default_authority': `${name}:${ground.port}` },
    metadata,
  )
  try {
    return await call(client)
  } finally {
    client.close()
  }
}

async function unary(ground: Ground): Promise<string> {
  for (const visitor of ground.people) {
    await withClient(ground, visitor, async (client) => {
      const { reply, trailers } = await client.unary(visitor.name)
      must(reply.toString() === visitor.name, visitor.name, reply)
      must(trailers.get('x-ends').join() === 'here', 'its trailers', JSON.stringify(trailers))
      const error = (await client.unary('fail 9').catch((caught: unknown) => caught)) as grpc.ServiceError
      must(error.code === grpc.status.FAILED_PRECONDITION, 'the status of the application', error.message)
    })
  }
  return 'answer, trailers and an error of the application'
}

async function serverStream(ground: Ground): Promise<string> {
  return withClient(ground, ground.people[0], async (client) => {
    const call = client.serverStream('10000 100')
    let messages = 0
    call.on('data', () => messages++)
    const { code, details } = await statusOf(call)
    must(code === grpc.status.OK && messages === 10_000, '10,000 messages', `${messages}, ${details}`)
    return '10,000 messages'
  })
}

async function clientStream(ground: Ground): Promise<string> {
  return withClient(ground, ground.people[0], async (client) => {
    const reply = await new Promise<Buffer>((resolve, reject) => {
      const call = client.clientStream((error, value) => (error === null ? resolve(value!) : reject(error)))
      for (let i = 0; i < 100; i++) call.write(Buffer.alloc(10_000))
      call.end()
    })
    must(reply.toString() === '100 1000000', '100 messages', reply)
    return '100 messages, 1 MB'
  })
}

async function bothDirections(ground: Ground): Promise<string> {
  return withClient(ground, ground.people[0], async (client) => {
    const call = client.both()
    const status = statusOf(call)
    for (let i = 0; i < 10; i++) {
      const answer = new Promise<Buffer>((resolve) => call.once('data', resolve))
      call.write(Buffer.from(`message ${i}`))
      const came = await answer
      must(came.toString() === `message ${i}`, `message ${i}`, came)
    }
    call.end()
    const { code, details } = await status
    must(code === grpc.status.OK, 'OK', details)
    return '10 messages to and fro on one open stream'
  })
}

async function notSignedIn(ground: Ground): Promise<string> {
  return withClient(ground, undefined, async (client) => {
    const error = (await client.unary('hello').catch((caught: unknown) => caught)) as grpc.ServiceError
    must(error.code === grpc.status.UNAUTHENTICATED, 'UNAUTHENTICATED', error.message)
    return 'UNAUTHENTICATED'
  })
}
