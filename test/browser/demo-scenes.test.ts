// The demo's page with five scenes in Chromium: each button does what the page says, in one browser, in both languages.

import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startDemoEnvironment, type DemoEnvironment } from '../../src/demo/stage.ts'
import { createTourClient } from '../../src/demo/tour/client.ts'
import { launchBrowser } from '../support/chromium.ts'
import { visiting } from './demo-visitor.ts'
import { playScene } from './scene-player.ts'

let stage: DemoEnvironment
let browser: Browser

beforeAll(async () => {
  stage = await startDemoEnvironment({ port: 0, grantFor: 600_000, revalidate: '5s', env: {}, now: Date.now })
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await stage?.stop()
})

/** The browser reports connections that the gateway cuts. */
const cutReports = /ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONTENT_LENGTH_MISMATCH/

async function onStage(play: (page: Page) => Promise<void>, locale = 'en-GB'): Promise<void> {
  await visiting(
    browser,
    async ({ page, faults }) => {
      await page.goto(stage.addresses.stage)
      await play(page)
      const kept = faults.filter((fault) => !cutReports.test(fault))
      faults.splice(0, faults.length, ...kept)
    },
    { locale, viewport: { width: 1280, height: 800 } },
  )
}

const windowOf = (page: Page) => page.frameLocator('iframe:not([hidden])')
const log = (page: Page) => page.locator('[data-log]')
const wires = (page: Page, state: string) =>
  page
    .locator(`.wires .${state}`)
    .evaluateAll((all) =>
      (all as unknown as { dataset: { kind: string } }[]).map(({ dataset }) => dataset.kind).toSorted(),
    )

describe('the five scenes', () => {
  test('a technician of another company is signed in without typing, at his own provider', async () => {
    await onStage(async (page) => {
      expect(await page.locator('[data-scene]').count()).toBe(5)
      const began = Date.now()
      const said = await playScene(page, 'technician', 'Be Miro')
      console.log(`be Miro: ${Date.now() - began} ms`)
      expect(said).toMatch(/^He has signed in at his own company, and works on press 4 until \d\d:\d\d\.$/)
      await windowOf(page).getByRole('heading', { name: 'Press 4' }).waitFor()
      expect(await page.locator('.address').innerText()).toBe(`machines.localhost:${stage.ports.gateway}/`)
      await log(page).getByText('Miro Novák has signed in at Partner AG').waitFor()
      await log(page).getByText('Miro Novák is let in to Machines').waitFor()
      expect(await log(page).innerText()).toContain('Rule “for a while”')
      await expect.poll(() => wires(page, 'open')).toEqual(['events', 'websocket'])
    })
  })

  test('a group taken away at the provider ends an open page, and the log says so', async () => {
    await onStage(async (page) => {
      await playScene(page, 'group', 'Be Erika')
      const began = Date.now()
      const said = await playScene(page, 'group', 'Take the group away')
      console.log(`group taken away: ${Date.now() - began} ms; ${said}`)
      // The gateway asks the provider every five seconds, and cuts within a second.
      expect(Date.now() - began).toBeLessThan(7000)
      expect(said).toMatch(/^Cut off [\d.]+ m?s after the button\.$/)
      expect(await wires(page, 'cut')).toEqual(['events', 'websocket'])
      await windowOf(page).locator('#socket.cut').waitFor()
      await log(page).getByText('Muster GmbH says: Erika Musterfrau is now in staff').waitFor()
      await log(page).getByText('The WebSocket of Erika Musterfrau to Machines is cut off').waitFor()
      await playScene(page, 'group', 'See why')
      await windowOf(page).locator('.reasons').waitFor()
      await log(page).locator('code', { hasText: 'grant_required' }).first().waitFor()
      await playScene(page, 'group', 'Give it back')
      await windowOf(page).locator('#socket.live').waitFor()
    })
  })

  test('disk encryption turned off refuses the next request, and cuts the open stream', async () => {
    await onStage(async (page) => {
      await playScene(page, 'laptop', 'Be Ada')
      await windowOf(page).locator('#load.live').waitFor()
      const said = await playScene(page, 'laptop', 'Turn disk encryption off')
      console.log(`encryption off: ${said}`)
      expect(said).toMatch(/^Refused, and cut off, [\d.]+ m?s after the button\.$/)
      await windowOf(page).locator('#load.cut').waitFor()
      await windowOf(page).locator('#log.cut').waitFor()
      await log(page).getByText('laptop-0815: disk encrypted yes → no').waitFor()
      await log(page).getByText('Ada Keller is refused at Servers').waitFor()
      await log(page).locator('code', { hasText: 'device_not_compliant' }).first().waitFor()
      await playScene(page, 'laptop', 'See why')
      await windowOf(page).getByRole('heading', { name: 'Servers needs another device' }).waitFor()
      await playScene(page, 'laptop', 'Turn it on again')
      await windowOf(page).locator('#load.live').waitFor()
    })
  })

  test('the end of a grant is counted down, and stops WebSocket, event stream and download', async () => {
    await onStage(async (page) => {
      await playScene(page, 'end', 'Be Miro')
      expect(await wires(page, 'open')).toEqual(['download', 'events', 'websocket'])
      const counted = page.locator('[data-scene=end] .counting b')
      const [said, shown] = await Promise.all([
        playScene(page, 'end', 'End the grant in 15 s'),
        counted.innerText().then(Number),
      ])
      console.log(`grant ended: ${said}`)
      expect(shown).toBeGreaterThan(12)
      const [, after = ''] = /^Cut off (\d+) ms after the end\.$/.exec(said) ?? []
      expect(Number(after), said).toBeLessThanOrEqual(1000)
      expect(await wires(page, 'cut')).toEqual(['download', 'events', 'websocket'])
      for (const id of ['#socket', '#events', '#download']) await windowOf(page).locator(`${id}.cut`).waitFor()
      await log(page).locator('code', { hasText: 'grant_expired' }).first().waitFor()
      await playScene(page, 'end', 'See why')
      await windowOf(page).getByRole('heading', { name: 'Your access to Machines has ended' }).waitFor()
      expect(await playScene(page, 'end', 'Give him ten more minutes')).toMatch(/^He may continue until/)
    })
  })

  test('one person asks, another approves, and the first gets in', async () => {
    await onStage(async (page) => {
      const status = page.locator('[data-scene=ask] [data-status]')
      await playScene(page, 'ask', 'Ask as Thomas')
      const form = windowOf(page)
      await form.getByRole('heading', { name: 'Ask for access to Machines' }).waitFor()
      expect(await form.locator('#reason').inputValue()).toContain('running hours')
      // With read access, the page's WebSocket would be refused, which the browser reports.
      await form.getByRole('radio', { name: 'Full access' }).check()
      await form.getByRole('button', { name: 'Ask for access' }).click()
      await expect.poll(() => status.innerText()).toBe('The request is waiting for Erika.')
      await log(page).getByText('Thomas Berger asks for access to Machines').waitFor()

      await playScene(page, 'ask', 'Approve as Erika')
      await windowOf(page)
        .getByRole('link', { name: /^Decide: Thomas Berger/ })
        .click()
      await windowOf(page).getByRole('button', { name: 'Approve' }).click()
      await expect.poll(() => status.innerText()).toBe('Approved. Thomas gets in.')
      await log(page).getByText('Erika Musterfrau approves access of Thomas Berger to Machines').waitFor()

      expect(await playScene(page, 'ask', 'Be Thomas again')).toMatch(/^He is in\./)
      await windowOf(page).locator('#events.live').waitFor()
      expect(await page.locator('[data-person]:visible').allInnerTexts()).toHaveLength(2)
    })
  })
})

