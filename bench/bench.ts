// `npm run bench`: what Einlass costs on top of forwarding, as ratios within one run. The method is in README.md.

import { parseArgs } from 'node:util'
import { buildContenders } from './contenders.ts'
import { measure, type Measured } from './load.ts'
import { cores, findProgram, peakMemory } from './processes.ts'
import { report, type Figures } from './report.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '32' },
    json: { type: 'boolean', default: false },
  },
})
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)
const connections = Number(values.connections)
const sizes = [1_000, 64_000] as const

const wrk = findProgram('wrk', 'WRK')
if (wrk === undefined) throw new Error('wrk is missing: apt-get install wrk, or name it in WRK')
const pinned = cores()
const contenders = await buildContenders(pinned)
try {
  const figures: Figures[] = []
  for (const size of sizes) {
    const options = { wrk, core: pinned.rest, seconds, connections }
    const targets = contenders.targets(size)
    // Just-in-time compilers want to have seen the path.
    for (const target of targets) await measure(target, { ...options, seconds: 2 })
    const measured = new Map<string, Measured[]>(targets.map(({ name }) => [name, []]))
    for (let round = 1; round <= rounds; round++) {
      process.stderr.write(`${size} bytes, round ${round} of ${rounds}\r`)
      for (const target of targets) measured.get(target.name)!.push(await measure(target, options))
    }
    for (const target of targets) {
      figures.push({
        scenario: `${size / 1000} kB`,
        name: target.name,
        rounds: measured.get(target.name)!,
        memory: peakMemory(target.pid),
      })
    }
  }
  const counted = await contenders.redisCommandsPerRequest()
  process.stdout.write(
    values.json ? `${JSON.stringify({ pinned, figures, counted })}\n` : report(figures, counted, pinned),
  )
} finally {
  await contenders.stop()
}
