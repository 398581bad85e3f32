// All steps of the tour in order, and their simulated browsers.

import type { RunCommand } from './command.ts'
import { accessSteps } from './access.ts'
import { changeSteps, lastSteps } from './changes.ts'
import { emergencySteps } from './emergency.ts'
import { requestSteps } from './requests.ts'
import { reviewSteps } from './reviews.ts'
import { sceneSteps } from './scenes.ts'
import { technicianSteps } from './technician.ts'
import { externals, staff, type Person } from '../people.ts'
import type { DemoEnvironment } from '../stage.ts'
import type { TourContext, Step } from './step.ts'
import { wikiSteps } from './wiki.ts'
import { createVisitor, type Visitor } from './browser.ts'

export interface Tour {
  readonly steps: readonly Step[]
  /** Closes all connections of the browsers. */
  leave(): void
}

export function tourSteps(stage: DemoEnvironment, now: () => number, runCommand: RunCommand): Tour {
  const visitors: Visitor[] = []
  const visit = (provider: 'company' | 'partner', username: string): Visitor => {
    const visitor = createVisitor(stage, provider, named(username))
    visitors.push(visitor)
    return visitor
  }
  const cast: TourContext = {
    stage,
    now,
    runCommand,
    stranger: visit('company', 'erika'),
    erika: visit('company', 'erika'),
    thomas: visit('company', 'thomas'),
    ada: visit('company', 'ada'),
    miro: visit('partner', 'miro'),
    vera: visit('company', 'vera'),
  }
  const technician = technicianSteps(cast)
  return {
    steps: [
      ...accessSteps(cast),
      ...wikiSteps(cast),
      ...technician.comes,
      ...sceneSteps(cast),
      ...changeSteps(cast),
      ...reviewSteps(cast),
      ...requestSteps(cast, [...emergencySteps(cast), ...technician.goes]),
      ...lastSteps(cast),
    ],
    leave: () => visitors.forEach((visitor) => visitor.close()),
  }
}

function named(username: string): Person {
  return [...staff, ...externals].find((person) => person.username === username)!
}
