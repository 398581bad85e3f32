// Tests of the evaluation in the bench: ratios, thresholds, tables, charts, profiles; not of the measurements.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { drawCurves, drawHistogram, roundUp } from './chart.ts'
import { coresOf, shareOut } from './cores.ts'
import { drawFlamegraph } from './flamegraph.ts'
import { regressions, type RegressionThresholds } from './regression-thresholds.ts'
import { differences } from './result-ratios.ts'
import { joined } from './run-comparison.ts'
import type { Full } from './full-run.ts'
import { sectionsOf } from './page.ts'
import { cpuSeconds, freePort, peakMemory, processTree, start } from './processes.ts'
import { sharesOf, treeOf, type CpuProfile } from './profile.ts'
import { agree, median, quantile, ratios, spread } from './ratios.ts'
import { alignColumns, replaceSection, table } from './report.ts'
import { interleave } from './rounds.ts'

const folder = mkdtempSync(join(tmpdir(), 'einlass-bench-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('ratios', () => {
  test('are taken within a round, never across', () => {
    expect(ratios([50, 10], [100, 20])).toEqual([0.5, 0.5])
    expect(() => ratios([1], [1, 2])).toThrow('1 rounds cannot be compared with 2')
  })

  test('lie around their median', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.01, max: 100, noNaN: true }), { minLength: 1 }), (values) => {
        const { min, max, median: middle } = spread(values)
        expect(min).toBeLessThanOrEqual(middle)
        expect(middle).toBeLessThanOrEqual(max)
        expect(values.filter((value) => value < middle).length).toBeLessThanOrEqual(values.length / 2)
      }),
    )
  })

  test('have quantiles between the two nearest values', () => {
    expect(median([3, 1, 2])).toBe(2)
    expect(median([4, 1, 2, 3])).toBe(2.5)
    expect(quantile([0, 10], 0.99)).toBeCloseTo(9.9)
    expect(quantile([], 0.5)).toBeNaN()
  })

  test('of two runs agree when their spreads have something in common', () => {
    const run = { median: 0.8, min: 0.7, max: 0.9 }
    expect(agree(run, { median: 0.95, min: 0.88, max: 1 })).toBe(true)
    expect(agree(run, { median: 0.95, min: 0.91, max: 1 })).toBe(false)
    expect(agree({ median: 0.95, min: 0.91, max: 1 }, run)).toBe(false)
  })
})

describe('regression thresholds', () => {
  const floors: RegressionThresholds = { tolerance: 0.1, floors: { '1 kB': 0.5 }, storeCommands: 0.01 }
  const at = (value: number) => new Map([['1 kB', { median: value, min: value, max: value }]])

  test('let noise pass and nothing more', () => {
    expect(regressions(floors, at(0.46), 0)).toEqual([])
    expect(regressions(floors, at(0.44), 0)).toEqual(['1 kB: 0.440 is below 0.50 less 10 %'])
  })

  test('take a figure that is none for a fall', () => {
    expect(regressions(floors, at(Number.NaN), 0)).toHaveLength(1)
    expect(regressions(floors, at(1), Number.NaN)).toHaveLength(1)
  })

  test('fail for a scenario without a threshold and for a threshold without a measurement', () => {
    expect(regressions(floors, new Map(), 0)).toEqual(['1 kB: has a floor and was not measured'])
    const both = new Map([...at(1), ['2 kB', { median: 1, min: 1, max: 1 }]])
    expect(regressions(floors, both, 0)).toEqual(['2 kB: has no floor'])
  })

  test('count commands to the store', () => {
    expect(regressions(floors, at(1), 1)).toEqual(['1.0000 store commands per request, 0.01 allowed'])
  })

  test('as they stand in the file are ratios', () => {
    const file = JSON.parse(
      readFileSync(new URL('./regression-thresholds.json', import.meta.url), 'utf8'),
    ) as RegressionThresholds
    expect(file.tolerance).toBeLessThan(0.3)
    for (const floor of Object.values(file.floors)) expect(floor).toBeGreaterThan(0)
  })
})

describe('rounds', () => {
  test('go in turns, and the one that warms up is thrown away', async () => {
    const seen: string[] = []
    const party = (name: string) => ({
      name,
      measure: async (round: number) => {
        seen.push(`${name}${round}`)
        return round
      },
    })
    const rows = await interleave([party('a'), party('b')], 2)
    expect(seen).toEqual(['a0', 'b0', 'a1', 'b1', 'b2', 'a2'])
    expect(rows.map(({ rounds }) => rounds)).toEqual([
      [1, 2],
      [1, 2],
    ])
  })

  test('go on without who failed, whose figures are gone', async () => {
    const broken = {
      name: 'a',
      measure: (round: number) => (round < 2 ? Promise.resolve(1) : Promise.reject(new Error('it broke\nhere'))),
    }
    const rows = await interleave([broken, { name: 'b', measure: async () => 2 }], 3)
    expect(rows[0]).toEqual({ name: 'a', rounds: [], failed: 'it broke' })
    expect(rows[1]!.rounds).toEqual([2, 2, 2])
  })
})

