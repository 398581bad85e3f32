// Presses the buttons of the page with the scenes, and waits until a scene says that its step is over.

import type { Page } from 'playwright-core'

/** Opens the scene and presses its button, which must be `label`; returns what the scene says after the step. */
export async function playScene(page: Page, scene: string, label: string): Promise<string> {
  const item = page.locator(`[data-scene=${scene}]`)
  if (!(await item.locator('[data-next]').isVisible())) await item.locator('.title').click()
  const button = item.locator('[data-next]')
  const shown = await button.innerText()
  if (shown !== label) throw new Error(`the button of ${scene} is "${shown}", not "${label}"`)
  await button.click()
  await item.locator('[data-next]:not(:disabled)').waitFor({ timeout: 25_000 })
  return item.locator('[data-status]').innerText()
}
