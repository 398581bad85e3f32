// Demo in Chromium: each user signs in and sees what the README describes.

import type { Browser, Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import type { DemoEnvironment } from '../../src/demo/stage.ts'
import { demoInBrowser } from '../support/demo-in-browser.ts'
import {
  givePassword,
  identify,
  signIn,
  throughLaptop,
  touchKey,
  typeCode,
  verified,
  visiting,
} from './demo-visitor.ts'

let stage: DemoEnvironment
let browser: Browser

beforeAll(() => demoInBrowser((started) => ({ stage, browser } = started)))

describe('Erika, with a password and a German browser', () => {
  test('reaches the requested page, and the wiki has verified her identity', async () => {
    await visiting(
      browser,
      async ({ page }) => {
        await page.goto(`${stage.addresses.apps.wiki}/page/7?from=a%20mail`)
        expect(new URL(page.url()).origin).toBe(stage.addresses.gateway)
        expect(await page.locator('html').getAttribute('lang')).toBe('de')
        await page.getByRole('heading', { name: 'Anmelden' }).waitFor()
        expect(await page.locator('.lead').innerText()).toBe('für die Anwendung Wiki')

        await signIn(page, 'erika')
        await page.waitForURL(`${stage.addresses.apps.wiki}/page/7?from=a%20mail`)
        expect(await verified(page)).toMatchObject({
          sub: 'erika',
          email: 'erika@example.com',
          name: 'Erika Musterfrau',
          // Those that rules of the wiki name.
          groups: '["staff"]',
          amr: '["pwd"]',
          iss: stage.addresses.gateway,
          aud: stage.addresses.apps.wiki,
        })
      },
      { locale: 'de-DE' },
    )
  })

  test('is denied at the payroll in German, with the reason and the owner', async () => {
    await visiting(
      browser,
      async ({ page }) => {
        await page.goto(stage.addresses.apps.wiki)
        await signIn(page, 'erika')
        await verified(page)
        const answer = await page.goto(stage.addresses.apps.payroll)
        expect(answer?.status()).toBe(403)
        await page.getByRole('heading', { name: 'Sie haben keinen Zugang zu Payroll' }).waitFor()
        expect(await reasons(page)).toContain('Nicht in der passenden Gruppe')
        const ask = page.getByRole('link', { name: 'Verantwortliche fragen' })
        expect(await ask.getAttribute('href')).toMatch(/^mailto:finance@example\.com\?subject=Zugang/)
        expect(await page.locator('.facts').innerText()).toContain('Erika Musterfrau (erika@example.com)')
        expect(stage.apps.payroll.requests()).toBe(0)
      },
      { locale: 'de-DE' },
    )
  })

  test('sees a wrong password reported, and can retry', async () => {
    await visiting(browser, async ({ page }) => {
      await page.goto(`${stage.addresses.apps.wiki}/page/2`)
      await page.getByRole('link', { name: 'Muster GmbH' }).click()
      await page.getByRole('link', { name: 'Erika Musterfrau' }).click()
      await givePassword(page, 'regen-sonne')
      await page.getByRole('alert').waitFor()
      await givePassword(page, 'sonne-regen')
      await page.waitForURL(`${stage.addresses.apps.wiki}/page/2`)
    })
  })
})

test('Thomas opens the wiki with a password, and the payroll with one code more', async () => {
  await visiting(browser, async ({ page }) => {
    await page.goto(stage.addresses.apps.wiki)
    await signIn(page, 'thomas')
    expect(await verified(page)).toMatchObject({ sub: 'thomas', amr: '["pwd"]' })

    await page.goto(stage.addresses.apps.payroll)
    expect(new URL(page.url()).origin).toBe(stage.addresses.company)
    await page.getByRole('heading', { name: 'Enter your code' }).waitFor()
    await typeCode(page)
    await page.waitForURL(`${stage.addresses.apps.payroll}/`)
    await page.getByRole('heading', { name: 'Payroll, November' }).waitFor()
    expect(await verified(page)).toMatchObject({
      sub: 'thomas',
      amr: '["pwd", "otp"]',
      aud: stage.addresses.apps.payroll,
    })
  })
})

test('Ada opens the servers with her passkey from the company laptop only, and only while its disk is encrypted', async () => {
  await visiting(browser, async ({ page }) => {
    const { servers } = stage.addresses.apps
    await page.goto(servers)
    await signIn(page, 'ada')
    await page.getByRole('heading', { name: 'Servers needs another device' }).waitFor()
    expect(await reasons(page)).toContain('Your device is not known')
    expect(stage.apps.servers.requests()).toBe(0)

    await page.goto(throughLaptop(stage, servers))
    await page.getByRole('heading', { name: 'Use your passkey' }).waitFor()
    expect(new URL(page.url()).port).toBe(String(stage.ports.laptop))
    await touchKey(page)
    await page.getByRole('heading', { name: 'Rack 3' }).waitFor()
    expect(new URL(page.url()).port).toBe(String(stage.ports.laptop))
    const told = await verified(page)
    expect(told).toMatchObject({ sub: 'ada' })
    expect(JSON.parse(told['amr']!)).toContain('hwk')
    expect(told['device']).toContain('laptop-0815')

    await page.goto(stage.addresses.laptop)
    await page.getByRole('button', { name: 'Turn disk encryption off' }).click()
    await page.getByRole('button', { name: 'Turn disk encryption on' }).waitFor()
    await page.getByRole('link', { name: 'Open the servers from this laptop' }).click()
    await page.getByRole('heading', { name: 'Servers needs another device' }).waitFor()
    expect(await reasons(page)).toEqual(['Your device does not meet the requirements'])
    expect(await page.locator('.reasons').innerText()).toContain('disk encryption')

    // The agent's reports have a resolution of one second; of two reports within a second the worse counts.
    await page.waitForTimeout(1000)
    await page.goto(stage.addresses.laptop)
    await page.getByRole('button', { name: 'Turn disk encryption on' }).click()
    await page.getByRole('link', { name: 'Open the servers from this laptop' }).click()
    await page.getByRole('heading', { name: 'Rack 3' }).waitFor()
  })
})

describe('Miro, the technician of the machine builder', () => {
  test('finds his provider by e-mail address, works until his grant ends, is disconnected, and sees why', async () => {
    await visiting(browser, async ({ page, faults }) => {
      /** When each reading was taken, by the clock of the app, which is this machine's. */
      const readings: number[] = []
      page.on('websocket', (socket) =>
        socket.on('framereceived', ({ payload }) => readings.push((JSON.parse(String(payload)) as { at: number }).at)),
      )
      await page.goto(stage.addresses.apps.machines)
      await page.getByLabel('Work e-mail address').fill('miro@partner.example')
      await page.getByRole('button', { name: 'Continue' }).click()
      await page.waitForURL((url) => url.origin === stage.addresses.partner)
      await page.getByLabel('Password').waitFor()
      await givePassword(page, 'hammer-feile')

      await page.locator('#socket.live').waitFor()
      await page.locator('#events.live').waitFor()
      const shown = () => page.locator('[data-value]').allInnerTexts()
      const before = await shown()
      await expect.poll(async () => (await shown()).every((value, at) => value !== before[at])).toBe(true)
      expect(await verified(page)).toMatchObject({ provider: 'partner', email: 'miro@partner.example' })
      expect(faults).toEqual([])

      const until = Date.now() + 2500
      await stage.endGrantAt(until)
      expect(await page.locator('.live').count()).toBe(2)
      await page.locator('#socket.cut').waitFor()
      await page.locator('#events.cut').waitFor()
      expect(await page.locator('.cut').allInnerTexts()).toEqual([
        expect.stringMatching(/closed at .*Reload to see why/s),
        expect.stringMatching(/closed at .*Reload to see why/s),
      ])
      expect(readings.at(-1)).toBeGreaterThan(until - 1000)
      expect(readings.at(-1)).toBeLessThan(until + 1000)
      // The browser reports the abort as well: a truncated response is recognisable as incomplete.
      expect(faults.splice(0)).toEqual([expect.stringContaining('net::ERR_INCOMPLETE_CHUNKED_ENCODING')])

      const answer = await page.reload()
      expect(answer?.status()).toBe(403)
      await page.getByRole('heading', { name: 'Your access to Machines has ended' }).waitFor()
      expect(await reasons(page)).toEqual(['Your access has ended'])
      await page.getByRole('link', { name: 'Ask again' }).waitFor()
    })
  })

  test('chooses his provider, is denied at the wiki, and sees the end of his grant in the portal', async () => {
    await stage.endGrantAt(Date.now() + 10 * 60_000)
    await visiting(browser, async ({ page }) => {
      await page.goto(stage.addresses.apps.wiki)
      await page.getByRole('link', { name: 'Partner AG' }).click()
      await identify(page, 'miro')
      await page.getByRole('heading', { name: 'You do not have access to Wiki' }).waitFor()
      expect(await reasons(page)).toContain('Different sign-in needed')

      await page.getByRole('link', { name: 'My applications' }).click()
      const machines = page.locator('.app', { hasText: 'Machines' })
      expect(await machines.innerText()).toMatch(/until (?:tomorrow )?\d\d:\d\d/)
      const grant = page.getByRole('region', { name: 'Access for a limited time' })
      expect(await grant.innerText()).toContain('Press 4 loses pressure')
      await machines.getByRole('link').click()
      await page.locator('#socket.live').waitFor()
    })
  })
})

async function reasons(page: Page): Promise<readonly string[]> {
  return page.locator('.reasons h2').allInnerTexts()
}