describe('two starts', () => {
  const row = (name: string, rounds: number[], peak: number, failed?: string) => ({
    name,
    rounds: rounds.map((cpu) => ({ cpu, requestsPerSecond: 1, p50: 1, p99: 1 })),
    peak,
    failed,
  })

  test('are one row, with the rounds of both and the higher peak', () => {
    const [result] = joined([
      { scenario: '1 kB', rows: [row('a', [1, 2], 50), row('b', [3, 4], 10)] },
      { scenario: '1 kB', rows: [row('a', [5], 40), row('b', [6], 20)] },
    ])
    expect(result!.rows.map(({ rounds, peak }) => [rounds.map(({ cpu }) => cpu), peak])).toEqual([
      [[1, 2, 5], 50],
      [[3, 4, 6], 20],
    ])
  })

  test('have failed when one of them has', () => {
    const [result] = joined([
      { scenario: '1 kB', rows: [row('a', [1, 2], 50)] },
      { scenario: '1 kB', rows: [row('a', [], 40, 'it broke')] },
    ])
    expect(result!.rows).toEqual([row('a', [], 50, 'it broke')])
  })
})

describe('two runs', () => {
  const row = (name: string, requests: readonly number[], cpu: readonly number[]) => ({
    name,
    rounds: requests.map((requestsPerSecond, at) => ({ requestsPerSecond, cpu: cpu[at]!, p50: 1, p99: 2 })),
    failed: undefined,
    peak: 1,
  })
  const run = (scenario: string, requests: readonly number[], cpu: readonly number[]) => ({
    results: [{ scenario, rows: [row('bare', [100, 100], [50, 50]), row('einlass', requests, cpu)] }],
  })

  test('agree where the spreads of a ratio have something in common', () => {
    expect(differences(run('1 kB', [90, 110], [1, 1]), run('1 kB', [105, 130], [9, 9]))).toEqual([])
    expect(differences(run('1 kB', [90, 100], [1, 1]), run('1 kB', [105, 130], [1, 1]))).toEqual([
      '1 kB, einlass: 0.95, before 1.18',
    ])
  })

  test('at a pace are compared by what a request cost', () => {
    expect(differences(run('half load', [50, 50], [40, 60]), run('half load', [60, 60], [50, 70]))).toEqual([])
    expect(differences(run('half load', [50, 50], [40, 60]), run('half load', [50, 50], [70, 80]))).toEqual([
      'half load, einlass: 1.00, before 1.50',
    ])
  })

  test('say nothing about a scenario only one of them had', () => {
    expect(differences(run('1 kB', [90, 90], [1, 1]), run('64 kB', [10, 10], [1, 1]))).toEqual([])
  })
})

describe('cores', () => {
  const alone = (core: number): number[] => [core]

  test('are read as the kernel writes them', () => {
    expect(coresOf('0-2,5')).toEqual([0, 1, 2, 5])
    expect(coresOf('3')).toEqual([3])
  })

  test('are not shared between the proxy and the load', () => {
    expect(shareOut([0, 1], alone)).toEqual({ all: '0,1', count: 2, proxy: '0', rest: '1', pair: undefined })
    expect(shareOut([0, 1, 2, 3], alone)).toMatchObject({ proxy: '0', rest: '2,3', pair: '0,1' })
    expect(shareOut([4], alone)).toMatchObject({ proxy: undefined, rest: undefined })
  })

  test('that are two threads of one count once, where there are others', () => {
    const twins = (core: number): number[] => [core & ~1, core | 1]
    expect(shareOut([0, 1, 2, 3], twins)).toMatchObject({ proxy: '0', rest: '2', count: 2 })
    expect(shareOut([0, 1], twins)).toMatchObject({ proxy: '0', rest: '1' })
  })
})

