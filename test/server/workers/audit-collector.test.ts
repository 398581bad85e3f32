// Audit collector: lines of several processes in one file, whole, in order, none lost when a process is killed.

import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { PassThrough, type Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { openFileSink } from '../../../src/audit/sinks/file.ts'
import type { Sink } from '../../../src/audit/sink.ts'
import { createAuditCollector, type AuditCollector } from '../../../src/server/workers/audit-collector.ts'

function linesTo(...sinks: Sink[]): AuditCollector {
  return createAuditCollector({
    sinks,
    now: Date.now,
    announceLoss: (count) => Buffer.from(`lost ${count}\n`),
    onLoss: () => {},
    onState: () => {},
  })
}

async function file(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'einlass-lines-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return join(folder, 'audit.jsonl')
}

function fileSink(path: string): Promise<Sink> {
  return openFileSink({ path, rotate: 100_000_000, keep: 3 })
}

/** A process that writes lines to the pipe as a worker does, prints "written", and waits to be killed. */
function writer(count: number): { killed: () => Promise<void>; lines: Readable } {
  const sink = resolve(import.meta.dirname, '../../../src/server/workers/pipe-sink.ts')
  const program = `
    const { createPipeSink } = await import(${JSON.stringify(sink)})
    const sink = createPipeSink(4)
    for (let n = 0; n < ${count}; n += 100) {
      const text = Array.from({ length: 100 }, (_, i) => JSON.stringify({ pid: process.pid, n: n + i, fill: 'x'.repeat(1500) }) + '\\n').join('')
      await sink.write(Buffer.from(text))
    }
    console.log('written')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit', 'ignore', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const written = new Promise<void>((done) => child.stdout!.once('data', () => done()))
  return {
    lines: child.stdio[4] as Readable,
    async killed() {
      await written
      child.kill('SIGKILL')
    },
  }
}

test('two processes write at once and are killed after their last line: every line arrives, whole and in order', async () => {
  const path = await file()
  const audit = linesTo(await fileSink(path))
  const writers = [writer(3_000), writer(3_000)]
  const followed = writers.map(({ lines }) => audit.attach(lines))
  await Promise.all(writers.map(({ killed }) => killed()))
  await Promise.all(followed)
  await audit.close(5_000)
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n')
  const numbers = new Map<number, number[]>()
  for (const line of lines) {
    const { pid, n } = JSON.parse(line) as { pid: number; n: number }
    numbers.set(pid, [...(numbers.get(pid) ?? []), n])
  }
  expect(numbers.size).toBe(2)
  for (const each of numbers.values()) expect(each).toEqual(Array.from({ length: 3_000 }, (_one, index) => index))
  expect(audit.status()).toMatchObject([{ written: 6_000, lost: 0 }])
})

test('an unfinished line of a killed process is dropped', async () => {
  const path = await file()
  const audit = linesTo(await fileSink(path))
  const from = new PassThrough()
  const followed = audit.attach(from)
  from.write('{"n":1}\n{"n":')
  from.write('2}\n{"n":3')
  await pause(50)
  from.destroy(new Error('killed'))
  await followed
  await audit.close(1_000)
  expect(await readFile(path, 'utf8')).toBe('{"n":1}\n{"n":2}\n')
})

test('many small chunks of two workers are written in few batches, in the order of each worker', async () => {
  const writes: string[] = []
  const audit = linesTo({
    name: 'counting',
    write: async (lines) => void writes.push(lines.toString()),
    close: () => Promise.resolve(),
  })
  const workers = ['a', 'b'].map((name) => ({ name, from: new PassThrough() }))
  const followed = workers.map(({ from }) => audit.attach(from))
  for (let n = 0; n < 100; n++) {
    for (const { name, from } of workers) {
      // Also splits in the middle of a line.
      from.write(`${name}${n}\n${name}${n}`)
      from.write(' again\n')
    }
    await new Promise((done) => setImmediate(done))
  }
  for (const { from } of workers) from.end()
  await Promise.all(followed)
  await audit.close(1_000)
  const lines = writes.join('').split('\n')
  for (const { name } of workers) {
    const own = Array.from({ length: 100 }, (_, n) => [`${name}${n}`, `${name}${n} again`]).flat()
    expect(lines.filter((line) => line.startsWith(name))).toEqual(own)
  }
  expect(writes.every((text) => text.endsWith('\n'))).toBe(true)
  expect(writes.length).toBeLessThan(50)
})

test('a buffer that a slow sink is writing is not overwritten', async () => {
  const slow = (name: string, longest: number) => {
    const wrote: string[] = []
    const sink: Sink = {
      name,
      async write(lines) {
        const before = lines.toString()
        await pause(Math.random() * longest)
        expect(lines.toString()).toBe(before)
        wrote.push(before)
      },
      close: () => Promise.resolve(),
    }
    return { sink, wrote }
  }
  const sinks = [slow('slow', 30), slow('slower', 90)]
  const audit = linesTo(...sinks.map(({ sink }) => sink))
  const from = new PassThrough()
  const followed = audit.attach(from)
  const all = Array.from({ length: 150 }, (_, n) => `${n} ${'x'.repeat(Math.floor(Math.random() * 9_000))}\n`)
  for (const line of all) {
    from.write(line)
    await pause(Math.random() * 4)
  }
  from.end()
  await followed
  await audit.close(5_000)
  for (const { wrote } of sinks) expect(wrote.join('')).toBe(all.join(''))
})

test('back-pressure: a stuck sink makes workers wait instead of filling memory; with a second sink they go on', async () => {
  const stuck: Sink = { name: 'stuck', write: () => new Promise(() => {}), close: () => Promise.resolve() }
  const alone = linesTo(stuck)
  const from = new PassThrough()
  void alone.attach(from)
  const line = Buffer.from(`${'x'.repeat(64 * 1024 - 1)}\n`)
  let handedOver = 0
  for (let n = 0; n < 400 && from.writableLength < 1024 * 1024; n++) {
    from.write(line)
    handedOver += line.length
    await new Promise((done) => setImmediate(done))
  }
  expect(from.writableLength).toBeGreaterThan(0)
  expect(handedOver).toBeLessThan(16 * 1024 * 1024)
  expect(alone.status()).toMatchObject([{ lost: 0 }])
  from.destroy()
  await alone.close(10)

  const path = await file()
  const both = linesTo(stuck, await fileSink(path))
  const more = new PassThrough()
  const followed = both.attach(more)
  for (let n = 0; n < 300; n++) if (!more.write(line)) await new Promise((done) => more.once('drain', done))
  more.end()
  await followed
  await expect.poll(async () => (await readFile(path)).length, { timeout: 10_000 }).toBe(300 * line.length)
  await both.close(10)
})

test('switching sinks: earlier lines are in the old one, later lines in the new one, none is lost', async () => {
  const [before, after] = [await file(), await file()]
  const audit = linesTo(await fileSink(before))
  const from = new PassThrough()
  const followed = audit.attach(from)
  let n = 0
  const write = async (): Promise<void> => {
    for (let i = 0; i < 200; i++) from.write(`${++n}\n`)
    await pause(20)
  }
  await write()
  const changed = audit.change([await fileSink(after)])
  await write()
  await changed
  await write()
  from.end()
  await followed
  await audit.close(1_000)
  const numbers = (await Promise.all([before, after].map((path) => readFile(path, 'utf8')))).flatMap((text) =>
    text.trimEnd().split('\n').map(Number),
  )
  expect(numbers).toEqual(Array.from({ length: n }, (_one, index) => index + 1))
  expect((await readFile(after, 'utf8')).trimEnd().split('\n').length).toBeGreaterThanOrEqual(200)
})
