// Access that ends by itself, as its people meet it in real Chromium: asked for, given shorter, prolonged, cut, explained.

import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildStage, type Stage } from '../../src/demo/stage.ts'
import { launchBrowser } from '../support/chromium.ts'
import { visiting, type Visit } from './demo-visitor.ts'
import { chooseLength, enter, fillIn, live, openForRequests, toDecision } from './request-workflow.ts'

let stage: Stage
let browser: Browser

beforeAll(async () => {
  stage = await buildStage({ port: 0, grantFor: 60 * 60_000, revalidate: '20s', env: {}, now: Date.now })
  await openForRequests(stage)
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await stage?.stop()
})

describe('a technician who needs the machines for a while', () => {
  test('asks, is given less, works, is given more while working, is cut at the second it ends, and told why', async () => {
    await two(async (miro, erika) => {
      const { page } = miro
      const { machines } = stage.addresses.apps
      await page.goto(machines)
      await enter(page, 'miro')
      await page.getByRole('heading', { name: 'You do not have access to Machines' }).waitFor()
      await page.getByRole('link', { name: 'Ask for access' }).click()
      await page.getByRole('heading', { name: 'Ask for access to Machines' }).waitFor()
      expect(await page.locator('.next').innerText()).toContain('erika@example.com or thomas@example.com')

      // Sent as it is, it comes back with what is missing, and with what was chosen.
      await page.getByRole('radio', { name: 'Full access' }).check()
      await chooseLength(page, 300)
      await page.getByRole('button', { name: 'Ask for access' }).click()
      const wrong = page.getByRole('alert')
      expect(await wrong.getByRole('link').allInnerTexts()).toEqual([
        'That is too long: at most 4 hours.',
        'Write why you need it. Whoever decides knows nothing else about it.',
      ])
      expect(await page.getByRole('radio', { name: 'Full access' }).isChecked()).toBe(true)
      expect(await page.getByLabel('How long exactly').inputValue()).toBe('300')
      await wrong.getByRole('link', { name: /^Write why/ }).click()
      expect(await page.evaluate('document.activeElement.id')).toBe('reason')

      await fillIn(page, { level: 'Full access', length: '2 hours', reason: 'Press 4 loses pressure' })
      await page.getByRole('button', { name: 'Ask for access' }).click()
      await page.getByRole('heading', { name: 'Access to Machines' }).waitFor()
      expect(await page.locator('.access').innerText()).toContain('Waiting for an approval')
      const request = new URL(page.url())
      expect(request.pathname).toMatch(/^\/requests\/[\w-]+$/)

      // A second one is not needed, and the denied page knows that there is one.
      await page.goto(`${stage.addresses.gateway}/requests/new?app=machines`)
      await page.getByText('a second one is not needed').waitFor()
      await page.goto(machines)
      await page.getByRole('link', { name: 'Look at your request' }).waitFor()

      await erika.page.goto(`${stage.addresses.gateway}/approvals`)
      await enter(erika.page, 'erika')
      await erika.page.getByRole('heading', { name: 'Approvals', exact: true }).waitFor()
      await toDecision(erika.page, stage)
      const facts = await erika.page.locator('main').innerText()
      for (const fact of ['miro@partner.example', 'external', 'Partner AG', 'Press 4 loses pressure', '127.0.0.1'])
        expect(facts).toContain(fact)
      await chooseLength(erika.page, 0.4)
      await erika.page.getByRole('button', { name: 'Approve' }).click()
      await erika.page.getByText('Approved. The access is open').waitFor()
      const until = Date.now() + 24_000

      await page.goto(request.href)
      expect(await page.locator('.timeline').innerText()).toMatch(/Erika Musterfrau approved it.*instead of 2 hours/s)
      await ticking(page)
      const readings: number[] = []
      page.on('websocket', (socket) =>
        socket.on('framereceived', ({ payload }) => readings.push((JSON.parse(String(payload)) as { at: number }).at)),
      )
      await page.getByRole('link', { name: 'Open Machines' }).click()
      await live(page)
      expect(miro.faults).toEqual([])

      // In another tab, while the first goes on working.
      const second = await miro.context.newPage()
      await second.goto(request.href)
      await second.getByRole('link', { name: 'Ask for more time' }).click()
      await second.getByRole('heading', { name: 'Ask for more time in Machines' }).waitFor()
      await fillIn(second, { length: '30 minutes', reason: 'Nearly done' })
      await second.getByRole('button', { name: 'Ask for more time' }).click()
      await second.getByRole('heading', { name: 'More time in Machines' }).waitFor()
      await toDecision(erika.page, stage)
      await chooseLength(erika.page, 0.1)
      await erika.page.getByRole('button', { name: 'Approve' }).click()
      await erika.page.getByText('Approved. The access is open').waitFor()
      expect(Date.now()).toBeLessThan(until)

      await page.locator('#socket.cut').waitFor({ timeout: 40_000 })
      await page.locator('#events.cut').waitFor()
      // Not at the end that was first given, but at that of the extension, six seconds later; without a gap before.
      const last = readings.at(-1)!
      expect(last).toBeGreaterThan(until + 3000)
      expect(last).toBeLessThan(until + 8000)
      const gaps = readings.slice(1).map((at, index) => at - readings[index]!)
      expect(Math.max(...gaps)).toBeLessThan(2500)
      expect(miro.faults.splice(0)).toEqual([expect.stringContaining('net::ERR_INCOMPLETE_CHUNKED_ENCODING')])

      const answer = await page.reload()
      expect(answer?.status()).toBe(403)
      await page.getByRole('heading', { name: 'Your access to Machines has ended' }).waitFor()
      expect(await page.locator('.lead').innerText()).toMatch(/Your access ended (?:at|yesterday) \d\d:\d\d/)
      await page.getByRole('link', { name: 'Ask again' }).waitFor()

      // The page of the grant has loaded itself anew at its end, and says so.
      await second.goto(request.href)
      expect(await second.locator('.heading').innerText()).toContain('Ended')
    })
  }, 90_000)
})

