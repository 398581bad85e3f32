// Reading the body of a built-in page: size, time, encoding, and a client that goes away.

import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { readText } from '../../../src/gateway/canonical/read-body.ts'
import type { Exchange } from '../../../src/http/exchange.ts'

function exchangeOf(body: PassThrough) {
  let proceeded = 0
  const exchange = { kind: 'http', body, proceed: () => proceeded++ } as unknown as Exchange
  return { exchange, proceeded: () => proceeded }
}

const bodyOf = (...chunks: readonly (string | Buffer)[]): PassThrough => {
  const body = new PassThrough({ highWaterMark: 1024 * 1024 })
  for (const chunk of chunks) body.write(chunk)
  return body
}

const complete = (...chunks: readonly (string | Buffer)[]) => readText(exchangeOf(bodyOf(...chunks).end()).exchange)

test('the text is that of all chunks, also when one ends within a character', async () => {
  const bytes = Buffer.from('grün')
  expect(await complete(bytes.subarray(0, 3), bytes.subarray(3))).toBe('grün')
  expect(await complete()).toBe('')
})

test('the client is asked to send the body, once', async () => {
  const { exchange, proceeded } = exchangeOf(bodyOf('a').end())
  await readText(exchange)
  expect(proceeded()).toBe(1)
})

test('the body has at most 64 KiB, and is paused beyond', async () => {
  expect(await complete('x'.repeat(64 * 1024))).toHaveLength(64 * 1024)
  const body = bodyOf('x'.repeat(64 * 1024), 'y')
  await expect(readText(exchangeOf(body).exchange)).rejects.toMatchObject({
    code: 'bad_request',
    cause: { message: 'more than 65536 bytes' },
  })
  expect([body.isPaused(), body.destroyed]).toEqual([true, false])
})

test('what is no UTF-8 is no text', async () => {
  await expect(complete(Buffer.from([0xc3, 0x28]))).rejects.toMatchObject({ code: 'bad_request' })
})

test('a body that takes too long is given up', async () => {
  await expect(readText(exchangeOf(bodyOf('a')).exchange, 20)).rejects.toMatchObject({
    code: 'bad_request',
    cause: { message: 'timeout while reading' },
  })
})

test('a client that goes away, before or meanwhile, ends the reading', async () => {
  const gone = bodyOf('a')
  gone.destroy()
  const { exchange, proceeded } = exchangeOf(gone)
  await expect(readText(exchange)).rejects.toMatchObject({ cause: { message: 'the client disconnected' } })
  expect(proceeded()).toBe(0)
  const body = bodyOf('a')
  const reading = readText(exchangeOf(body).exchange)
  body.destroy()
  await expect(reading).rejects.toMatchObject({ code: 'bad_request' })
})

test('an error of the connection is the cause', async () => {
  const body = bodyOf('a')
  const reading = readText(exchangeOf(body).exchange)
  body.destroy(new Error('reset'))
  await expect(reading).rejects.toMatchObject({ code: 'bad_request', cause: { message: 'reset' } })
})

test('no listener and no timer is left behind by a reading that failed', async () => {
  const body = bodyOf('x'.repeat(70_000))
  const before = body.listenerCount('close')
  await expect(readText(exchangeOf(body).exchange)).rejects.toMatchObject({ code: 'bad_request' })
  expect([body.listenerCount('data'), body.listenerCount('error'), body.listenerCount('close')]).toEqual([0, 0, before])
})

test('no listener is left behind', async () => {
  const body = bodyOf('a').end()
  const before = body.listenerCount('close')
  await readText(exchangeOf(body).exchange)
  expect([body.listenerCount('data'), body.listenerCount('error'), body.listenerCount('close')]).toEqual([0, 0, before])
})

test('an upgrade has no body', async () => {
  expect(await readText({ kind: 'upgrade' } as Exchange)).toBe('')
})
