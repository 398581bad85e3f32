// `einlass demo --tour`: runs the tour step by step, prints one line per step, and stops at the first failure.

import type { Colours } from '../introduction.ts'
import type { DemoEnvironment } from '../stage.ts'
import type { RunCommand } from './command.ts'
import { tourSteps } from './steps.ts'
import { ExpectationFailed } from './expect.ts'

export interface TourOptions {
  readonly print: (text: string) => void
  readonly paint: Colours
  readonly now: () => number
  readonly runCommand: RunCommand
}

/** Exit code: 0 if every step passed, else 1. */
export async function playTour(
  stage: DemoEnvironment,
  { print, paint, now, runCommand }: TourOptions,
): Promise<number> {
  const began = now()
  print(`\n  ${paint.bold('Einlass')}  ${paint.dim('a tour without a browser')}\n\n`)
  const { steps, leave } = tourSteps(stage, now, runCommand)
  try {
    for (const [index, step] of steps.entries()) {
      const number = String(index + 1).padStart(4)
      try {
        const detail = await step.play()
        const line = detail === undefined ? step.title : `${step.title} ${paint.dim(`(${detail})`)}`
        print(`${paint.dim(number)}  ${paint.good('✓')} ${line}\n`)
      } catch (error) {
        print(`${paint.dim(number)}  ${paint.bad('✗')} ${step.title}\n${explain(error, paint)}`)
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

function explain(error: unknown, paint: Colours): string {
  const lines =
    error instanceof ExpectationFailed
      ? [`expected  ${error.expected}`, `actual    ${error.actual}`]
      : [`expected  no error`, `actual    ${error instanceof Error ? error.message : String(error)}`]
  return `${lines.map((line) => `          ${paint.bad(line)}`).join('\n')}\n\n`
}
