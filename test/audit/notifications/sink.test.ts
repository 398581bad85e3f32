// Notification sinks: the sink contract, at-least-once delivery, retries, spool limits and recovery after a crash.

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
import { chatTo, createSinkEnvironment, mailTo, webhookTo, type SinkEnvironment } from './sink-environment.ts'

/** Each test has its own environment, so that retry delays run in parallel. */
const test = plain.extend<{ own: SinkEnvironment; ownAt: (now: () => number) => SinkEnvironment }>({
  own: ({ ownAt }, use) => use(ownAt(Date.now)),
  // oxlint-disable-next-line no-empty-pattern -- vitest reads from the pattern what a fixture needs
  ownAt: async ({}, use) => {
    const made: SinkEnvironment[] = []
    await use((now) => {
      const bench = createSinkEnvironment(now)
      made.push(bench)
      return bench
    })
    for (const bench of made) await bench.clear()
  },
})

/** Shared by the contract tests, which run sequentially. */
function benchOfTest(): SinkEnvironment {
  const bench = createSinkEnvironment()
  onTestFinished(() => bench.clear())
  return bench
}

const waitOptions = { timeout: 8000 }
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

/** An unused port below the ephemeral range, so that no other test is assigned it meanwhile. */
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

describe.concurrent('an unreachable or failing peer', () => {
  test('an unreachable peer delays and loses nothing: spooled, shown in the status, delivered later', async ({
    own: bench,
  }) => {
    const port = await freePort()
    const sink = await bench.open(mailTo({ port }))
    await sink.write(write(grantLine('app-1') + grantLine('app-2')))
    expect(bench.spooled()).toHaveLength(2)
    await vi.waitFor(
      () => expect(sink.status!()).toMatchObject({ state: 'failing', waiting: 2, delivered: 0 }),
      waitOptions,
    )
    expect(sink.status!().error).toBe('ECONNREFUSED')
    expect(bench.log()).toContain('audit sink cannot deliver')

    const peer = await bench.smtp(undefined, port)
    await vi.waitFor(() => expect(peer.mails).toHaveLength(2), waitOptions)
    await vi.waitFor(
      () => expect(sink.status!()).toMatchObject({ state: 'working', waiting: 0, delivered: 2 }),
      waitOptions,
    )
    expect(bench.spooled()).toEqual([])
    expect(bench.log()).toContain('audit sink recovered')
  })

  test.for([
    ['hangs without a greeting', { greeting: 'silence' }],
    ['hangs in the middle of a message', { data: 'silence' }],
  ] as const)(
    'a mail server that %s blocks neither writes nor close nor other sinks',
    async ([_name, manners], { own: bench }) => {
      const peer = await bench.smtp()
      peer.manners = manners
      const other = await bench.http()
      const sink = await bench.open(mailTo(peer))
      const webhook = await bench.open(webhookTo(other))
      await sink.write(write(grantLine('app-1')))
      await vi.waitFor(() => expect(peer.visits).toBe(1), waitOptions)
      for (let i = 0; i < 50; i++) {
        const line = write(grantLine('app-2'))
        await Promise.all([sink.write(line), webhook.write(line)])
      }
      await vi.waitFor(() => expect(other.taken).toHaveLength(50), waitOptions)
      // Still in the first attempt, which blocked nothing.
      expect(peer.visits).toBe(1)
      expect(sink.status!()).toMatchObject({ waiting: 51, delivered: 0 })
      // The current attempt would last half a minute.
      const late = pause(8000, 'late', { ref: false })
      expect(await Promise.race([sink.close().then(() => 'closed'), late])).toBe('closed')
      expect(bench.spooled()).toHaveLength(51)
    },
  )

  test('a webhook that disconnects or fails is retried with the same idempotency key', async ({ ownAt }) => {
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
    }, waitOptions)
    expect(peer.posted).toHaveLength(4)
    expect(new Set(peer.posted.map(({ headers }) => headers['idempotency-key'])).size).toBe(1)
    // Signed at each attempt, so that a late delivery has a fresh timestamp.
    expect(new Set(peer.posted.map(({ headers }) => headers['x-einlass-timestamp'])).size).toBe(4)
    await vi.waitFor(() => expect(sink.status!()).toMatchObject({ waiting: 0, delivered: 1, dead: 0 }), waitOptions)
  })

  test.for(['90', 'date'])('429 with Retry-After: %s delays the next attempt', async (how, { ownAt }) => {
    let clock = Date.now()
    const bench = ownAt(() => clock)
    const peer = await bench.http()
    const header = how === 'date' ? new Date(Math.ceil(clock / 1000) * 1000 + 90_000).toUTCString() : how
    peer.answer = (_request, number) => (number === 1 ? { status: 429, headers: { 'retry-after': header } } : 200)
    const sink = await bench.open(webhookTo(peer))
    await sink.write(write(grantLine('app-1')))
    await vi.waitFor(() => expect(sink.status!().error).toBe('status 429'), waitOptions)
    clock += 89_000
    await sink.write(write(grantLine('app-2')))
    await pause(300)
    expect(peer.posted).toHaveLength(1)
    clock += 3000
    sink.reopen!()
    await vi.waitFor(() => expect(peer.taken).toHaveLength(2), waitOptions)
  })

  test('a message rejected permanently becomes a dead letter and blocks no other', async ({ own: bench }) => {
    const peer = await bench.smtp()
    peer.manners = { recipient: (to) => (to.startsWith('gone') ? '550 5.1.1 <gone@example.com> unknown' : undefined) }
    const sink = await bench.open(mailTo(peer, { to: ['gone@example.com', 'it@example.com'] }))
    await sink.write(write(grantLine('app-1')))
    await vi.waitFor(() => expect(peer.mails.map(({ to }) => to[0])).toEqual(['it@example.com']), waitOptions)
    await vi.waitFor(() => expect(sink.status!()).toMatchObject({ state: 'working', waiting: 0, dead: 1 }), waitOptions)
    expect(bench.spooled()).toEqual([expect.stringMatching(/^dead\//)])
    expect(bench.log()).toContain('SMTP 550')
    // Server texts quote addresses.
    expect(bench.log()).not.toContain('gone@')
  })

  test('a recipient rejected temporarily is retried', async ({ own: bench }) => {
    const peer = await bench.smtp()
    let asked = 0
    peer.manners = { recipient: () => (++asked === 1 ? '450 4.2.1 busy' : undefined) }
    const sink = await bench.open(mailTo(peer))
    await sink.write(write(grantLine('app-1')))
    await vi.waitFor(() => expect(peer.mails).toHaveLength(1), waitOptions)
    expect(asked).toBe(2)
    await vi.waitFor(() => expect(sink.status!()).toMatchObject({ state: 'working', waiting: 0, dead: 0 }), waitOptions)
  })

  test('a connection that breaks within a message leads to a retry', async ({ own: bench }) => {
    const peer = await bench.smtp()
    peer.manners = { data: 'drop' }
    const sink = await bench.open(mailTo(peer))
    await sink.write(write(grantLine('app-1')))
    await vi.waitFor(() => expect(sink.status!().state).toBe('failing'), waitOptions)
    peer.manners = {}
    await vi.waitFor(() => expect(peer.mails).toHaveLength(1), waitOptions)
  })

  test.for([301, 302, 307, 400, 401, 404, 410])(
    'status %i is permanent, and redirects are not followed',
    async (status, { own: bench }) => {
      const elsewhere = await bench.http()
      const peer = await bench.http()
      peer.answer = { status, headers: { location: elsewhere.url } }
      const sink = await bench.open(webhookTo(peer))
      await sink.write(write(grantLine('app-1')))
      await vi.waitFor(() => expect(sink.status!()).toMatchObject({ waiting: 0, dead: 1 }), waitOptions)
      expect(peer.posted).toHaveLength(1)
      expect(elsewhere.posted).toHaveLength(0)
      expect(bench.log()).toContain(`status ${status}`)
      expect(bench.log()).not.toContain(peer.url)
    },
  )

  test('an endless response is not read to its end', async ({ own: bench }) => {
    const peer = await bench.http()
    peer.answer = { status: 200, body: 'x'.repeat(5_000_000) }
    const sink = await bench.open(webhookTo(peer))
    await sink.write(write(grantLine('app-1') + grantLine('app-2')))
    await vi.waitFor(() => expect(sink.status!()).toMatchObject({ delivered: 2, waiting: 0 }), waitOptions)
  })
})

describe.concurrent('the spool', () => {
  test('when full, new messages are dropped and reported, and spooled ones are delivered', async ({ own: bench }) => {
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
    await vi.waitFor(() => expect(sink.status!()).toMatchObject({ delivered: 11, refused: 4 }), waitOptions)
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

  test('spooled messages survive SIGKILL at any point', async ({ own: bench }) => {
    const port = await freePort()
    const script = `
      import { openSinks } from ${JSON.stringify(resolve('src/audit/open.ts'))}
      import { createLogger } from ${JSON.stringify(resolve('src/telemetry/logger.ts'))}
      const settings = JSON.parse(process.argv[1])
      const [sink] = await openSinks(settings, { log: createLogger({ level: 'silent' }), now: Date.now, timeZone: () => 'UTC' })
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
      // Lines are acknowledged in order after reaching the disk: all before the last acknowledged one are kept.
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

  test('a partially written message is ignored', async ({ own: bench }) => {
    const peer = await bench.http()
    const left = join(bench.folder, 'webhook', '999999999-1-00000000-elsewhere')
    mkdirSync(left, { recursive: true })
    writeFileSync(join(left, 'a-1.json.part'), '{"at":1,"li')
    utimesSync(left, 0, 0)
    const sink = await bench.open(webhookTo(peer))
    await sink.write(write(grantLine('app-1')))
    await vi.waitFor(() => expect(peer.taken).toHaveLength(1), waitOptions)
    expect(readdirSync(join(bench.folder, 'webhook')).some((name) => name.endsWith('elsewhere'))).toBe(false)
  })

  test('an invalid file is moved aside without failing', async ({ own: bench }) => {
    const peer = await bench.http()
    mkdirSync(join(bench.folder, 'webhook'))
    writeFileSync(join(bench.folder, 'webhook', 'broken.json'), '{"at": "never"')
    const sink = await bench.open(webhookTo(peer))
    await sink.write(write(grantLine('app-1')))
    await vi.waitFor(() => expect(sink.status!()).toMatchObject({ delivered: 1, waiting: 0, dead: 1 }), waitOptions)
    expect(bench.spooled()).toEqual(['dead/broken.json'])
  })

  test('two processes with one folder deliver their own messages; a live owner keeps its messages', async ({
    own: bench,
  }) => {
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
    // Its heartbeat is older than a minute.
    utimesSync(join(other, 'alive'), 1, 1)
    peer.answer = 200
    const third = await bench.open(webhookTo(peer))
    await vi.waitFor(() => expect(peer.taken.some(({ body }) => body.includes('app-2'))).toBe(true), waitOptions)
    await third.close()
    expect(readdirSync(join(bench.folder, 'webhook'))).not.toContain('1-12345-abcdef01-another.host')
  })

  test('a second instance of a sink, as on reload, delivers nothing twice and adopts the rest', async ({
    own: bench,
  }) => {
    const port = await freePort()
    const before = await bench.open(webhookTo({ url: `http://127.0.0.1:${port}/` }))
    for (let i = 0; i < 5; i++) await before.write(write(grantLine(`app-${i}`)))
    const after = await bench.open(webhookTo({ url: `http://127.0.0.1:${port}/` }), { upkeep: 1000 })
    expect([before.status!().waiting, after.status!().waiting]).toEqual([5, 0])
    await before.close()
    const peer = await bench.http(undefined, port)
    await vi.waitFor(() => expect(peer.taken).toHaveLength(5), { timeout: 20_000 })
    expect(peer.posted).toHaveLength(5)
    await vi.waitFor(() => expect(after.status!()).toMatchObject({ waiting: 0, delivered: 5 }), waitOptions)
  }, 30_000)

  test('a suspended process whose folder was adopted continues with a new one', async ({ own: bench }) => {
    const peer = await bench.http()
    const sink = await bench.open(webhookTo(peer))
    rmSync(join(bench.folder, 'webhook'), { recursive: true })
    await sink.write(write(grantLine('app-1')))
    await vi.waitFor(() => expect(peer.taken).toHaveLength(1), waitOptions)
    await vi.waitFor(() => expect(sink.status!()).toMatchObject({ waiting: 0, delivered: 1 }), waitOptions)
  })

  test('is given up after its maximum age, and delivered when moved back', async ({ ownAt }) => {
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
    }, waitOptions)
    expect(peer.posted.length).toBeGreaterThanOrEqual(5)
    const [dead] = bench.spooled()
    await sink.close()

    peer.answer = 200
    const folder = join(bench.folder, 'webhook')
    renameSync(join(folder, dead!), join(folder, dead!.replace('dead/', '')))
    const again = await bench.open(webhookTo(peer), { giveUp: 3_600_000 })
    await vi.waitFor(() => expect(again.status!()).toMatchObject({ delivered: 1, waiting: 0, dead: 0 }), waitOptions)
  })

  test('is accessible to the gateway only', async ({ own: bench }) => {
    const sink = await bench.open(webhookTo({ url: `http://127.0.0.1:${await freePort()}/` }))
    await sink.write(write(grantLine('app-1')))
    const found = readdirSync(bench.folder, { recursive: true, encoding: 'utf8' })
    expect(found.some((name) => name.endsWith('.json'))).toBe(true)
    for (const name of found) expect(statSync(join(bench.folder, name)).mode & 0o077).toBe(0)
  })

  test('an unwritable folder is reported at startup with its configuration key', async ({ own: bench }) => {
    const file = join(bench.folder, 'a-file')
    writeFileSync(file, '')
    await expect(bench.open(mailTo({ port: 1 }), { folder: file })).rejects.toMatchObject({
      code: 'audit_unavailable',
      message: expect.stringContaining('audit.spool'),
    })
  })

  test('a later disk error is a failure of the sink, with the bytes kept before it', async ({ own: bench }) => {
    const peer = await bench.http()
    peer.answer = 'silence'
    const sink = await bench.open(webhookTo(peer))
    const [own] = readdirSync(join(bench.folder, 'webhook')).filter((name) => name !== 'dead')
    const [one, two] = [grantLine('app-1'), grantLine('app-2')]
    await sink.write(write(one))
    if (process.getuid!() === 0) {
      // Permissions do not apply to root; a folder in place of the file does.
      const uid = JSON.parse(two).metadata.uid as string
      const name = readdirSync(join(bench.folder, 'webhook', own!)).find((file) => file.endsWith('.json'))!
      mkdirSync(join(bench.folder, 'webhook', own!, `${uid}${name.slice(uid.length)}.part`))
    } else chmodSync(join(bench.folder, 'webhook', own!), 0o500)
    const failed = sink.write(write(accessLine() + two))
    await expect(failed).rejects.toBeInstanceOf(SinkFailed)
    await expect(failed).rejects.toMatchObject({ written: accessLine().length })
    chmodSync(join(bench.folder, 'webhook', own!), 0o700)
  })

  test('rejects writes after close', async ({ own: bench }) => {
    const sink = await bench.open(webhookTo(await bench.http()))
    await sink.close()
    await expect(sink.write(write(grantLine('app-1')))).rejects.toMatchObject({ code: 'closed' })
  })
})

describe.concurrent('event filter', () => {
  const fits = (events: Parameters<typeof createEventFilter>[0], line: string) =>
    createEventFilter(events).mayMatch(Buffer.from(line.trim()))

  test('most lines are skipped without parsing', () => {
    const decisions = fc.sample(anyEvent, 200).filter(({ kind }) => kind === 'access')
    expect(decisions.length).toBeGreaterThan(5)
    for (const event of decisions) expect(fits(['request', 'finding', 'authentication'], lineOf(event))).toBe(false)
    expect(fits(['request', 'finding'], accessLine())).toBe(false)
    expect(fits(['request', 'finding'], findingLine())).toBe(true)
    expect(fits(['request'], findingLine())).toBe(false)
    expect(fits(['emergency'], lineOf(requestEvent('opened')))).toBe(true)
    // A line with another beginning is parsed, never skipped.
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
    // An emergency is a request, too.
    const expected = new Set<string>(wanted)
    if ((events as readonly string[]).includes('request')) expected.add('emergency')
    await sink.write(write(Object.values(lines).join('')))
    await vi.waitFor(() => expect(peer.taken).toHaveLength(expected.size), waitOptions)
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
