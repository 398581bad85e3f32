// One step of the tour, and who plays in it.

import type { Stage } from '../stage.ts'
import type { Visitor } from './browser.ts'
import type { RunCommand } from './command.ts'

export interface Step {
  /** In the present tense, without the number. */
  readonly says: string
  /** Throws `Unmet` when it does not hold; may return what was measured. */
  play(): Promise<string | undefined>
}

export interface Cast {
  readonly stage: Stage
  readonly stranger: Visitor
  readonly erika: Visitor
  readonly thomas: Visitor
  readonly ada: Visitor
  readonly miro: Visitor
  readonly runCommand: RunCommand
  /** Epoch milliseconds. */
  readonly now: () => number
}
