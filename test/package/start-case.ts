// Seconds until the gateway and the demo are open: from the sources, from the bundle, and with a compile cache of Node. A figure, not a test.

import { spawn } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { root } from '../../scripts/package/bundle.ts'
import { createSecurityEnvironment } from '../security/environment.ts'
import type { Case } from './case.ts'

const runs = 3

export const startCases: readonly Case[] = [
  {
    name: 'start: median seconds until open',
    needs: [],
    async run({ build, work }) {
      const folder = join(work, 'start')
      await mkdir(folder)
      await cp(join(build, 'program/dist'), join(folder, 'dist'), { recursive: true })
      symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
      const [sources, bundle] = [join(root, 'bin/einlass.mjs'), join(folder, 'dist/einlass.mjs')]
      const cache = join(folder, 'cache')
      const variants: readonly (readonly [name: string, program: string, cache: string | undefined])[] = [
        ['sources', sources, undefined],
        ['sources, compile cache', sources, cache],
        ['bundle', bundle, undefined],
        ['bundle, compile cache', bundle, cache],
      ]
      const house = await createSecurityEnvironment()
      const figures = new Map<string, { readonly serve: number[]; readonly demo: number[] }>()
      try {
        // Interleaved, so that a busy moment of the machine meets all of them. The first run fills the cache.
        for (let run = 0; run <= runs; run++) {
          for (const [name, program, cacheFolder] of variants) {
            const figure = figures.get(name) ?? { serve: [], demo: [] }
            figures.set(name, figure)
            const serving = ['serve', '--config', house.file]
            figure.serve.push(await untilPrinted(program, serving, /^einlass: .* is open$/m, cacheFolder))
            figure.demo.push(await untilPrinted(program, ['demo', '--port', '0'], /Ctrl\+C/, cacheFolder))
          }
        }
      } finally {
        await house.stop()
      }
      return [...figures]
        .map(([name, { serve, demo }]) => `${name}: serve ${median(serve)}, demo ${median(demo)}`)
        .join('; ')
    },
  },
]

/** Seconds until the pattern is in its output; then ends it. */
function untilPrinted(
  program: string,
  args: readonly string[],
  pattern: RegExp,
  cache: string | undefined,
): Promise<number> {
  const began = performance.now()
  const { NODE_COMPILE_CACHE: _, ...env } = process.env
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...env, ...(cache !== undefined && { NODE_COMPILE_CACHE: cache }) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  let seconds: number | undefined
  return new Promise((done, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        text += chunk
        if (seconds !== undefined || !pattern.test(text)) return
        seconds = (performance.now() - began) / 1000
        child.kill('SIGTERM')
      })
    }
    child.once('error', reject)
    child.once('close', () => (seconds === undefined ? reject(new Error(text)) : done(seconds)))
  })
}

function median(all: readonly number[]): string {
  const counted = all.slice(1).toSorted((a, b) => a - b)
  return counted[Math.floor(counted.length / 2)]!.toFixed(2)
}
