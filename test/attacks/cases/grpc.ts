// Attack class HTTP/2 to HTTP/2: pseudo-headers, fields and trailers that an application behind `h2c://` must not get.

import { setTimeout as pause } from 'node:timers/promises'
import { must, type AttackSuite, type Check } from '../case.ts'
import { domain, type Environment } from '../environment.ts'
import { connectHttp2, endHeaders, endStream, fieldsBlock, frame, frames } from '../raw-http2-client.ts'
import type { RecordedStream } from '../../support/http2-recorder.ts'
import { noFields, refused, right, type Field } from './http2.ts'

interface Call {
  readonly fields: readonly Field[]
  readonly body?: readonly string[] | undefined
  readonly trailers?: readonly Field[]
}

/** The same field for the application of gRPC. */
const here = (ground: Environment, fields: readonly Field[]): readonly Field[] =>
  fields.map(([name, value]): Field => [
    name,
    value.replaceAll(ground.host('wiki'), ground.host('grpc')).replaceAll(ground.cookie('wiki'), ground.cookie('grpc')),
  ])

const grpcCall = (ground: Environment): readonly Field[] => [
  ...here(ground, right(ground)).map((field): Field => (field[0] === ':method' ? [':method', 'POST'] : field)),
  ['content-type', 'application/grpc'],
  ['te', 'trailers'],
]

/** Status (-1: the connection ended), and what reached the application. */
async function call(
  ground: Environment,
  { fields, body, trailers }: Call,
): Promise<{ status: number; reached: readonly RecordedStream[] }> {
  const before = ground.grpc.streams.length
  const client = await connectHttp2(ground.port, `grpc.${domain}`, ground.ca)
  try {
    const last = trailers === undefined ? endStream : 0
    client.send(frame(frames.headers, endHeaders | (body === undefined ? endStream : 0), 1, fieldsBlock(fields)))
    body?.forEach((text, index) =>
      client.send(frame(frames.data, index === body.length - 1 ? last : 0, 1, Buffer.from(text))),
    )
    if (trailers !== undefined) client.send(frame(frames.headers, endHeaders | endStream, 1, fieldsBlock(trailers)))
    await client.settled(1)
    return { status: client.statuses().get(1) ?? -1, reached: ground.grpc.streams.slice(before) }
  } finally {
    client.end()
  }
}

const names = (flat: readonly string[]): string[] => flat.filter((_, i) => i % 2 === 0)

/** What applications may merge into the head, or take for it. */
const inTrailers: readonly string[] = [
  'x-forwarded-user',
  'x_forwarded_user',
  'x-forwarded-for',
  'x-einlass-jwt-assertion',
  'x-auth-request-email',
  'remote-user',
  'x-http-method-override',
  'authorization',
  'cookie',
  'host',
  'content-length',
  'content-type',
  'traceparent',
  'x-request-id',
  'origin',
]

