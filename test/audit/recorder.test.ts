// Audit recorder: non-blocking, in order, exactly once, with every loss reported.

import { mkdtempSync, readFileSync, rmSync, symlinkSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AuditEvent } from '../../src/audit/event.ts'
import { createEventQueue } from '../../src/audit/event-queue.ts'
import { createRecorder, type AuditRecorder, type Loss } from '../../src/audit/recorder.ts'
import { SinkFailed, type Sink } from '../../src/audit/sink.ts'
import { openFileSink } from '../../src/audit/sinks/file.ts'
import { ocsfLineProblems } from '../support/ocsf-validator.ts'
import { anyEvent } from './arbitrary-events.ts'

interface Line {
  readonly class_uid: number
  readonly message?: string
  readonly status_detail?: string
  readonly metadata: { readonly sequence: number; readonly uid: string }
  readonly finding_info?: { readonly title: string; readonly desc: string }
  readonly unmapped?: { readonly detail?: string }
}

let folder: string
let path: string
let recorders: AuditRecorder[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'einlass-recorder-'))
  path = join(folder, 'audit.jsonl')
})
afterEach(async () => {
  await Promise.all(recorders.map((recorder) => recorder.close(50)))
  recorders = []
  rmSync(folder, { recursive: true, force: true })
})

function recording(sinks: Sink[], limits?: { count: number; bytes: number }) {
  const losses: Loss[] = []
  const states: string[] = []
  const recorder = createRecorder({
    sinks,
    now: Date.now,
    configurationHash: () => 'c0ffee',
    onLoss: (loss) => losses.push(loss),
    onState: (sink, state, error) => states.push(`${sink} ${state} ${error ?? ''}`.trim()),
    ...(limits === undefined ? {} : { limits }),
  })
  recorders.push(recorder)
  return { ...recorder, losses, states }
}

const fileSink = () => openFileSink({ path, rotate: 1e9, keep: 1 })
const event = (number: number): AuditEvent => ({
  kind: 'device',
  at: 1_800_000_000_000 + number,
  actor: { kind: 'system' },
  device: 'laptop-7',
  source: 'inventory',
  activity: 'changed',
  detail: `number ${number}`,
})
const parse = (text: string) =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line)
const written = () => parse(readFileSync(path, 'utf8'))

/** Sink that fails and recovers on demand, and keeps written lines. */
function flaky(plan: () => 'works' | 'fails' | 'half') {
  let text = ''
  const sink: Sink = {
    name: 'flaky',
    async write(lines) {
      await sleep(0)
      const how = plan()
      if (how === 'works') {
        text += lines.toString()
        return
      }
      const half = how === 'half' ? lines.lastIndexOf(10, Math.trunc(lines.length / 2)) + 1 : 0
      text += lines.subarray(0, half).toString()
      throw new SinkFailed('flaky', half, Object.assign(new Error('no'), { code: 'EIO' }))
    },
    close: () => Promise.resolve(),
  }
  return { sink, text: () => text }
}