describe('tables', () => {
  test('are as wide as they need', () => {
    expect(
      alignColumns([
        ['a', 'bb', 'c'],
        ['aaa', 'b', 'c'],
        ['x', 'a remark of its own'],
      ]),
    ).toBe('a    bb  c\naaa  b   c\nx    a remark of its own')
  })

  test('of Markdown have their numbers to the right, and no cell ends early', () => {
    expect(
      table([
        ['a', 'b'],
        ['x|y', '1.5'],
        ['z', '–'],
      ]),
    ).toBe('| a | b |\n|---|--:|\n| x\\|y | 1.5 |\n| z | – |')
  })

  test('go between their markers and leave the rest of the page alone', () => {
    const page = 'one\n<!-- bench:a -->\nold\n<!-- /bench:a -->\ntwo\n'
    const written = replaceSection(page, 'a', 'new')
    expect(written).toBe('one\n<!-- bench:a -->\nnew\n<!-- /bench:a -->\ntwo\n')
    expect(replaceSection(written, 'a', 'new')).toBe(written)
    expect(() => replaceSection(page, 'b', 'x')).toThrow('no place for "b"')
  })
})

describe('the page', () => {
  const one = (requestsPerSecond: number, cpu: number) => ({ requestsPerSecond, cpu, p50: 1, p99: 2 })
  const full: Full = {
    machine: {
      cpu: '2 x some',
      system: 'Debian',
      node: 'v26',
      commit: 'abc',
      programs: ['nginx 1'],
      pinned: 'so',
      date: '2026-01-01',
    },
    contenders: [
      { name: 'bare', about: 'the least', identity: false },
      { name: 'einlass', about: 'ours', identity: true },
      { name: 'Caddy', about: 'theirs', identity: false },
    ],
    results: [
      {
        scenario: '1 kB',
        rows: [
          { name: 'bare', rounds: [one(100, 10), one(200, 10)], failed: undefined, peak: 50 },
          { name: 'einlass', rounds: [one(90, 12), one(170, 12)], failed: undefined, peak: 90 },
          { name: 'Caddy', rounds: [], failed: 'it went away', peak: 0 },
        ],
      },
    ],
    workers: undefined,
    cut: { same: [1, 2, 3], other: [4, 5, 2500] },
    storeCommands: 0,
    problems: [{ what: 'oauth2-proxy', why: 'no binary', missing: true }],
  }
  const sections = sectionsOf(full)

  test('has a place for every section', () => {
    let page = readFileSync(new URL('../../docs/explanation/performance.md', import.meta.url), 'utf8')
    for (const [name, text] of sections) page = replaceSection(page, name, text)
    for (const name of ['growth', 'flame-before', 'flame-after']) replaceSection(page, name, 'x')
  })

  test('says what was reached, what was not, and what failed', () => {
    expect(sections.get('summary')).toContain('| **einlass** | 0.88 |')
    expect(sections.get('summary')).toContain('| Caddy | failed |')
    expect(sections.get('details')).toContain('failed: it went away')
    expect(sections.get('details')).toContain('| 0.88 (0.85–0.90) | 0.83 (0.83–0.83) |')
    expect(sections.get('targets')).toMatch(/1 kB, to bare \| at least 0\.85 \| 0\.88 .* \| reached \|/)
    expect(sections.get('targets')).toMatch(/10 MB up, to bare .* not measured \|/)
    expect(sections.get('targets')).toMatch(/other node \| at most 2000 ms \| 2500 ms \|\s+\| not reached \|/)
    expect(sections.get('machine')).toContain('- oauth2-proxy: left out, no binary')
  })
})

describe('pictures', () => {
  /** Checks that every tag is closed: Chromium does not render an SVG that is not well-formed. */
  function wellFormed(text: string): void {
    const open: string[] = []
    for (const [, close, name, rest] of text.matchAll(/<(\/?)([a-z]+)((?:"[^"]*"|[^">])*)>/gi)) {
      if (close) expect(open.pop()).toBe(name)
      else if (!rest!.endsWith('/')) open.push(name!)
    }
    expect(open).toEqual([])
    expect(text).not.toMatch(/NaN|Infinity|undefined/)
  }

  test('of curves have an axis for each panel and a point for each figure', () => {
    const picture = drawCurves({
      title: 'more & more',
      x: 'apps',
      logarithmic: true,
      panels: [
        {
          label: 'cost',
          series: [
            {
              name: 'cost',
              points: [
                [10, 1],
                [100, 1.02],
                [1000, 1.1],
              ],
            },
          ],
        },
        {
          label: 'MB',
          series: [
            {
              name: 'a',
              points: [
                [10, 40],
                [1000, 60],
              ],
            },
            {
              name: 'b',
              points: [
                [10, 0],
                [1000, 0],
              ],
            },
          ],
        },
      ],
    })
    wellFormed(picture)
    expect(picture.match(/<circle/g)).toHaveLength(7)
    expect(picture).toContain('more &amp; more')
    expect(picture).toContain('>1,000</text>')
    expect(picture).toContain('prefers-color-scheme: dark')
  })

  test('of a histogram count every value once', () => {
    const values = Array.from({ length: 500 }, (_, at) => (at * 37) % 480)
    const picture = drawHistogram({
      title: 'cut',
      x: 'ms',
      y: 'connections',
      groups: [{ name: 'same', values }],
      marks: [{ at: 1000, name: 'promised' }],
    })
    wellFormed(picture)
    const counted = [...picture.matchAll(/<title>[\d.,]+ to [\d.,]+: (\d+)<\/title>/g)].map(([, count]) =>
      Number(count),
    )
    expect(counted.reduce((sum, count) => sum + count, 0)).toBe(500)
  })

  test('have axes that end at a round number not below the highest value', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), (value) => {
        expect(roundUp(value)).toBeGreaterThanOrEqual(value * 0.999)
        expect(roundUp(value)).toBeLessThanOrEqual(value * 2.51)
      }),
    )
  })

  test('of a real profile show the functions that ran', () => {
    const tree = treeOf(profiled())
    wellFormed(drawFlamegraph(tree, 'a <profile>'))
    expect(drawFlamegraph(tree, 'x')).toContain('busy')
  })
})

