// `npm run test:dos`: latency of a signed-in user during denial-of-service floods, compared with quiet time in the same run.

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { readCommandLine } from '../../scripts/command-line.ts'
import { freePorts } from '../../src/demo/listen.ts'
import { certificateFolder } from '../support/certificates.ts'
import type { Person } from '../support/user-client.ts'
import type { NodeProcess } from '../support/gateway-process.ts'
import { startTestEnvironment, type TestEnvironment } from '../support/test-environment.ts'
import { honestOutcomes, levers } from './levers.ts'

readCommandLine({
  name: 'test:dos',
  about:
    'Measures the latency of a signed-in user during denial-of-service floods, and prints what an honest person sees of strangers’ levers. Exits 1 when a limit does not hold.',
  options: {},
})

/** Milliseconds of each measurement, and between two requests of the user. */
const span = 8_000
const between = 10
/** Milliseconds: limit for the p99 event loop delay during a flood. */
const delayAtMost = 50

interface Seen {
  readonly times: readonly number[]
  readonly failed: number
  /** Milliseconds: p99 event loop delay from the gateway's metrics. */
  readonly delay: number
}

interface Flood {
  readonly name: string
  /** Whether the limit took effect; otherwise the measurement proves nothing. */
  readonly effective: (counts: Readonly<Record<string, number>>) => boolean
}

const floods: readonly Flood[] = [
  { name: 'slow headers', effective: (counts) => (counts['connections'] ?? 0) > 1_000 },
  { name: 'sign-ins', effective: (counts) => (counts['answered 429'] ?? 0) > 100 && (counts['broken'] ?? 0) === 0 },
  {
    name: 'rapid reset',
    effective: (counts) => (counts['connections closed'] ?? 0) > 10 && !counts['connections that lived'],
  },
]

const certificates = certificateFolder()
const undo: (() => unknown)[] = [() => certificates.remove()]
try {
  process.exitCode = (await run()) ? 0 : 1
} finally {
  for (const step of undo.toReversed()) await step()
}

async function run(): Promise<boolean> {
  const made = certificates.make(['access.localhost', 'wiki.localhost', 'control.localhost'])
  const [operations] = (await freePorts(1)) as [number]
  const stage = await startTestEnvironment({
    tls: { cert: made.cert, key: made.key, ca: () => made.pem },
    apps: {
      wiki: { policy: [{ allow: { groups: ['staff'] } }] },
      control: {
        policy: [{ allow: { grant: 'required' } }],
        emergency: { eligible: { groups: ['it-admins'] }, reviewers: { groups: ['staff'] }, codes: true },
      },
    },
    more: () => ({ gateway: { operations: `127.0.0.1:${operations}` } }),
  })
  undo.push(() => stage.stop())
  const node = await stage.startNode('a')
  const erika = stage.person('erika')
  const wiki = stage.origin('wiki')
  await erika.signIn(wiki, node.port)
  const measure = (): Promise<Seen> => observe(erika, `${wiki}/`, node.port, operations)
  // Warm up: the first requests of a process are slower.
  await measure()

  let held = true
  const rows: string[][] = [['flood', 'p50', 'p99', 'quiet p99', 'ratio', 'loop p99', 'quiet', 'failed', 'result']]
  for (const { name, effective } of floods) {
    const quiet = await measure()
    const child = startFlood(name, node.port)
    await pause(4_000)
    const during = await measure()
    const counts = await child.stop()
    const ok = effective(counts) && during.failed === 0 && during.delay < delayAtMost
    held &&= ok
    const ratio = percentile(during.times, 99) / percentile(quiet.times, 99)
    rows.push([
      `${ok ? '' : 'BROKEN '}${name}`,
      ...[percentile(during.times, 50), percentile(during.times, 99), percentile(quiet.times, 99)].map(ms),
      `${ratio.toFixed(1)}x`,
      ms(during.delay),
      ms(quiet.delay),
      String(during.failed),
      Object.entries(counts)
        .map(([what, many]) => `${many} ${what}`)
        .join(', '),
    ])
    // Let the effects of the flood end before the next quiet measurement.
    await pause(2_000)
  }
  print(rows)
  console.log()
  await pullLevers(stage, node, measure)
  console.log(held ? `\nheld: event loop p99 under ${delayAtMost} ms, no request of the user failed` : '\nBROKEN')
  return held
}

/** Prints what an honest person sees of each lever; measures only, since what is held is a matter of their own tests. */
async function pullLevers(stage: TestEnvironment, node: NodeProcess, measure: () => Promise<Seen>): Promise<void> {
  const rows: string[][] = [['lever', 'p50', 'p99', 'failed', 'honest sign-in', 'honest emergency code', 'result']]
  const row = async (name: string, person: string, stop: () => Promise<Readonly<Record<string, number>>>) => {
    const seen = await measure()
    const { signIn, emergency } = await honestOutcomes(stage, node, person)
    const counts = Object.entries(await stop()).map(([what, many]) => `${many} ${what}`)
    const latency = [percentile(seen.times, 50), percentile(seen.times, 99)].map(ms)
    rows.push([name, ...latency, String(seen.failed), signIn, emergency, counts.join(', ')])
  }
  await row('none', 'thomas', () => Promise.resolve({}))
  for (const { name, by } of levers) {
    if (by === 'provider') stage.providerWire.hold()
    const child = by === 'flood' ? startFlood(name, node.port) : undefined
    await pause(2_000)
    await row(name, 'thomas', async () => {
      await stage.providerWire.mend()
      return (await child?.stop()) ?? {}
    })
    await pause(1_000)
  }
  print(rows)
}

async function observe(person: Person, url: string, port: number, operations: number): Promise<Seen> {
  // Reading resets the histogram, so that it covers this measurement only.
  await loopDelay(operations)
  const times: number[] = []
  let failed = 0
  for (const until = Date.now() + span; Date.now() < until;) {
    const since = performance.now()
    const status = await person.ask(url, port).then(
      (answer) => answer.status,
      () => 0,
    )
    if (status === 200) times.push(performance.now() - since)
    else failed += 1
    await pause(between)
  }
  return { times: times.toSorted((a, b) => a - b), failed, delay: await loopDelay(operations) }
}

async function loopDelay(operations: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${operations}/metrics`)).text()
  const found = /^nodejs_eventloop_lag_p99_seconds (\S+)$/m.exec(text)
  if (found === null) throw new Error('the metrics lack the event loop delay')
  return Number(found[1]) * 1000
}

function startFlood(name: string, port: number): { stop(): Promise<Readonly<Record<string, number>>> } {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'flood.ts'), name, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk))
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()))
  return {
    async stop() {
      child.kill('SIGTERM')
      await gone
      process.off('exit', kill)
      return JSON.parse(output || '{}') as Record<string, number>
    },
  }
}

function percentile(sorted: readonly number[], percent: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`
}

function print(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => row[at]!.length)))
  for (const row of rows)
    console.log(
      row
        .map((cell, at) => cell.padEnd(widths[at]!))
        .join('  ')
        .trimEnd(),
    )
}
