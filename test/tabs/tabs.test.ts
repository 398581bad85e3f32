// One run of each scenario of `npm run test:tabs`: every tab is at its own page, and what is open elsewhere stays open.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { scenariosWith } from './scenarios.ts'
import { openTabsStage, type TabsStage } from './stage.ts'

let stage: TabsStage
beforeAll(async () => {
  stage = await openTabsStage()
})
afterAll(() => stage?.stop())

/** `npm run test:tabs` opens ten. */
const many = 4

test.each(scenariosWith(many))('$name', { timeout: 120_000 }, async ({ run }) => {
  const context = await stage.browser()
  try {
    expect((await run(stage, context)).wrong).toEqual([])
  } finally {
    await context.close()
  }
})
