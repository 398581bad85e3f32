// File and stdout sinks beyond the common sink contract (contracts/): rotation, torn lines, broken pipes.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openSinks } from '../../../src/audit/open.ts'
import { SinkFailed, type Sink } from '../../../src/audit/sink.ts'
import { openFileSink } from '../../../src/audit/sinks/file.ts'
import { createStdoutSink } from '../../../src/audit/sinks/stdout.ts'
import { createLogger } from '../../../src/telemetry/logger.ts'
import { sinkContract } from '../../contracts/sinks.ts'

/** util-linux; under CI its absence fails the test instead of skipping it. */
const canLimit = existsSync('/usr/bin/prlimit') || process.env['CI'] === 'true'

let folder: string
let path: string
let open: Sink[] = []
const noSinks = { spool: undefined, sinks: [] }
const sinkDependencies = { log: createLogger({ level: 'silent' }), now: Date.now, timeZone: () => 'UTC' }
const files = { rotate: 1_000_000, keep: 2 }

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'einlass-audit-'))
  path = join(folder, 'audit.jsonl')
})
afterEach(async () => {
  await Promise.all(open.map((sink) => sink.close()))
  open = []
  rmSync(folder, { recursive: true, force: true })
})

async function fileSink(settings: Partial<typeof files> = {}, at = path): Promise<Sink> {
  const sink = await openFileSink({ path: at, ...files, ...settings })
  open.push(sink)
  return sink
}

const read = (name = path) => readFileSync(name, 'utf8')
const lines = (text: string) => Buffer.from(text)

function collecting(): { stream: NodeJS.WritableStream & { fd: number }; text: () => string } {
  const chunks: Buffer[] = []
  const stream = new PassThrough()
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  return { stream: Object.assign(stream, { fd: -1 }), text: () => Buffer.concat(chunks).toString() }
}

for (const [name, make] of [
  ['file', async () => ({ sink: await fileSink(), text: () => read() })],
  [
    'stdout',
    async () => {
      const { stream, text } = collecting()
      return { sink: createStdoutSink(stream), text }
    },
  ],
] as const) {
  sinkContract(name, async () => {
    const { sink, text } = await make()
    return { sink, arrived: () => text().split('\n') }
  })

  test(`${name} writes lines byte for byte`, async () => {
    const { sink, text } = await make()
    await sink.write(lines('{"a":1}\n{"b":"ä"}\n'))
    await sink.write(lines('{"c":3}\n'))
    const large = `${'x'.repeat(100_000)}\n`.repeat(8)
    await sink.write(lines(large))
    expect(text()).toBe(`{"a":1}\n{"b":"ä"}\n{"c":3}\n${large}`)
  })
}

