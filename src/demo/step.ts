// One step of the tour, and who plays in it.

import type { Stage } from './stage.ts'
import type { Visitor } from './visitor.ts'

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
  /** Epoch milliseconds. */
  readonly now: () => number
}
