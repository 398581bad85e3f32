// Output buffer of a connection: what goes into one write, when there is back-pressure, and which silence ends a client.

import { Writable } from 'node:stream'
import type { Socket } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { OutputBuffer } from '../../../../src/http/server/http1/output-buffer.ts'

/** Writes that the system has taken, and those it has not. */
let taken: string[]
let pending: (() => void)[]
let timeouts: number[]
let corks: string[]
let drains: number
let socket: Writable & { bytesWritten: number }
let output: OutputBuffer

beforeEach(() => {
  taken = []
  pending = []
  timeouts = []
  corks = []
  drains = 0
  const writable = new Writable({
    highWaterMark: 20_000,
    decodeStrings: true,
    write(chunk: Buffer, _encoding, done) {
      taken.push(chunk.toString('latin1'))
      pending.push(done)
    },
  })
  const [cork, uncork] = [writable.cork.bind(writable), writable.uncork.bind(writable)]
  socket = Object.assign(writable, {
    bytesWritten: 7,
    setTimeout: (milliseconds: number) => void timeouts.push(milliseconds),
    cork: () => (corks.push('cork'), cork()),
    uncork: () => (corks.push('uncork'), uncork()),
  })
  output = new OutputBuffer(socket as unknown as Socket, 500, () => drains++)
})
afterEach(() => void socket.destroy())

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
/** The system takes everything. */
async function flushed(): Promise<void> {
  while (pending.length > 0) {
    for (const done of pending.splice(0)) done()
    await turn()
  }
}

test('texts of one turn are one write, at its end, byte for byte', async () => {
  output.text('HTTP/1.1 200 OK\r\n')
  output.text('X: \xe4\r\n\r\n')
  expect(taken).toEqual([])
  await turn()
  expect(taken).toEqual(['HTTP/1.1 200 OK\r\nX: \xe4\r\n\r\n'])
  output.text('more')
  await flushed()
  expect(taken.slice(1)).toEqual(['more'])
  expect(output.written).toBe(7)
})

test('a small piece goes with the text before it, and one without any by itself', async () => {
  output.text('head')
  output.bytes(Buffer.from('\xff', 'latin1'))
  output.bytes(Buffer.from('two'))
  await turn()
  expect(taken).toEqual(['head\xfftwo'])
  output.bytes(Buffer.from('three'))
  await flushed()
  expect(taken.slice(1)).toEqual(['three'])
  expect(corks).toEqual([])
})

test('up to 16 KiB are copied together, a larger piece follows in the same packet', async () => {
  output.text('head')
  output.bytes(Buffer.alloc(16_380, 'a'))
  await turn()
  expect(taken.map(({ length }) => length)).toEqual([16_384])
  await flushed()
  expect(corks).toEqual([])
  output.text('head')
  output.bytes(Buffer.alloc(16_381, 'a'))
  expect(corks).toEqual(['cork'])
  output.text('tail')
  output.bytes(Buffer.alloc(17_000, 'b'))
  await turn()
  expect(corks).toEqual(['cork', 'uncork'])
  await flushed()
  expect(taken.slice(1).join('')).toBe(`head${'a'.repeat(16_381)}tail${'b'.repeat(17_000)}`)
})

test('flush writes at once, and nothing when there is nothing', () => {
  output.flush()
  expect(taken).toEqual([])
  output.text('now')
  output.flush()
  expect(taken).toEqual(['now'])
})

test('back-pressure lasts until everything is taken, and silence meanwhile ends the client', async () => {
  output.bytes(Buffer.alloc(10))
  expect([output.full, timeouts]).toEqual([false, []])
  output.bytes(Buffer.alloc(30_000))
  expect([output.full, timeouts]).toEqual([true, [500]])
  await flushed()
  expect([output.full, timeouts, drains]).toEqual([false, [500, 0], 1])
  output.text('x'.repeat(20_000))
  output.flush()
  expect([output.full, timeouts]).toEqual([true, [500, 0, 500]])
  const destroy = vi.spyOn(socket, 'destroy')
  socket.emit('timeout')
  expect(destroy).toHaveBeenCalledOnce()
})

test('silence while nothing waits to be sent is no fault of the client', async () => {
  output.startTimeout()
  expect(timeouts).toEqual([])
  output.bytes(Buffer.alloc(10))
  output.startTimeout()
  expect(timeouts).toEqual([500])
  await flushed()
  const destroy = vi.spyOn(socket, 'destroy')
  socket.emit('timeout')
  expect(destroy).not.toHaveBeenCalled()
})
