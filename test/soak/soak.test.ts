// Self-test of the soak: violations are counted, correct behaviour is not, and growth is distinguished from noise.

import { spawn } from 'node:child_process'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { inspectable, watchHeap } from './heap.ts'
import { createExpectedState } from './expected-state.ts'
import { isLeak, limits, trendOf } from './leak-detector.ts'

describe('expected state', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }))
  afterEach(() => void vi.useRealTimers())

  test('counts an allow more than two seconds after the end was acknowledged, and none before', () => {
    const ledger = createExpectedState()
    ledger.allowed('ada')
    ledger.passed('ada', Date.now())
    ledger.ended('ada')
    ledger.passed('ada', Date.now() + 1_900)
    expect(ledger.counts.wrongAllows).toBe(0)
    ledger.passed('ada', Date.now() + 2_500)
    ledger.passed('miro, never allowed', Date.now())
    expect(ledger.counts.wrongAllows).toBe(2)
  })

  test('counts a denial of a session that was not ended', () => {
    const ledger = createExpectedState()
    ledger.allowed('ada')
    ledger.refused('ada', Date.now() + 1_000, '401')
    expect(ledger.counts.wrongRefusals).toBe(0)
    ledger.refused('ada', Date.now() + 3_000, '401')
    ledger.ended('ada')
    ledger.refused('ada', Date.now() + 9_000, '401')
    expect(ledger.counts.wrongRefusals).toBe(1)
  })

  test('counts nothing while an end is requested but not acknowledged', () => {
    const ledger = createExpectedState()
    ledger.allowed('ada')
    ledger.ending('ada')
    ledger.refused('ada', Date.now() + 9_000, '401')
    ledger.passed('ada', Date.now() + 9_000)
    expect(ledger.counts).toMatchObject({ checked: 2, wrongAllows: 0, wrongRefusals: 0 })
    ledger.ended('ada')
    ledger.passed('ada', Date.now() + 3_000)
    expect(ledger.counts.wrongAllows).toBe(1)
  })

  test('counts a missing acknowledged grant, unless it was revoked', () => {
    const ledger = createExpectedState()
    for (const id of ['kept', 'lost', 'revoked']) ledger.granted(id)
    ledger.revoked('revoked')
    ledger.seen(new Set(), 'a', Date.now())
    expect(ledger.counts.lostGrants).toBe(0)
    vi.advanceTimersByTime(3_000)
    // A delayed response.
    ledger.seen(new Set(), 'b', Date.now() - 1_000)
    expect(ledger.counts.lostGrants).toBe(0)
    ledger.seen(new Set(['kept']), 'b', Date.now())
    expect(ledger.counts.lostGrants).toBe(1)
  })
})

/** Samples every two seconds for twenty minutes, like the soak. */
const samples = (value: (minute: number) => number) =>
  Array.from({ length: 600 }, (_, index) => ({ at: index * 2_000, value: value(index / 30) }))
const sawTooth = (minute: number) => ((minute * 7) % 1) * 60
/** Deterministic noise, like that of other processes on the machine. */
const noise = (minute: number) => 6 * Math.sin(minute * 97.3) * Math.sin(minute * 13.7)

describe('slope', () => {
  test('of a sawtooth is flat', () => {
    expect(Math.abs(trendOf(samples((minute) => 100 + sawTooth(minute))).perMinute)).toBeLessThan(0.1)
  })

  test('of a leak with a sawtooth is the leak', () => {
    const { perMinute } = trendOf(samples((minute) => 100 + minute * 3 + sawTooth(minute)))
    expect(Math.abs(perMinute - 3)).toBeLessThan(0.1)
  })

  test('ignores warm-up', () => {
    expect(trendOf(samples((minute) => Math.min(200, 100 + minute * 20))).perMinute).toBeCloseTo(0)
  })
})

describe('grows()', () => {
  const { live, resident, handles } = limits

  test.each([
    ['a slow leak', (minute: number) => 33 + minute * 0.35, live],
    ['a slow leak under saw teeth and noise', (minute: number) => 150 + minute * 0.7 + sawTooth(minute), resident],
    ['a leak that began after a quarter of an hour', (minute: number) => 150 + Math.max(0, minute - 15) * 2, resident],
    ['a socket with each kill of Redis', (minute: number) => 50 + Math.floor(minute * 1.4), handles],
  ])('%s', (_, value, limit) => {
    expect(isLeak(samples(value), limit)).toBe(true)
    // Independent of the total size: steady growth counts.
    expect(
      isLeak(
        samples((minute) => value(minute) / 10),
        limit / 10,
      ),
    ).toBe(true)
  })

  test.each([
    ['a saw tooth', sawTooth, resident],
    ['a slow saw tooth, of which only one and a half fit', (minute: number) => (minute % 7) * 10, resident],
    ['a saw tooth and noise', (minute: number) => 150 + sawTooth(minute) + noise(minute), resident],
    ['a cache that is full after eight minutes', (minute: number) => Math.min(60, 30 + minute * 4), live],
    ['what is kept by design at the pace of the soak', (minute: number) => 33 + minute * 0.1, live],
    ['people who come and go', (minute: number) => Math.round(55 + noise(minute)), handles],
    ['shrinking', (minute: number) => 200 - minute, resident],
  ])('not %s', (_, value, limit) => {
    expect(isLeak(samples(value), limit)).toBe(false)
  })

  test('missing samples do not count as flat', () => {
    expect(isLeak([], resident)).toBe(true)
    expect(
      isLeak(
        samples(() => NaN),
        resident,
      ),
    ).toBe(true)
  })
})

describe('live heap', () => {
  test('of a node excludes garbage', async () => {
    const program = `
      globalThis.kept = []
      process.stdin.on('data', (text) => {
        if (String(text) === 'keep') globalThis.kept.push(Buffer.alloc(2 ** 23, 1), new Array(2 ** 20).fill(0.5))
        else for (let time = 0; time < 50; time++) globalThis.last = new Array(2 ** 17).fill(time)
        globalThis.last = undefined
        process.stdout.write('done ')
      })`
    const child = spawn(process.execPath, [...inspectable, '-e', program], { stdio: 'pipe' })
    try {
      let output = ''
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk))
      await expect.poll(() => output, { timeout: 5_000 }).toMatch(/^Debugger listening on .*\n/m)
      const heap = await watchHeap(output)
      const doing = async (what: string): Promise<number> => {
        const before = output.split('done').length
        child.stdin.write(what)
        await expect.poll(() => output.split('done').length, { timeout: 5_000 }).toBe(before + 1)
        return await heap.live()
      }
      const first = await heap.live()
      expect(Math.abs((await doing('waste')) - first)).toBeLessThan(2 ** 20)
      const more = (await doing('keep')) - first
      expect(more).toBeGreaterThan(2 ** 24 - 2 ** 20)
      expect(more).toBeLessThan(2 ** 24 + 2 ** 20)
      heap.close()
    } finally {
      child.kill('SIGKILL')
    }
  })

  test('of a node without an inspector is an error', async () => {
    await expect(watchHeap('einlass: https://access.example.com is open\n')).rejects.toThrow('inspector')
  })
})
