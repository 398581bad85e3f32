// Types of a tour step and of its users.

import type { DemoEnvironment } from '../stage.ts'
import type { Visitor } from './browser.ts'
import type { RunCommand } from './command.ts'

export interface Step {
  /** Description in the present tense, without number. */
  readonly title: string
  /** Throws `ExpectationFailed` if the step fails; may return a measurement. */
  play(): Promise<string | undefined>
}

export interface TourContext {
  readonly stage: DemoEnvironment
  readonly stranger: Visitor
  readonly erika: Visitor
  readonly thomas: Visitor
  readonly ada: Visitor
  readonly miro: Visitor
  readonly vera: Visitor
  readonly runCommand: RunCommand
  /** Epoch milliseconds. */
  readonly now: () => number
}