describe('stdout', () => {
  test('a closed pipe is a failure with its code, and does not end the process', async () => {
    const stream = Object.assign(
      new Writable({
        write: (_chunk, _encoding, done) => done(Object.assign(new Error('gone'), { code: 'EPIPE' })),
      }),
      { fd: -1 },
    )
    const sink = createStdoutSink(stream)
    await expect(sink.write(lines('a\n'))).rejects.toMatchObject({ code: 'EPIPE', written: 0 })
    await expect(sink.write(lines('b\n'))).rejects.toBeInstanceOf(SinkFailed)
  })

  test('waits for a slow reader of a real pipe without blocking the process, and survives its end', async () => {
    const script = `
      import { createStdoutSink } from ${JSON.stringify(resolve('src/audit/sinks/stdout.ts'))}
      const sink = createStdoutSink()
      let turns = 0
      const turning = setInterval(() => turns++, 5)
      setTimeout(() => process.stderr.write(turns > 10 ? 'alive\\n' : 'held up\\n'), 400)
      await sink.write(Buffer.from('x'.repeat(3_000_000) + '\\n')).then(
        () => process.stderr.write('written\\n'),
        (error) => process.stderr.write(error.code + '\\n'),
      )
      await sink.write(Buffer.from('more\\n')).catch((error) => process.stderr.write('again ' + error.constructor.name + '\\n'))
      clearInterval(turning)
    `
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    try {
      let errors = ''
      const alive = new Promise<void>((done) => {
        child.stderr.on('data', (chunk: Buffer) => {
          errors += chunk.toString()
          if (/alive|held up/.test(errors)) done()
        })
      })
      await alive
      child.stdout.destroy()
      const [code] = (await once(child, 'close')) as [number]
      expect(errors).toContain('alive')
      expect(errors).toContain('EPIPE')
      expect(errors).toContain('again SinkFailed')
      expect(code).toBe(0)
    } finally {
      child.kill('SIGKILL')
    }
  })

  test("a redirected file is written without Node's synchronous stdout", async () => {
    writeFileSync(path, '')
    const script = `
      import { createStdoutSink } from ${JSON.stringify(resolve('src/audit/sinks/stdout.ts'))}
      process.stdout.write = () => { throw new Error('synchronous') }
      await createStdoutSink().write(Buffer.from('one\\ntwo\\n'))
    `
    const fd = openSync(path, 'a')
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
      stdio: ['ignore', fd, 'inherit'],
    })
    closeSync(fd)
    expect(await once(child, 'close')).toEqual([0, null])
    expect(read()).toBe('one\ntwo\n')
  })
})