describe('recorder', () => {
  test('writes every event once, in order, with consecutive sequence numbers, as valid OCSF', async () => {
    const { record, flush, status } = recording([await fileSink()])
    for (let i = 1; i <= 300; i++) record(event(i))
    expect(await flush()).toBe(true)
    const lines = written()
    expect(lines.map(({ unmapped }) => unmapped?.detail)).toEqual(
      Array.from({ length: 300 }, (_, i) => `number ${i + 1}`),
    )
    expect(lines.map(({ metadata }) => metadata.sequence)).toEqual(Array.from({ length: 300 }, (_, i) => i + 1))
    expect(new Set(lines.map(({ metadata }) => metadata.uid)).size).toBe(300)
    expect(ocsfLineProblems(readFileSync(path, 'utf8'))).toEqual([])
    expect(status()).toMatchObject({ queued: 0, written: 300, lost: 0, sinks: [{ state: 'working' }] })
  })

  test('record does not write; the line follows asynchronously', async () => {
    const { sink, text } = flaky(() => 'works')
    const { record, status } = recording([sink])
    record(event(1))
    expect(text()).toBe('')
    expect(status().queued).toBe(1)
    await expect.poll(text, { timeout: 2000, interval: 5 }).toContain('number 1')
  })

  test('any event becomes a line, or a finding in its place', async () => {
    const { record, flush } = recording([await fileSink()])
    const events = fc.sample(anyEvent, 200)
    for (const one of events) record(one)
    record({ ...event(1), detail: 10n } as unknown as AuditEvent)
    record(undefined as unknown as AuditEvent)
    await flush()
    expect(written()).toHaveLength(202)
    expect(ocsfLineProblems(readFileSync(path, 'utf8'))).toEqual([])
    expect(written().at(-2)?.finding_info?.title).toBe('An audit event could not be put into words')
  })

  test('on overflow keeps the earliest events, reports the number lost at that place, and continues', async () => {
    const { record, flush, losses, status } = recording([await fileSink()], { count: 100, bytes: 1e9 })
    for (let i = 1; i <= 1000; i++) record(event(i))
    await flush()
    record(event(1001))
    await flush()
    const lines = written()
    expect(lines).toHaveLength(102)
    expect(lines[99]?.unmapped?.detail).toBe('number 100')
    expect(lines[100]).toMatchObject({
      class_uid: 2004,
      message: 'Audit events were lost',
      metadata: { sequence: 101 },
      status_detail: expect.stringMatching(
        /^900 audit events were lost between .*\(sequence 101 to 1000, sink file\)$/,
      ),
    })
    expect(lines[101]?.metadata.sequence).toBe(1001)
    expect(losses).toEqual([{ sink: 'file', from: event(101).at }])
    expect(status().lost).toBe(900)
  })

  test('is bounded in bytes and in count', async () => {
    const { record, flush, status } = recording([flaky(() => 'works').sink], { count: 1e9, bytes: 10 * 1024 })
    for (let i = 1; i <= 100; i++) record(event(i))
    await flush()
    expect(status().lost).toBe(90)
  })

  test('a full disk blocks no other sink, and the loss is reported once there is space', async () => {
    symlinkSync('/dev/full', path)
    const other = flaky(() => 'works')
    const { record, flush, status, states } = recording([await fileSink(), other.sink], { count: 50, bytes: 1e9 })
    for (let i = 1; i <= 80; i++) {
      record(event(i))
      if (i % 10 === 0) await flush(20)
    }
    expect(parse(other.text())).toHaveLength(80)
    expect(status().sinks[0]).toMatchObject({ name: 'file', state: 'failing', error: 'ENOSPC', queued: 50, lost: 30 })
    unlinkSync(path)
    expect(await flush()).toBe(true)
    expect(written()).toHaveLength(51)
    expect(written().at(-1)?.status_detail).toMatch(/^30 audit events were lost between /)
    expect(status().sinks[0]).toMatchObject({ state: 'working', error: undefined, queued: 0 })
    expect(states).toEqual(['file failing ENOSPC', 'file working'])
  })

  test('an event before the first configuration is written, too', async () => {
    const { sink, text } = flaky(() => 'works')
    const recorder = createRecorder({
      sinks: [sink],
      now: Date.now,
      configurationHash: () => {
        throw new TypeError('not yet')
      },
    })
    recorders.push(recorder)
    recorder.record(event(1))
    await recorder.flush()
    expect(ocsfLineProblems(text())).toEqual([])
    expect(parse(text())).toHaveLength(1)
  })

  test('a failing sink is retried automatically', async () => {
    let works = false
    const { sink, text } = flaky(() => (works ? 'works' : 'fails'))
    const { record, status } = recording([sink])
    record(event(1))
    await expect.poll(() => status().sinks[0]?.state, { timeout: 5000, interval: 5 }).toBe('failing')
    works = true
    await expect.poll(text, { timeout: 5000, interval: 10 }).toContain('number 1')
  })

  test('with any failures, every sequence number is written once or reported lost once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('works', 'works', 'fails', 'half'), { maxLength: 30 }),
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 5, max: 120 }),
        async (plan, bursts, count) => {
          const steps = [...(plan as ('works' | 'fails' | 'half')[])]
          const { sink, text } = flaky(() => steps.shift() ?? 'works')
          const { record, flush, close, status } = recording([sink], { count, bytes: 1e9 })
          let number = 0
          for (const burst of bursts) {
            for (let i = 0; i < burst; i++) record(event(++number))
            await flush(1)
          }
          while (!(await flush(50)));
          await close()
          const covered = parse(text()).flatMap(({ metadata, status_detail }) => {
            const loss = /^(\d+) .*\(sequence (\d+) to (\d+),/.exec(status_detail ?? '')
            if (loss === null) return [metadata.sequence]
            const [first, last] = [Number(loss[2]), Number(loss[3])]
            expect(Number(loss[1])).toBe(last - first + 1)
            return Array.from({ length: last - first + 1 }, (_, i) => first + i)
          })
          expect(covered).toEqual(Array.from({ length: number }, (_, i) => i + 1))
          expect(status().queued).toBe(0)
        },
      ),
      { numRuns: 60 },
    )
  })

  test('close waits no longer than its limit for a hanging sink, and reports the loss', async () => {
    const hanging: Sink = { name: 'hanging', write: () => new Promise(() => {}), close: () => Promise.resolve() }
    const { record, close, losses, status } = recording([hanging])
    record(event(1))
    await close(50)
    expect(losses).toEqual([{ sink: 'hanging', from: event(1).at }])
    expect(status()).toMatchObject({ queued: 0, lost: 1 })
    record(event(2))
    await expect.poll(() => status().lost, { timeout: 2000, interval: 5 }).toBe(2)
  })

  test('close writes all recorded events', async () => {
    const { record, close } = recording([await fileSink()])
    for (let i = 1; i <= 500; i++) record(event(i))
    await close()
    expect(written()).toHaveLength(500)
  })
})

describe('event queue', () => {
  const stretch = (at: number) => ({ count: 1, from: at, until: at, first: at, last: at })

  test('a gap that was peeked at does not grow', () => {
    const journal = createEventQueue<number>({ count: 1, bytes: 10 })
    expect(journal.push(1, 1, stretch(1))).toBe('kept')
    expect(journal.push(2, 1, stretch(2))).toBe('gap_opened')
    expect(journal.push(3, 1, stretch(3))).toBe('gap_grew')
    journal.shift()
    expect(journal.peek()).toMatchObject({ kind: 'gap', range: { count: 2, first: 2, last: 3 } })
    expect(journal.lose(stretch(4))).toBe('gap_opened')
    journal.shift()
    expect(journal.peek()).toMatchObject({ kind: 'gap', range: { count: 1, first: 4 } })
    journal.shift()
    expect(journal.peek()).toBeUndefined()
    expect([journal.count, journal.bytes]).toEqual([0, 0])
  })

  test('a single entry larger than the limit is accepted into an empty queue', () => {
    const journal = createEventQueue<number>({ count: 10, bytes: 10 })
    expect(journal.push(1, 100, stretch(1))).toBe('kept')
    expect(journal.push(2, 1, stretch(2))).toBe('gap_opened')
  })
})
