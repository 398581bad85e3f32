// Sinks that tell somebody: the contract of every sink, and what a peer that fails does to what is told.

import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test as plain, vi } from 'vitest'
import { SinkFailed } from '../../../src/audit/sink.ts'
import { createEventFilter } from '../../../src/audit/notifications/event-filter.ts'
import { sinkContract } from '../../contracts/sinks.ts'
import { anyEvent } from '../arbitrary-events.ts'
import { accessLine, findingLine, grantEvent, grantLine, lineOf, requestEvent } from '../audit-lines.ts'
import { chatTo, createBench, mailTo, webhookTo, type Bench } from './sink-environment.ts'

/** Each has a bench of its own, so that what waits for a second attempt waits beside the others. */
const test = plain.extend<{ own: Bench; ownAt: (now: () => number) => Bench }>({
  own: ({ ownAt }, use) => use(ownAt(Date.now)),
  // oxlint-disable-next-line no-empty-pattern -- vitest reads from the pattern what a fixture needs
  ownAt: async ({}, use) => {
    const made: Bench[] = []
    await use((now) => {
      const bench = createBench(now)
      made.push(bench)
      return bench
    })
    for (const bench of made) await bench.clear()
  },
})

/** For the contract, whose tests come one after the other. */
function benchOfTest(): Bench {
  const bench = createBench()
  onTestFinished(() => bench.clear())
  return bench
}

const patience = { timeout: 8000 }
const write = (text: string) => Buffer.from(text)

sinkContract('mail', async () => {
  const bench = benchOfTest()
  const peer = await bench.smtp()
  return { sink: await bench.open(mailTo(peer)), arrived: () => peer.mails.map(({ raw }) => raw) }
})
sinkContract('webhook', async () => {
  const bench = benchOfTest()
  const peer = await bench.http()
  return { sink: await bench.open(webhookTo(peer)), arrived: () => peer.taken.map(({ body }) => body) }
})
for (const kind of ['teams', 'slack'] as const) {
  sinkContract(kind, async () => {
    const bench = benchOfTest()
    const peer = await bench.http()
    return { sink: await bench.open(chatTo(kind, peer)), arrived: () => peer.taken.map(({ body }) => body) }
  })
}

/** A port nobody listens on, below those the system gives out by itself: no other test gets it meanwhile. */
async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer()
    const port = randomInt(20_000, 32_000)
    const free = await new Promise((done) => {
      server.once('error', () => done(false)).listen(port, '127.0.0.1', () => done(true))
    })
    await new Promise((done) => server.close(done))
    if (free) return port
  }
}

