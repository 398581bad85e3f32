// `npm run bench`: what Einlass costs on top of forwarding, as ratios within one run. The method is in README.md.

import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { flame } from './flaming.ts'
import type { Floors } from './floors.ts'
import { buildGround } from './ground.ts'
import { quick } from './quick.ts'

const { values } = parseArgs({
  options: {
    flame: { type: 'string' },
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
  },
})

const pictures = new URL('../docs/pictures/', import.meta.url)
const ground = await buildGround()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void ground.stop().finally(() => process.exit(130)))
}
try {
  process.exitCode = (await work()) ? 0 : 1
} finally {
  await ground.stop()
}

async function work(): Promise<boolean> {
  const number = (text: string | undefined, otherwise: number): number => Number(text ?? otherwise)
  if (values.flame !== undefined) {
    process.stdout.write(`${await flame(ground, values.flame, number(values.seconds, 8), pictures)}\n`)
    return true
  }
  const floors = JSON.parse(readFileSync(new URL('floors.json', import.meta.url), 'utf8')) as Floors
  return quick(ground, floors, number(values.rounds, 3), number(values.seconds, 1))
}
