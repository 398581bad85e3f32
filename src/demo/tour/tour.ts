// `einlass demo --tour`: runs the tour step by step, prints one line per step, and stops at the first failure.

import type { Ink } from '../introduction.ts'
import type { Stage } from '../stage.ts'
import type { RunCommand } from './command.ts'
import { tourSteps } from './steps.ts'
import { ExpectationFailed } from './expect.ts'

export interface TourMeans {
  readonly print: (text: string) => void
  readonly paint: Ink
  readonly now: () => number
  readonly runCommand: RunCommand
}

/** Exit code: 0 if every step passed, else 1. */
export async function playTour(stage: Stage, { print, paint, now, runCommand }: TourMeans): Promise<number> {
  const began = now()
  print(`\n  ${paint.bold('Einlass')}  ${paint.dim('a tour without a browser')}\n\n`)
  const { steps, leave } = tourSteps(stage, now, runCommand)
  try {
    for (const [index, step] of steps.entries()) {
      const number = String(index + 1).padStart(4)
      try {
        const detail = await step.play()
        const line = detail === undefined ? step.says : `${step.says} ${paint.dim(`(${detail})`)}`
        print(`${paint.dim(number)}  ${paint.good('✓')} ${line}\n`)
      } catch (error) {
        print(`${paint.dim(number)}  ${paint.bad('✗')} ${step.says}\n${explain(error, paint)}`)
        return 1
      }
    }
  } finally {
    leave()
  }
  print(
    `\n  ${paint.bold(`${steps.length} of ${steps.length} steps passed`)}, in ${((now() - began) / 1000).toFixed(1)} s\n\n`,
  )
  return 0
}

function explain(error: unknown, paint: Ink): string {
  const lines =
    error instanceof ExpectationFailed
      ? [`expected  ${error.expected}`, `actual    ${error.came}`]
      : [`expected  no error`, `actual    ${error instanceof Error ? error.message : String(error)}`]
  return `${lines.map((line) => `          ${paint.bad(line)}`).join('\n')}\n\n`
}