describe.concurrent('a peer that is away', () => {
  test('delays nothing and loses nothing: told on disk, seen in the status, delivered when it is back', async ({
    own: bench,
  }) => {
    const port = await freePort()
    const sink = await bench.open(mailTo({ port }))
    await sink.write(write(grantLine('app-1') + grantLine('app-2')))
    expect(bench.spooled()).toHaveLength(2)
    await vi.waitFor(
      () => expect(sink.status!()).toMatchObject({ state: 'failing', waiting: 2, delivered: 0 }),
      patience,
    )
    expect(sink.status!().error).toBe('ECONNREFUSED')
    expect(bench.log()).toContain('audit sink cannot deliver')

    const peer = await bench.smtp(undefined, port)
    await vi.waitFor(() => expect(peer.mails).toHaveLength(2), patience)
    await vi.waitFor(
      () => expect(sink.status!()).toMatchObject({ state: 'working', waiting: 0, delivered: 2 }),
      patience,
    )
    expect(bench.spooled()).toEqual([])
    expect(bench.log()).toContain('audit sink recovered')
  })

  test.for([
    ['hangs without a greeting', { greeting: 'silence' }],
    ['hangs in the middle of a message', { data: 'silence' }],
  ] as const)(
    'a mail server that %s holds up no writing, no closing and no other sink',
    async ([_name, manners], { own: bench }) => {
      const peer = await bench.smtp()
      peer.manners = manners
      const other = await bench.http()
      const sink = await bench.open(mailTo(peer))
      const webhook = await bench.open(webhookTo(other))
      await sink.write(write(grantLine('app-1')))
      await vi.waitFor(() => expect(peer.visits).toBe(1), patience)
      for (let i = 0; i < 50; i++) {
        const line = write(grantLine('app-2'))
        await Promise.all([sink.write(line), webhook.write(line)])
      }
      await vi.waitFor(() => expect(other.taken).toHaveLength(50), patience)
      // Still at the very first attempt, which nobody waited for.
      expect(peer.visits).toBe(1)
      expect(sink.status!()).toMatchObject({ waiting: 51, delivered: 0 })
      // The attempt under way would go on for half a minute.
      const late = pause(8000, 'late', { ref: false })
      expect(await Promise.race([sink.close().then(() => 'closed'), late])).toBe('closed')
      expect(bench.spooled()).toHaveLength(51)
    },
  )

  test('a program that hangs up and fails is asked again; the key stays the same', async ({ ownAt }) => {
    let clock = Date.now()
    const bench = ownAt(() => clock)
    const peer = await bench.http()
    peer.answer = (_request, number) => (['drop', 503, 500] as const)[number - 1] ?? 204
    const sink = await bench.open(webhookTo(peer))
    await sink.write(write(grantLine('app-1')))
    await vi.waitFor(() => {
      clock += 60_000
      sink.reopen!()
      expect(peer.taken).toHaveLength(1)
    }, patience)
    expect(peer.posted).toHaveLength(4)
    expect(new Set(peer.posted.map(({ headers }) => headers['idempotency-key'])).size).toBe(1)
    // Signed anew each time: one that is delivered late is not too old.
    expect(new Set(peer.posted.map(({ headers }) => headers['x-einlass-timestamp'])).size).toBe(4)
    await vi.waitFor(() => expect(sink.status!()).toMatchObject({ waiting: 0, delivered: 1, dead: 0 }), patience)
  })

  test.for(['90', 'date'])(
    'one that asks for patience (429, Retry-After: %s) is left alone for that long',
    async (how, { ownAt }) => {
      let clock = Date.now()
      const bench = ownAt(() => clock)
      const peer = await bench.http()
      const header = how === 'date' ? new Date(Math.ceil(clock / 1000) * 1000 + 90_000).toUTCString() : how
      peer.answer = (_request, number) => (number === 1 ? { status: 429, headers: { 'retry-after': header } } : 200)
      const sink = await bench.open(webhookTo(peer))
      await sink.write(write(grantLine('app-1')))
      await vi.waitFor(() => expect(sink.status!().error).toBe('status 429'), patience)
      clock += 89_000
      await sink.write(write(grantLine('app-2')))
      await pause(300)
      expect(peer.posted).toHaveLength(1)
      clock += 3000
      sink.reopen!()
      await vi.waitFor(() => expect(peer.taken).toHaveLength(2), patience)
    },
  )

  test('one message its recipient refuses goes to the dead and holds up no other', async ({ own: bench }) => {
    const peer = await bench.smtp()
    peer.manners = { recipient: (to) => (to.startsWith('gone') ? '550 5.1.1 <gone@example.com> unknown' : undefined) }
    const sink = await bench.open(mailTo(peer, { to: ['gone@example.com', 'it@example.com'] }))
    await sink.write(write(grantLine('app-1')))
    await vi.waitFor(() => expect(peer.mails.map(({ to }) => to[0])).toEqual(['it@example.com']), patience)
    await vi.waitFor(() => expect(sink.status!()).toMatchObject({ state: 'working', waiting: 0, dead: 1 }), patience)
    expect(bench.spooled()).toEqual([expect.stringMatching(/^dead\//)])
    expect(bench.log()).toContain('SMTP 550')
    // A server's words quote addresses.
    expect(bench.log()).not.toContain('gone@')
  })

  test('a recipient that is refused for now is tried again', async ({ own: bench }) => {
    const peer = await bench.smtp()
    let asked = 0
    peer.manners = { recipient: () => (++asked === 1 ? '450 4.2.1 busy' : undefined) }
    const sink = await bench.open(mailTo(peer))
    await sink.write(write(grantLine('app-1')))
    await vi.waitFor(() => expect(peer.mails).toHaveLength(1), patience)
    expect(asked).toBe(2)
    await vi.waitFor(() => expect(sink.status!()).toMatchObject({ state: 'working', waiting: 0, dead: 0 }), patience)
  })

  test('a connection that breaks in the middle of a message brings it again', async ({ own: bench }) => {
    const peer = await bench.smtp()
    peer.manners = { data: 'drop' }
    const sink = await bench.open(mailTo(peer))
    await sink.write(write(grantLine('app-1')))
    await vi.waitFor(() => expect(sink.status!().state).toBe('failing'), patience)
    peer.manners = {}
    await vi.waitFor(() => expect(peer.mails).toHaveLength(1), patience)
  })

  test.for([301, 302, 307, 400, 401, 404, 410])(
    'status %i is asked once, and followed nowhere',
    async (status, { own: bench }) => {
      const elsewhere = await bench.http()
      const peer = await bench.http()
      peer.answer = { status, headers: { location: elsewhere.url } }
      const sink = await bench.open(webhookTo(peer))
      await sink.write(write(grantLine('app-1')))
      await vi.waitFor(() => expect(sink.status!()).toMatchObject({ waiting: 0, dead: 1 }), patience)
      expect(peer.posted).toHaveLength(1)
      expect(elsewhere.posted).toHaveLength(0)
      expect(bench.log()).toContain(`status ${status}`)
      expect(bench.log()).not.toContain(peer.url)
    },
  )

  test('an endless answer is not read to its end', async ({ own: bench }) => {
    const peer = await bench.http()
    peer.answer = { status: 200, body: 'x'.repeat(5_000_000) }
    const sink = await bench.open(webhookTo(peer))
    await sink.write(write(grantLine('app-1') + grantLine('app-2')))
    await vi.waitFor(() => expect(sink.status!()).toMatchObject({ delivered: 2, waiting: 0 }), patience)
  })
})

describe.concurrent('the spool', () => {
  test('when it is full the newest are refused, loudly, and those that wait arrive', async ({ own: bench }) => {
    const port = await freePort()
    const sink = await bench.open(webhookTo({ url: `http://127.0.0.1:${port}/` }), { count: 10 })
    for (let i = 0; i < 14; i++) await sink.write(write(grantLine(`app-${i}`)))
    expect(sink.status!()).toMatchObject({ waiting: 10, refused: 4 })
    expect(bench.log().match(/spool of an audit sink is full/g)).toHaveLength(1)

    const peer = await bench.http(undefined, port)
    await vi.waitFor(() => expect(peer.taken).toHaveLength(10), { timeout: 20_000 })
    expect(peer.taken.map(({ body }) => /app-\d+/.exec(body)![0]).sort()).toEqual(
      Array.from({ length: 10 }, (_, i) => `app-${i}`).sort(),
    )
    await sink.write(write(grantLine('app-20')))
    expect(bench.log()).toContain('has space again')
    await vi.waitFor(() => expect(sink.status!()).toMatchObject({ delivered: 11, refused: 4 }), patience)
  }, 30_000)

  test('is bounded in bytes, too', async ({ own: bench }) => {
    const port = await freePort()
    const sink = await bench.open(webhookTo({ url: `http://127.0.0.1:${port}/` }), { bytes: 5000 })
    for (let i = 0; i < 20; i++) await sink.write(write(grantLine(`app-${i}`)))
    const { waiting, waitingBytes, refused } = sink.status!()
    expect(waitingBytes).toBeLessThanOrEqual(5000)
    expect(waiting).toBeGreaterThan(0)
    expect(waiting + refused).toBe(20)
  })

  test('what was kept survives the end of the process by force, wherever it comes', async ({ own: bench }) => {
    const port = await freePort()
    const script = `
      import { openSinks } from ${JSON.stringify(resolve('src/audit/open.ts'))}
      import { createLogger } from ${JSON.stringify(resolve('src/telemetry/logger.ts'))}
      const settings = JSON.parse(process.argv[1])
      const [sink] = await openSinks(settings, { log: createLogger({ level: 'silent' }), now: Date.now, timeZone: 'UTC' })
      process.stdin.setEncoding('utf8')
      let rest = ''
      for await (const chunk of process.stdin) {
        const lines = (rest + chunk).split('\\n')
        rest = lines.pop()
        for (const line of lines) {
          await sink.write(Buffer.from(line + '\\n'))
          process.stdout.write('kept\\n')
        }
      }
    `
    const peer = await bench.http(undefined, port)
    peer.answer = 'silence'
    const settings = {
      stdout: false,
      spool: { path: bench.folder, count: 1000, bytes: 10_000_000, giveUp: 86_400_000 },
      sinks: [webhookTo(peer)],
    }
    let acknowledged = 0
    let sent = 0
    for (const after of [1, 7, 23]) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script, JSON.stringify(settings)], {
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      child.stdin.on('error', () => undefined)
      let here = 0
      const killed = once(child, 'exit')
      child.stdout.on('data', (chunk: Buffer) => {
        here += chunk.toString().split('\n').length - 1
        if (here >= after) child.kill('SIGKILL')
      })
      for (let i = 0; i < 40; i++) child.stdin.write(grantLine(`app-${sent++}`))
      await killed
      // Each line was acknowledged after it was on disk, in order: those before the last one heard of are kept.
      acknowledged += Math.min(here, 40)
    }
    expect(acknowledged).toBeGreaterThanOrEqual(31)
    peer.answer = 200
    const sink = await bench.open(webhookTo(peer))
    await vi.waitFor(() => expect(sink.status!()).toMatchObject({ waiting: 0 }), { timeout: 20_000 })
    const arrived = peer.taken.map(({ headers }) => headers['idempotency-key'])
    expect(new Set(arrived).size).toBe(arrived.length)
    expect(arrived.length).toBeGreaterThanOrEqual(acknowledged)
    expect(bench.spooled()).toEqual([])
  }, 60_000)

  test('a message that was half written is none', async ({ own: bench }) => {
    const peer = await bench.http()
    const left = join(bench.folder, 'webhook', '999999999-1-00000000-elsewhere')
    mkdirSync(left, { recursive: true })
    writeFileSync(join(left, 'a-1.json.part'), '{"at":1,"li')
    utimesSync(left, 0, 0)
    const sink = await bench.open(webhookTo(peer))
    await sink.write(write(grantLine('app-1')))
    await vi.waitFor(() => expect(peer.taken).toHaveLength(1), patience)
    expect(readdirSync(join(bench.folder, 'webhook')).some((name) => name.endsWith('elsewhere'))).toBe(false)
  })

  test('what cannot be understood is put aside and ends nothing', async ({ own: bench }) => {
    const peer = await bench.http()
    mkdirSync(join(bench.folder, 'webhook'))
    writeFileSync(join(bench.folder, 'webhook', 'broken.json'), '{"at": "never"')
    const sink = await bench.open(webhookTo(peer))
    await sink.write(write(grantLine('app-1')))
    await vi.waitFor(() => expect(sink.status!()).toMatchObject({ delivered: 1, waiting: 0, dead: 1 }), patience)
    expect(bench.spooled()).toEqual(['dead/broken.json'])
  })

  test('two processes with one folder deliver each its own; a live one is not robbed', async ({ own: bench }) => {
    const peer = await bench.http()
    peer.answer = 503
    const first = await bench.open(webhookTo(peer))
    await first.write(write(grantLine('app-1')))
    const other = join(bench.folder, 'webhook', '1-12345-abcdef01-another.host')
    mkdirSync(other)
    writeFileSync(join(other, 'alive'), '')
    const message = { at: Date.now(), line: grantLine('app-2').trim() }
    writeFileSync(join(other, 'b-2.json'), JSON.stringify(message))
    const second = await bench.open(webhookTo(peer), {})
    await second.close()
    expect(readdirSync(other)).toContain('b-2.json')
    // It has not been heard of for longer than a minute.
    utimesSync(join(other, 'alive'), 1, 1)
    peer.answer = 200
    const third = await bench.open(webhookTo(peer))
    await vi.waitFor(() => expect(peer.taken.some(({ body }) => body.includes('app-2'))).toBe(true), patience)
    await third.close()
    expect(readdirSync(join(bench.folder, 'webhook'))).not.toContain('1-12345-abcdef01-another.host')
  })

  test('a sink opened beside itself, as when the configuration changes, tells nothing twice and takes over the rest', async ({
    own: bench,
  }) => {
    const port = await freePort()
    const before = await bench.open(webhookTo({ url: `http://127.0.0.1:${port}/` }))
    for (let i = 0; i < 5; i++) await before.write(write(grantLine(`app-${i}`)))
    const after = await bench.open(webhookTo({ url: `http://127.0.0.1:${port}/` }))
    expect([before.status!().waiting, after.status!().waiting]).toEqual([5, 0])
    await before.close()
    const peer = await bench.http(undefined, port)
    await vi.waitFor(() => expect(peer.taken).toHaveLength(5), { timeout: 20_000 })
    expect(peer.posted).toHaveLength(5)
    await vi.waitFor(() => expect(after.status!()).toMatchObject({ waiting: 0, delivered: 5 }), patience)
  }, 30_000)

  test('a process that slept and was robbed of its folder goes on with a new one', async ({ own: bench }) => {
    const peer = await bench.http()
    const sink = await bench.open(webhookTo(peer))
    rmSync(join(bench.folder, 'webhook'), { recursive: true })
    await sink.write(write(grantLine('app-1')))
    await vi.waitFor(() => expect(peer.taken).toHaveLength(1), patience)
    await vi.waitFor(() => expect(sink.status!()).toMatchObject({ waiting: 0, delivered: 1 }), patience)
  })

  test('is given up after its time, and delivered after all when it is put back', async ({ ownAt }) => {
    let clock = Date.now()
    const bench = ownAt(() => clock)
    const peer = await bench.http()
    peer.answer = 500
    const sink = await bench.open(webhookTo(peer), { giveUp: 3_600_000 })
    await sink.write(write(grantLine('app-1')))
    await vi.waitFor(() => {
      clock += 600_000
      sink.reopen!()
      expect(sink.status!()).toMatchObject({ waiting: 0, dead: 1 })
    }, patience)
    expect(peer.posted.length).toBeGreaterThanOrEqual(5)
    const [dead] = bench.spooled()
    await sink.close()

    peer.answer = 200
    const folder = join(bench.folder, 'webhook')
    renameSync(join(folder, dead!), join(folder, dead!.replace('dead/', '')))
    const again = await bench.open(webhookTo(peer), { giveUp: 3_600_000 })
    await vi.waitFor(() => expect(again.status!()).toMatchObject({ delivered: 1, waiting: 0, dead: 0 }), patience)
  })

  test('belongs to the gateway alone', async ({ own: bench }) => {
    const sink = await bench.open(webhookTo({ url: `http://127.0.0.1:${await freePort()}/` }))
    await sink.write(write(grantLine('app-1')))
    const found = readdirSync(bench.folder, { recursive: true, encoding: 'utf8' })
    expect(found.some((name) => name.endsWith('.json'))).toBe(true)
    for (const name of found) expect(statSync(join(bench.folder, name)).mode & 0o077).toBe(0)
  })

  test('a folder that cannot be written is told at the start, naming the key', async ({ own: bench }) => {
    const file = join(bench.folder, 'a-file')
    writeFileSync(file, '')
    await expect(bench.open(mailTo({ port: 1 }), { folder: file })).rejects.toMatchObject({
      code: 'audit_unavailable',
      message: expect.stringContaining('audit.spool'),
    })
  })

  test('a disk that fails later is a failure of the sink, with what was kept before it', async ({ own: bench }) => {
    const peer = await bench.http()
    peer.answer = 'silence'
    const sink = await bench.open(webhookTo(peer))
    const [own] = readdirSync(join(bench.folder, 'webhook')).filter((name) => name !== 'dead')
    const [one, two] = [grantLine('app-1'), grantLine('app-2')]
    await sink.write(write(one))
    if (process.getuid!() === 0) {
      // Permissions mean nothing to root: a folder in the place of the file does.
      const uid = JSON.parse(two).metadata.uid as string
      const name = readdirSync(join(bench.folder, 'webhook', own!)).find((file) => file.endsWith('.json'))!
      mkdirSync(join(bench.folder, 'webhook', own!, `${uid}${name.slice(uid.length)}.part`))
    } else chmodSync(join(bench.folder, 'webhook', own!), 0o500)
    const failed = sink.write(write(accessLine() + two))
    await expect(failed).rejects.toBeInstanceOf(SinkFailed)
    await expect(failed).rejects.toMatchObject({ written: accessLine().length })
    chmodSync(join(bench.folder, 'webhook', own!), 0o700)
  })

  test('after closing nothing is taken any more', async ({ own: bench }) => {
    const sink = await bench.open(webhookTo(await bench.http()))
    await sink.close()
    await expect(sink.write(write(grantLine('app-1')))).rejects.toMatchObject({ code: 'closed' })
  })
})

describe.concurrent('what is told', () => {
  const fits = (events: Parameters<typeof createEventFilter>[0], line: string) =>
    createEventFilter(events).mayMatch(Buffer.from(line.trim()))

  test('most lines are not even read', () => {
    const decisions = fc.sample(anyEvent, 200).filter(({ kind }) => kind === 'access')
    expect(decisions.length).toBeGreaterThan(5)
    for (const event of decisions) expect(fits(['request', 'finding', 'authentication'], lineOf(event))).toBe(false)
    expect(fits(['request', 'finding'], accessLine())).toBe(false)
    expect(fits(['request', 'finding'], findingLine())).toBe(true)
    expect(fits(['request'], findingLine())).toBe(false)
    expect(fits(['emergency'], lineOf(requestEvent('opened')))).toBe(true)
    // Another way to begin is read whole, never skipped.
    expect(fits(['request'], '{"time":1,"class_uid":3005}')).toBe(true)
  })

  test.for([
    [['request'], ['opened', 'denied']],
    [['request.denied'], ['denied']],
    [['grant'], ['given', 'ending']],
    [['grant.ending'], ['ending']],
    [['emergency'], ['emergency']],
    [
      ['request', 'emergency'],
      ['opened', 'denied', 'emergency'],
    ],
    [['finding'], ['low finding', 'high finding']],
    [['finding.medium'], ['high finding']],
    [['finding.critical'], []],
    [['configuration.refused'], ['refused']],
    [['configuration'], ['applied', 'refused']],
  ] as const)('%j', async ([events, wanted], { own: bench }) => {
    const peer = await bench.http()
    const sink = await bench.open(webhookTo(peer, { events }))
    const lines: Record<string, string> = {
      opened: lineOf(requestEvent('opened')),
      denied: lineOf(requestEvent('denied')),
      emergency: lineOf(requestEvent('opened', { emergency: true })),
      given: lineOf(grantEvent('given')),
      ending: lineOf(grantEvent('ending')),
      'low finding': findingLine('low'),
      'high finding': findingLine('high'),
      applied: configurationLine('applied'),
      refused: configurationLine('refused'),
    }
    // An emergency is a request as well.
    const expected = new Set<string>(wanted)
    if ((events as readonly string[]).includes('request')) expected.add('emergency')
    await sink.write(write(Object.values(lines).join('')))
    await vi.waitFor(() => expect(peer.taken).toHaveLength(expected.size), patience)
    const names = peer.taken.map(({ body }) => Object.entries(lines).find(([, line]) => line.trim() === body)?.[0])
    expect(new Set(names)).toEqual(expected)
    expect(sink.status!().waiting).toBeLessThanOrEqual(1)
  })
})

function configurationLine(outcome: 'applied' | 'refused'): string {
  return lineOf({
    kind: 'configuration',
    at: Date.UTC(2026, 0, 1),
    actor: { kind: 'system' },
    outcome,
    hash: 'abc',
    previous: undefined,
    detail: 'two problems',
  })
}
