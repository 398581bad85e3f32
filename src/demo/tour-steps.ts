// The steps of the tour, in order: what each says, and what must be so.

import { accessSteps } from './tour-access.ts'
import { changeSteps, lastSteps } from './tour-changes.ts'
import { emergencySteps } from './tour-emergency.ts'
import { requestSteps } from './tour-requests.ts'
import { technicianSteps } from './tour-technician.ts'
import { externals, staff, type Person } from './people.ts'
import type { Stage } from './stage.ts'
import type { Cast, Step } from './step.ts'
import { createVisitor, type Visitor } from './visitor.ts'

export interface Tour {
  readonly steps: readonly Step[]
  /** Closes what the visitors left open. */
  leave(): void
}

export function tourSteps(stage: Stage, now: () => number): Tour {
  const visitors: Visitor[] = []
  const visit = (provider: 'company' | 'partner', username: string): Visitor => {
    const visitor = createVisitor(stage, provider, named(username))
    visitors.push(visitor)
    return visitor
  }
  const cast: Cast = {
    stage,
    now,
    stranger: visit('company', 'erika'),
    erika: visit('company', 'erika'),
    thomas: visit('company', 'thomas'),
    ada: visit('company', 'ada'),
    miro: visit('partner', 'miro'),
  }
  const technician = technicianSteps(cast)
  return {
    steps: [
      ...accessSteps(cast),
      ...technician.comes,
      ...changeSteps(cast),
      ...requestSteps(cast, [...emergencySteps(cast), ...technician.goes]),
      ...lastSteps(cast),
    ],
    leave: () => visitors.forEach((visitor) => visitor.close()),
  }
}

function named(username: string): Person {
  return [...staff, ...externals].find((person) => person.username === username)!
}
