// Sign-out from the demo in Chromium: gateway, provider, and nothing left in the back/forward cache.

import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DemoEnvironment } from '../../src/demo/stage.ts'
import { chromiumPath } from '../support/chromium.ts'
import { demoInBrowser } from '../support/demo-in-browser.ts'
import { signIn, verified, visiting } from './demo-visitor.ts'

let stage: DemoEnvironment
let browser: Browser

beforeAll(() => demoInBrowser((started) => ({ stage, browser } = started)))

describe('signing out', () => {
  test('confirms, ends the session, and continues at the provider with its own confirmation', async () => {
    await visiting(browser, async ({ page }) => {
      await openAndSignOut(page)
      expect(page.url()).toBe(`${stage.addresses.gateway}/signed-out`)
      await page.goto(`${stage.addresses.apps.wiki}/page/4`)
      await page.getByRole('heading', { name: 'Sign in' }).waitFor()
      // Signed out at the provider too: the password is required again.
      await page.getByRole('link', { name: 'Muster GmbH' }).click()
      await page.getByRole('heading', { name: 'Choose a user' }).waitFor()
    })
  })

  test('leaves no private page behind the back button', async () => {
    await visiting(browser, async ({ page }) => {
      await openAndSignOut(page)
      const passed = await goBackAllTheWay(page)
      expect(passed.filter(({ url }) => url.startsWith(stage.addresses.apps.wiki))).toEqual([])
      for (const { text } of passed) expect(text).not.toContain('Erika')
    })
  })

  describe('with back/forward cache despite `no-store`', () => {
    // Playwright disables the back/forward cache; real browsers have it on.
    let withMemory: Browser
    beforeAll(async () => {
      withMemory = await chromium.launch({
        executablePath: chromiumPath(),
        args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
        ignoreDefaultArgs: ['--disable-back-forward-cache'],
      })
    })
    afterAll(() => withMemory?.close())

    test('no built-in page is left after sign-out in the portal', async () => {
      await visiting(withMemory, async ({ page }) => {
        await openAndSignOut(page)
        const ours = (await goBackAllTheWay(page)).filter(({ url }) => url.startsWith(stage.addresses.gateway))
        expect(ours.length).toBeGreaterThan(0)
        for (const { text } of ours) expect(text).not.toContain('Erika')
      })
    })

    test('no built-in page and no app page is left after sign-out in the app', async () => {
      await visiting(withMemory, async ({ page }) => {
        await page.goto(stage.addresses.gateway)
        await signIn(page, 'erika')
        await page.getByRole('link', { name: 'Wiki' }).click()
        await verified(page)
        await page.goto(`${stage.addresses.apps.wiki}/.einlass/sign-out`)
        await confirmSignOut(page)
        const passed = await goBackAllTheWay(page)
        expect(passed.map(({ url }) => new URL(url).origin)).toContain(stage.addresses.gateway)
        for (const { text } of passed) expect(text).not.toContain('Erika')
      })
    })
  })

  async function goBackAllTheWay(page: Page): Promise<{ url: string; text: string }[]> {
    const passed: { url: string; text: string }[] = []
    for (let step = 0; step < 15; step++) {
      await page.goBack({ waitUntil: 'commit', timeout: 2000 }).catch(() => undefined)
      if (page.url() === 'about:blank') return passed
      passed.push({ url: page.url(), text: await page.locator('body').innerText() })
    }
    return passed
  }

  async function openAndSignOut(page: Page): Promise<void> {
    await page.goto(`${stage.addresses.apps.wiki}/page/7`)
    await signIn(page, 'erika')
    await verified(page)
    await page.goto(stage.addresses.gateway)
    await page.locator('.menu > summary').click()
    await page.getByRole('link', { name: 'Sign out' }).click()
    await confirmSignOut(page)
  }

  async function confirmSignOut(page: Page): Promise<void> {
    await page.getByRole('heading', { name: 'Sign out?' }).waitFor()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign out here too?' }).waitFor()
    await page.getByRole('button', { name: 'Yes, sign me out' }).click()
    await page.getByRole('heading', { name: 'You are signed out' }).waitFor()
  }
})
