// `npm run bench -- --quick`: regression check in about a minute; exits 1 when a ratio is below its threshold.

import { request } from 'undici'
import { startEinlass, type StartedEinlass } from './einlass.ts'
import { regressions, type RegressionThresholds } from './regression-thresholds.ts'
import type { Environment } from './environment.ts'
import { measure, type Load, type Measured } from './load.ts'
import { baselineUndici, httpProxy } from './node-proxies.ts'
import { median, ratios, spread, type Spread } from './ratios.ts'
import { interleave, type Row } from './rounds.ts'
import { alignColumns } from './report.ts'

/** Names as in regression-thresholds.json. */
const scenarios: Readonly<Record<string, Pick<Load, 'wire' | 'path' | 'upload'>>> = {
  '1 kB': { wire: 'http1', path: '/1000' },
  '64 kB': { wire: 'http1', path: '/64000' },
  '1 MB down': { wire: 'http1', path: '/1000000' },
  '1 MB up': { wire: 'http1', path: '/sink', upload: 1_000_000 },
  '1 kB, TLS': { wire: 'tls-http1', path: '/1000' },
  '1 kB, HTTP/2': { wire: 'tls-http2', path: '/1000' },
}

/** Shown beside it in this scenario, without a threshold. */
const besideAt = '1 kB'

export async function quick(
  ground: Environment,
  floors: RegressionThresholds,
  rounds: number,
  seconds: number,
): Promise<boolean> {
  const lines = [
    [
      'scenario',
      'bare / CPU',
      '(min .. max)',
      'floor',
      'requests / bare',
      '(min .. max)',
      'CPU us',
      'bare',
      'p99 ms',
      'bare',
    ],
  ]
  const measured = new Map<string, Spread>()
  const problems: string[] = []
  let commands = Number.NaN
  for (const secure of [false, true]) {
    const setting = { secure, upstream: ground.upstreamPort }
    const one = ground.keep(await baselineUndici.start(ground, setting))
    const ours = ground.keep(await startEinlass(ground, setting))
    const beside = secure ? [] : [ground.keep(await httpProxy.start(ground, setting))]
    let first = true
    for (const [name, scenario] of Object.entries(scenarios)) {
      if ((scenario.wire !== 'http1') !== secure) continue
      const load: Load = { ...scenario, seconds, connections: name.startsWith('1 MB') ? 8 : 32 }
      const rows = await interleave(
        [one, ours, ...(name === besideAt ? beside : [])].map((target) => ({
          name: target.name,
          measure: (round: number) => measure(ground, target, round === 0 ? { ...load, seconds: 2 * seconds } : load),
        })),
        rounds,
        { warm: first },
      )
      first = false
      const [base, own, ...others] = rows as [Row<Measured>, Row<Measured>, ...Row<Measured>[]]
      const compared = [{ label: name, row: own, floor: floors.floors[name] }].concat(
        others.map((row) => ({ label: `${name}, ${row.name}`, row, floor: undefined })),
      )
      for (const { label, row, floor } of compared) {
        const failed = base.failed ?? row.failed
        if (failed !== undefined) {
          lines.push([label, `failed: ${failed}`])
          problems.push(`${label}: failed: ${failed}`)
          continue
        }
        // The check uses CPU time, since throughput on a shared core depends on other processes.
        const cost = spread(ratios(base.rounds.map(cpuOf), row.rounds.map(cpuOf)))
        if (row === own) measured.set(name, cost)
        lines.push([label, ...figures(base, row, cost, floor)])
      }
    }
    if (!secure) commands = await storeCommandsPerRequest(ground, ours)
  }
  process.stdout.write(
    `${alignColumns(lines)}\n\nstore commands per request while nothing changed: ${commands.toFixed(4)}\n`,
  )
  problems.push(...regressions(floors, measured, commands))
  for (const problem of problems) process.stderr.write(`bench: ${problem}\n`)
  return problems.length === 0
}

function figures(base: Row<Measured>, row: Row<Measured>, cost: Spread, floor: number | undefined): string[] {
  const got = spread(ratios(row.rounds.map(speedOf), base.rounds.map(speedOf)))
  const middle = (one: Row<Measured>, pick: (measured: Measured) => number): number => median(one.rounds.map(pick))
  return [
    cost.median.toFixed(2),
    `${cost.min.toFixed(2)} .. ${cost.max.toFixed(2)}`,
    floor?.toFixed(2) ?? '-',
    got.median.toFixed(2),
    `${got.min.toFixed(2)} .. ${got.max.toFixed(2)}`,
    middle(row, cpuOf).toFixed(0),
    middle(base, cpuOf).toFixed(0),
    middle(row, ({ p99 }) => p99).toFixed(1),
    middle(base, ({ p99 }) => p99).toFixed(1),
  ]
}

function speedOf({ requestsPerSecond }: Measured): number {
  return requestsPerSecond
}

function cpuOf({ cpu }: Measured): number {
  return cpu
}

/** Store commands per request, counted by Redis over some hundred warm requests. */
export async function storeCommandsPerRequest(
  ground: Environment,
  target: StartedEinlass,
  requests = 1000,
): Promise<number> {
  const url = `http://127.0.0.1:${target.port}/1000`
  const quiet = await ground.redis.commands()
  await new Promise((resolve) => setTimeout(resolve, 1000))
  // Subtract polls and heartbeats, which run without requests.
  const idle = (await ground.redis.commands()) - quiet
  const before = await ground.redis.commands()
  const started = performance.now()
  for (let sent = 0; sent < requests; sent++) {
    const answer = await request(url, { headers: target.headers })
    await answer.body.dump()
    if (answer.statusCode !== 200) throw new Error(`an answer was ${answer.statusCode}`)
  }
  const seconds = (performance.now() - started) / 1000
  return Math.max(0, (await ground.redis.commands()) - before - idle * seconds) / requests
}