test('whoever is slower finds out who was faster, and nothing is done twice', async () => {
  await two(async (miro, erika) => {
    const { gateway } = stage.addresses
    await miro.page.goto(`${gateway}/requests/new?app=machines`)
    await enter(miro.page, 'miro')
    await fillIn(miro.page, { length: '1 hour', reason: 'Once more' })
    await miro.page.getByRole('button', { name: 'Ask for access' }).click()
    await miro.page.getByRole('heading', { name: 'Access to Machines' }).waitFor()
    await erika.page.goto(`${gateway}/approvals`)
    await enter(erika.page, 'erika')
    await toDecision(erika.page, stage)
    const again = await erika.context.newPage()
    await again.goto(erika.page.url())
    await erika.page.getByLabel('Why not').fill('Call me first')
    await erika.page.getByRole('button', { name: 'Refuse' }).click()
    await erika.page.getByText('Refused. Whoever asked can see it').waitFor()
    await again.getByRole('button', { name: 'Approve' }).click()
    await again.getByText('Somebody was faster').waitFor()
    expect(await again.getByRole('button', { name: 'Approve' }).count()).toBe(0)

    await miro.page.reload()
    expect(await miro.page.locator('.timeline').innerText()).toMatch(/Erika Musterfrau refused it.*Call me first/s)
    // Nobody looks at what does not concern them.
    const strange = await miro.page.goto(`${gateway}/approvals/${new URL(again.url()).pathname.split('/').at(-1)!}x`)
    expect(strange?.status()).toBe(404)
  })
})

test('what was given can be given back, and is closed at once', async () => {
  await two(async (miro, erika) => {
    const { gateway, apps } = stage.addresses
    const { page } = miro
    await page.goto(`${gateway}/requests/new?app=machines`)
    await enter(page, 'miro')
    await fillIn(page, { level: 'Full access', length: '1 hour', reason: 'The last one' })
    await page.getByRole('button', { name: 'Ask for access' }).click()
    await page.getByRole('link', { name: 'Keep this page up to date' }).click()
    await page.getByRole('link', { name: 'Stop updating this page' }).waitFor()
    await erika.page.goto(`${gateway}/approvals`)
    await enter(erika.page, 'erika')
    await toDecision(erika.page, stage)
    await erika.page.getByRole('button', { name: 'Approve' }).click()
    // The page Miro looks at finds out by itself, as he wanted it to.
    await page.getByText('Your access is open').waitFor({ timeout: 20_000 })

    const working = await miro.context.newPage()
    await working.goto(apps.machines)
    await live(working)
    await page.goto(gateway)
    const grants = page.getByRole('region', { name: 'Access for a limited time' })
    expect(await grants.innerText()).toMatch(/59 minutes left/)
    await grants.getByText('Give access back').click()
    await grants.getByRole('button', { name: 'Yes, end it now' }).click()
    await page.getByText('Thank you for giving it back').waitFor()
    await working.locator('#socket.cut').waitFor()
    await working.locator('#events.cut').waitFor()
    miro.faults.splice(0)
    await working.reload()
    expect(await working.locator('.lead').innerText()).toContain('Your access was ended early')
  })
}, 60_000)

/** The seconds fall without any script of ours. */
async function ticking(page: Page): Promise<void> {
  const left = () =>
    page.evaluate<string>(`getComputedStyle(document.querySelector('.digits')).getPropertyValue('--left')`)
  const before = Number(await left())
  expect(before).toBeGreaterThan(10)
  expect(before).toBeLessThanOrEqual(24)
  await expect.poll(async () => Number(await left())).toBeLessThan(before)
  expect(await page.locator('script').count()).toBe(0)
}

async function two(look: (miro: Visit, erika: Visit) => Promise<void>): Promise<void> {
  await visiting(browser, (miro) => visiting(browser, (erika) => look(miro, erika)))
}