describe('languages', () => {
  test('the page and the windows follow the browser, and the switch changes both', async () => {
    await onStage(async (page) => {
      await page.getByRole('heading', { name: 'Wer hineinkommt, und wann es endet.' }).waitFor()
      await playScene(page, 'technician', 'Miro sein')
      await windowOf(page).getByRole('heading', { name: 'Presse 4, Halle B' }).waitFor()
      await log(page).getByText('Miro Novák darf zu Machines').first().waitFor()

      await page.getByRole('link', { name: 'English' }).click()
      await page.getByRole('heading', { name: 'Who gets in, and when it ends.' }).waitFor()
      await playScene(page, 'technician', 'Be Miro')
      await windowOf(page).getByRole('heading', { name: 'Press 4, hall B' }).waitFor()
    }, 'de-DE')
  })
})

describe('small screens', () => {
  test('nothing is wider than a phone, and what is pressed is large enough for a finger', async () => {
    await visiting(
      browser,
      async ({ page }) => {
        await page.goto(stage.addresses.stage)
        await playScene(page, 'technician', 'Be Miro')
        expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360)
        const heights = await page.evaluate<number[]>(
          "[...document.querySelectorAll('button, header a, .bar a')].map((one) => one.getBoundingClientRect().height).filter((height) => height > 0)",
        )
        expect(Math.min(...heights)).toBeGreaterThanOrEqual(44)
      },
      { viewport: { width: 360, height: 780 } },
    )
  })
})

test('no other page can show the pages of a person in a frame', async () => {
  const { gateway, stage: scenes } = stage.addresses
  const client = createTourClient()
  try {
    const policyOf = async (url: string) => (await client.go(url)).headers['content-security-policy']
    // The gateway forbids any frame; the front of the people allows the page with the scenes alone.
    expect(await policyOf(`${gateway}/signed-out`)).toContain("frame-ancestors 'none'")
    const own = await policyOf(stage.laptop.addressFor('miro', `${gateway}/signed-out`))
    expect(own).toContain(`frame-ancestors ${scenes};`)
  } finally {
    client.close()
  }
})
