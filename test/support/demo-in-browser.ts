// Starts the demo and a browser for one test file.

import type { Browser } from 'playwright-core'
import { startDemoEnvironment, type DemoEnvironment } from '../../src/demo/stage.ts'
import { launchBrowser } from './chromium.ts'

export interface DemoInBrowser {
  readonly stage: DemoEnvironment
  readonly browser: Browser
}

/** For `beforeAll`: resolves with the clean-up function, which vitest runs afterwards. */
export async function demoInBrowser(started: (demo: DemoInBrowser) => void): Promise<() => Promise<void>> {
  const stage = await startDemoEnvironment({
    port: 0,
    grantFor: 10 * 60_000,
    revalidate: '20s',
    env: {},
    now: Date.now,
  })
  const browser = await launchBrowser().catch(async (error: unknown) => {
    await stage.stop()
    throw error
  })
  started({ stage, browser })
  return async () => {
    await browser.close()
    await stage.stop()
  }
}