const checks: readonly Check[] = [
  {
    name: 'the same call without the attack',
    async run(ground) {
      const { status, reached } = await call(ground, {
        fields: grpcCall(ground),
        body: ['hel', 'lo'],
        trailers: [['x-mine', 'mine']],
      })
      must(status === 200 && reached.length === 1, '200', status)
      must(reached[0]!.body === 'hello' && reached[0]!.complete, 'the whole content', reached[0]!.body)
      must(reached[0]!.trailers.join() === 'x-mine,mine', 'its trailers', reached[0]!.trailers)
      must(!reached[0]!.fields.join().includes('__Host-einlass'), 'no session cookie', reached[0]!.fields)
    },
  },
  ...Object.entries(refused).map(([name, spellings]): Check => ({
    name: `to HTTP/2: ${name}`,
    async run(ground) {
      for (const { change = (fields: readonly Field[]) => fields, body } of spellings(ground)) {
        const { status, reached } = await call(ground, { fields: here(ground, change(right(ground))), body })
        const what = JSON.stringify(change([]))
        const refusal = status === -1 || status === 0 || (status >= 400 && status < 500) || status === 501
        must(refusal, `a refusal of ${what}`, status)
        must(reached.length === 0, `nothing of ${what} upstream`, reached)
      }
    },
  })),
  ...Object.entries(noFields).map(([name, fields]): Check => ({
    name: `to HTTP/2: ${name}`,
    async run(ground) {
      for (const field of fields) {
        const { status, reached } = await call(ground, { fields: [...grpcCall(ground), field], body: ['hello'] })
        must([-1, 0, 200, 400].includes(status), 'a refusal, or the call without it', status)
        const left = reached
          .flatMap((one) => one.fields)
          .filter((text) => /mallory|^x-a$|^foo|chunked|admin/i.test(text))
        must(left.length === 0, `nothing of ${JSON.stringify(field)} upstream`, left)
      }
    },
  })),
  {
    name: 'an identity, credentials or framing in trailers of a call',
    async run(ground) {
      for (const name of inTrailers) {
        const { status, reached } = await call(ground, {
          fields: grpcCall(ground),
          body: ['hello'],
          trailers: [
            [name, 'mallory-was-here'],
            ['x-mine', 'mine'],
          ],
        })
        must([-1, 0, 200, 400].includes(status), 'a refusal, or the call without it', status)
        const left = reached.flatMap(({ trailers }) => names(trailers)).filter((one) => one !== 'x-mine')
        must(left.length === 0, `no ${name} in trailers upstream`, left)
      }
    },
  },
  {
    name: 'pseudo-headers in trailers of a call',
    async run(ground) {
      for (const name of [':path', ':authority', ':status']) {
        const { reached } = await call(ground, {
          fields: grpcCall(ground),
          body: ['hello'],
          trailers: [[name, '/admin/secret']],
        })
        await pause(20)
        must(!reached.some(({ complete }) => complete), 'no whole call', reached)
      }
    },
  },
  {
    name: 'an identity in the metadata of a call, in any spelling',
    async run(ground) {
      for (const name of [
        'x-forwarded-user',
        'x_forwarded_user',
        'x-forwarded_user',
        'x-einlass-jwt-assertion',
        'x.forwarded.user',
      ]) {
        const fields: readonly Field[] = [...grpcCall(ground), [name, 'mallory-was-here']]
        const { status, reached } = await call(ground, { fields, body: ['hello'] })
        must([200, 400].includes(status), 'a refusal, or the call without it', status)
        must(!reached.some((one) => one.fields.join().includes('mallory')), `no ${name} upstream`, reached)
      }
    },
  },
  {
    name: 'a call without a session, that calls itself gRPC',
    async run(ground) {
      const fields = grpcCall(ground).filter(([name]) => name !== 'cookie')
      const { reached } = await call(ground, { fields, body: ['hello'] })
      must(reached.length === 0, 'nothing upstream', reached)
    },
  },
  {
    name: 'calls that are begun and reset, again and again',
    async run(ground) {
      const fields = grpcCall(ground).map((field): Field => (field[0] === ':path' ? [':path', '/held'] : field))
      const client = await connectHttp2(ground.port, `grpc.${domain}`, ground.ca)
      const block = fieldsBlock(fields)
      const before = ground.grpc.streams.length
      for (let i = 0; i < 100; i++) {
        const id = 2 * i + 1
        client.send(frame(frames.headers, endHeaders, id, block))
        await pause(2)
        client.send(frame(frames.reset, 0, id, Buffer.from([0, 0, 0, 8])))
      }
      for (let waited = 0; waited < 3_000; waited += 50) {
        await pause(50)
        if (ground.grpc.streams.slice(before).every(({ closed }) => closed)) break
      }
      client.end()
      const open = ground.grpc.streams.slice(before).filter(({ closed }) => !closed).length
      must(open === 0, 'no stream left open upstream', open)
      const { status } = await call(ground, { fields: grpcCall(ground), body: ['hello'] })
      must(status === 200, 'the next call to be answered', status)
    },
  },
]

export const grpc: AttackSuite = { class: 'http2', checks }