describe('file', () => {
  test('has mode 0600, also if it existed with another', async () => {
    writeFileSync(path, '')
    chmodSync(path, 0o644)
    await fileSink()
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('is continued after a restart, after a line end', async () => {
    writeFileSync(path, '{"whole":1}\n{"torn":')
    const sink = await fileSink()
    await sink.write(lines('{"new":1}\n'))
    expect(read()).toBe('{"whole":1}\n{"torn":\n{"new":1}\n')
  })

  test('rotates by size and keeps the configured number', async () => {
    const sink = await fileSink({ rotate: 20, keep: 2 })
    for (let i = 1; i <= 5; i++) await sink.write(lines(`line number ${i}\n`))
    expect(read()).toBe('line number 5\n')
    expect(read(`${path}.1`)).toBe('line number 4\n')
    expect(read(`${path}.2`)).toBe('line number 3\n')
    expect(readdirSync(folder).sort()).toEqual(['audit.jsonl', 'audit.jsonl.1', 'audit.jsonl.2'])
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('keeps none with keep: 0', async () => {
    const sink = await fileSink({ rotate: 20, keep: 0 })
    for (let i = 1; i <= 3; i++) await sink.write(lines(`line number ${i}\n`))
    expect(readdirSync(folder)).toEqual(['audit.jsonl'])
  })

  test('a failed rotation loses neither lines nor rotated files', async () => {
    const sink = await fileSink({ rotate: 20, keep: 2 })
    await sink.write(lines('line number 1\n'))
    await sink.write(lines('line number 2\n'))
    mkdirSync(join(folder, 'audit.jsonl.rotating', 'full'), { recursive: true })
    mkdirSync(join(folder, 'audit.jsonl.2', 'full'), { recursive: true })
    for (let i = 3; i <= 4; i++) await sink.write(lines(`line number ${i}\n`))
    const all = ['audit.jsonl', 'audit.jsonl.1'].map((name) => {
      const at = join(folder, name)
      return statSync(at).isFile() ? read(at) : ''
    })
    expect(all.join('')).toContain('line number 4\n')
    expect(all.join('')).toContain('line number 3\n')
  })

  test('an interrupted rotation is resumed', async () => {
    writeFileSync(`${path}.rotating`, 'from before the crash\n')
    const sink = await fileSink({ rotate: 20, keep: 3 })
    await sink.write(lines('line number 1\n'))
    await sink.write(lines('line number 2\n'))
    expect(read(`${path}.1`)).toBe('line number 1\n')
    expect(read(`${path}.2`)).toBe('from before the crash\n')
  })

  test('after a rename or deletion by another process, the next lines go into a new file', async () => {
    const sink = await fileSink()
    await sink.write(lines('one\n'))
    renameSync(path, join(folder, 'moved'))
    await sink.write(lines('two\n'))
    expect(read()).toBe('two\n')
    expect(read(join(folder, 'moved'))).toBe('one\n')
    unlinkSync(path)
    await sink.write(lines('three\n'))
    expect(read()).toBe('three\n')
  })

  test('recreates a removed directory', async () => {
    const deep = join(folder, 'a', 'b', 'audit.jsonl')
    const sink = await fileSink({}, deep)
    await sink.write(lines('one\n'))
    rmSync(join(folder, 'a'), { recursive: true })
    await sink.write(lines('two\n'))
    expect(read(deep)).toBe('two\n')
  })

  test('reopens on request', async () => {
    const sink = await fileSink()
    await sink.write(lines('one\n'))
    sink.reopen!()
    await sink.write(lines('two\n'))
    expect(read()).toBe('one\ntwo\n')
  })

  test('a full disk is ENOSPC, and writing continues once there is space', async () => {
    symlinkSync('/dev/full', path)
    const sink = await fileSink()
    await expect(sink.write(lines('one\n'))).rejects.toMatchObject({ code: 'ENOSPC', written: 0 })
    unlinkSync(path)
    await sink.write(lines('one\n'))
    expect(read()).toBe('one\n')
  })

  test.skipIf(!canLimit)('a torn line is completed once there is space', async () => {
    // A file size limit of 1 KiB tears the line like a full disk does; then another process raises it.
    const script = `
      import { openFileSink } from ${JSON.stringify(resolve('src/audit/sinks/file.ts'))}
      const sink = await openFileSink({ path: ${JSON.stringify(path)}, rotate: 1e6, keep: 1 })
      const lines = Buffer.from('a'.repeat(600) + '\\n' + 'b'.repeat(600) + '\\n' + 'c'.repeat(600) + '\\n')
      let rest = lines
      const failures = []
      for (;;) {
        try { await sink.write(rest); break } catch (error) {
          failures.push([error.code, error.written])
          rest = rest.subarray(error.written)
          if (failures.length === 2) {
            process.send('full')
            await new Promise((resolve) => process.once('message', resolve))
          }
        }
      }
      await sink.close()
      process.send(failures)
      process.disconnect()
    `
    const child = spawn(
      'prlimit',
      ['--fsize=1024:1000000', process.execPath, '--input-type=module-typescript', '-e', script],
      { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
    )
    try {
      expect((await once(child, 'message'))[0]).toBe('full')
      expect(statSync(path).size).toBe(1024)
      const raised = spawn('prlimit', ['--pid', String(child.pid), '--fsize=1000000:1000000'])
      expect(await once(raised, 'close')).toEqual([0, null])
      child.send('go on')
      expect((await once(child, 'message'))[0]).toEqual([
        ['EFBIG', 601],
        ['EFBIG', 0],
      ])
      expect(read()).toBe(`${'a'.repeat(600)}\n${'b'.repeat(600)}\n${'c'.repeat(600)}\n`)
    } finally {
      child.kill('SIGKILL')
    }
  })

  test('openSinks rejects if the file cannot be opened', async () => {
    writeFileSync(join(folder, 'file'), '')
    const impossible = join(folder, 'file', 'audit.jsonl')
    await expect(
      openSinks({ ...noSinks, stdout: false, file: { path: impossible, rotate: 1, keep: 1 } }, sinkDependencies),
    ).rejects.toMatchObject({
      code: 'audit_unavailable',
    })
  })

  test('openSinks opens the configured sinks', async () => {
    const sinks = await openSinks({ ...noSinks, stdout: true, file: { path, rotate: 1000, keep: 1 } }, sinkDependencies)
    open.push(...sinks)
    expect(sinks.map(({ name }) => name)).toEqual(['stdout', 'file'])
  })
})