describe('a profile', () => {
  const tree = treeOf(profiled())

  test('of a real process has every microsecond in exactly one room', () => {
    const shares = sharesOf(tree)
    expect(shares.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6)
    const crypto = shares.find(({ room }) => room === 'node:crypto')
    expect(crypto?.share).toBeGreaterThan(0.2)
  })

  test('adds up: no frame is narrower than those it calls', () => {
    const check = (frame: typeof tree): void => {
      const below = frame.children.reduce((sum, { total }) => sum + total, 0)
      expect(frame.self + below).toBeCloseTo(frame.total, 3)
      frame.children.forEach(check)
    }
    check(tree)
  })

  test('leaves idle time out and gives native code to its caller', () => {
    const frame = (id: number, functionName: string, url: string, children: number[] = []) => ({
      id,
      callFrame: { functionName, url, lineNumber: 0 },
      children,
    })
    const profile: CpuProfile = {
      nodes: [
        frame(1, '(root)', '', [2, 3, 5]),
        frame(2, '(idle)', ''),
        frame(3, 'carry', 'file:///x/src/gateway/forward.ts', [4, 6]),
        frame(4, 'writev', ''),
        frame(5, '(garbage collector)', ''),
        frame(6, 'dispatch', 'file:///x/node_modules/undici/lib/a.js'),
      ],
      samples: [2, 3, 4, 5, 6],
      timeDeltas: [1000, 10, 30, 40, 20],
    }
    const found = Object.fromEntries(sharesOf(treeOf(profile)).map(({ room, share }) => [room, share]))
    expect(found).toEqual({ 'src/gateway': 0.4, 'garbage collection': 0.4, undici: 0.2 })
  })
})

describe('processes', () => {
  test('are started, watched with all below them, and gone after stop', async () => {
    const below = `while (process.cpuUsage().user < 300000); console.log('ready'); setInterval(() => {}, 1000)`
    const work = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(below)}], { stdio: 'inherit' })`
    const running = await start(undefined, process.execPath, ['-e', work], /ready/)
    try {
      expect(processTree(running.pid)).toHaveLength(2)
      expect(cpuSeconds(running.pid)).toBeGreaterThan(0.25)
      expect(peakMemory(running.pid)).toBeGreaterThan(40)
    } finally {
      for (const pid of processTree(running.pid).slice(1)) process.kill(pid)
      await running.stop()
    }
    expect(() => process.kill(running.pid, 0)).toThrow('ESRCH')
  })

  test('that never listen are an error that says so', async () => {
    const port = await freePort()
    await expect(start(undefined, process.execPath, ['-e', 'console.error("no room")'], port)).rejects.toThrow(
      /ended \(0\)[^]*no room/,
    )
  })
})

/** A real profile of a quarter of a second of hashing. */
function profiled(): CpuProfile {
  const own = mkdtempSync(join(folder, 'profile-'))
  const work = `const { createHash } = require('node:crypto')
function busy() { const until = Date.now() + 250; while (Date.now() < until) createHash('sha256').update('x'.repeat(20000)).digest() }
busy()`
  const done = spawnSync(process.execPath, ['--cpu-prof', '--cpu-prof-dir', own, '-e', work], { encoding: 'utf8' })
  if (done.status !== 0) throw new Error(done.stderr)
  return JSON.parse(readFileSync(join(own, readdirSync(own)[0]!), 'utf8')) as CpuProfile
}
