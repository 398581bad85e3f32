// Demo in Chromium: portal, sessions, parallel tabs, keyboard-only use.

import type { Browser, Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import type { DemoEnvironment } from '../../src/demo/stage.ts'
import { demoInBrowser } from '../support/demo-in-browser.ts'
import { identify, signIn, typeCode, verified, visiting } from './demo-visitor.ts'

let stage: DemoEnvironment
let browser: Browser

beforeAll(() => demoInBrowser((started) => ({ stage, browser } = started)))

describe('the portal', () => {
  test('shows what each application requires, and links to it', async () => {
    await visiting(browser, async ({ page }) => {
      await page.goto(stage.addresses.gateway)
      await signIn(page, 'ada')
      await page.getByRole('heading', { name: 'Hello, Ada Keller' }).waitFor()
      expect(await states(page)).toEqual({
        Wiki: 'Open',
        Machines: 'On request Ask for access : Machines',
        Servers: 'Not on this device Servers can be used only from a known device. Yours is not known.',
      })
      await page.getByRole('link', { name: 'Wiki' }).click()
      expect(await verified(page)).toMatchObject({ sub: 'ada' })
    })
  })

  test('is shown in German by Accept-Language', async () => {
    await visiting(
      browser,
      async ({ page }) => {
        await page.goto(stage.addresses.gateway)
        await signIn(page, 'thomas')
        await page.getByRole('heading', { name: 'Guten Tag, Thomas Berger' }).waitFor()
        expect(await states(page)).toEqual({
          Wiki: 'Geöffnet',
          Machines: 'Auf Antrag Zugang beantragen : Machines',
          Payroll: 'Zweiter Faktor nötig',
        })
        const sessions = page.getByRole('region', { name: 'Wo Sie angemeldet sind' })
        expect(await sessions.innerText()).toMatch(/Chromium auf Linux\s+dieser Browser\s+Angemeldet gerade eben/)
        await page.getByRole('link', { name: 'Payroll' }).click()
        await typeCode(page)
        await page.getByRole('heading', { name: 'Gehälter, November' }).waitFor()
        await page.goto(stage.addresses.gateway)
        expect(await states(page)).toMatchObject({ Wiki: 'Geöffnet', Payroll: 'Geöffnet' })
      },
      { locale: 'de-DE' },
    )
  })

  test('ends another session together with its open connections', async () => {
    await visiting(browser, async (office) => {
      await visiting(browser, async (home) => {
        await home.page.goto(stage.addresses.apps.machines)
        await signIn(home.page, 'erika')
        await home.page.locator('#socket.live').waitFor()
        await home.page.locator('#events.live').waitFor()

        const { page } = office
        await page.goto(stage.addresses.gateway)
        await signIn(page, 'erika')
        const sessions = page.getByRole('region', { name: 'Where you are signed in' }).getByRole('listitem')
        expect(await sessions.count()).toBe(2)
        await sessions.filter({ hasNotText: 'this browser' }).getByRole('button', { name: 'End session' }).click()
        await expect.poll(() => sessions.count()).toBe(1)
        expect(await sessions.innerText()).toContain('this browser')

        await home.page.locator('#socket.cut').waitFor()
        await home.page.locator('#events.cut').waitFor()
        expect(home.faults.splice(0)).toEqual([expect.stringContaining('net::ERR_INCOMPLETE_CHUNKED_ENCODING')])
        await home.page.reload()
        await home.page.getByRole('heading', { name: 'Sign in' }).waitFor()
        await page.reload()
        await page.getByRole('heading', { name: 'Hello, Erika Musterfrau' }).waitFor()
      })
    })
  })
})

test('two tabs opened while signed out both reach their page', async () => {
  await visiting(browser, async ({ context, page: first }) => {
    const { wiki } = stage.addresses.apps
    const second = await context.newPage()
    const third = await context.newPage()
    await first.goto(`${wiki}/page/3`)
    await second.goto(`${wiki}/page/5`)
    await third.goto(stage.addresses.apps.machines)

    await second.getByRole('link', { name: 'Muster GmbH' }).click()
    await first.getByRole('link', { name: 'Muster GmbH' }).click()
    await identify(second, 'erika')
    await second.waitForURL(`${wiki}/page/5`)
    await second.locator('[data-page="5"]').waitFor()
    await identify(first, 'erika')
    await first.waitForURL(`${wiki}/page/3`)
    await first.locator('[data-page="3"]').waitFor()
    // The provider has a session by now: no password needed.
    await third.getByRole('link', { name: 'Muster GmbH' }).click()
    await third.waitForURL(`${stage.addresses.apps.machines}/`)
    await third.getByRole('heading', { name: 'Press 4' }).waitFor()

    await second.reload()
    expect(await verified(second)).toMatchObject({ sub: 'erika' })
  })
})

describe('keyboard only', () => {
  test('sign-in, denied page and portal', async () => {
    await visiting(browser, async ({ page }) => {
      await page.goto(stage.addresses.apps.payroll)
      await pressOn(page, 'Muster GmbH')
      await pressOn(page, 'Erika Musterfrau')
      await pressOn(page, 'Sign in')
      await page.waitForURL((url) => url.origin === stage.addresses.apps.payroll)
      await page.getByRole('heading', { name: 'You do not have access to Payroll' }).waitFor()
      await pressOn(page, 'My applications')
      await page.getByRole('heading', { name: 'Hello, Erika Musterfrau' }).waitFor()
    })
  })

  test('sign-in by e-mail address', async () => {
    await visiting(browser, async ({ page }) => {
      await page.goto(stage.addresses.apps.machines)
      while ((await focused(page)) !== 'email') await page.keyboard.press('Tab')
      await page.keyboard.type('miro@nowhere.example')
      await page.keyboard.press('Enter')
      await page.getByText('No sign-in is set up for this address').waitFor()
      // The wrong address has the focus and can be overwritten.
      expect(await focused(page)).toBe('email')
      await page.keyboard.press('Control+a')
      await page.keyboard.type('miro@partner.example')
      await page.keyboard.press('Enter')
      await page.waitForURL((url) => url.origin === stage.addresses.partner)
    })
  })

  /** Tab until the control of that name has the focus, then Enter. */
  async function pressOn(page: Page, name: string): Promise<void> {
    await page.getByText(name).first().waitFor()
    const passed: string[] = []
    for (let step = 0; step < 20; step++) {
      await page.keyboard.press('Tab')
      const label = await focused(page)
      if (label.includes(name)) return page.keyboard.press('Enter')
      passed.push(label)
    }
    throw new Error(`Tab does not lead to "${name}" but to ${passed.join(', ')}`)
  }

  function focused(page: Page): Promise<string> {
    return page.evaluate<string>('document.activeElement.id || document.activeElement.innerText')
  }
})

/** By title, as one line. */
async function states(page: Page): Promise<Record<string, string>> {
  const cards = await page.locator('.app').all()
  const told = cards.map(async (card) => [
    await card.getByRole('heading').innerText(),
    (await card.locator('.state').innerText()).replaceAll(/\s+/g, ' '),
  ])
  return Object.fromEntries(await Promise.all(told)) as Record<string, string>
}
