// Time-bound access in Chromium: requested, approved for less, extended, disconnected at the end, explained.

import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startDemoEnvironment, type DemoEnvironment } from '../../src/demo/stage.ts'
import { launchBrowser } from '../support/chromium.ts'
import { visiting, type Visit } from './demo-visitor.ts'
import { chooseLength, enter, fillIn, live, openForRequests, toDecision } from './request-workflow.ts'

let stage: DemoEnvironment
let browser: Browser

beforeAll(async () => {
  stage = await startDemoEnvironment({ port: 0, grantFor: 60 * 60_000, revalidate: '20s', env: {}, now: Date.now })
  await openForRequests(stage)
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await stage?.stop()
})

describe('a technician who needs temporary access to the machines', () => {
  test('requests, is granted less, works, is extended while working, is disconnected at the end, and sees why', async () => {
    await two(async (miro, erika) => {
      const { page } = miro
      const { machines } = stage.addresses.apps
      await page.goto(machines)
      await enter(page, 'miro')
      await page.getByRole('heading', { name: 'You do not have access to Machines' }).waitFor()
      await page.getByRole('link', { name: 'Ask for access' }).click()
      await page.getByRole('heading', { name: 'Ask for access to Machines' }).waitFor()
      expect(await page.locator('.next').innerText()).toContain('erika@example.com or thomas@example.com')

      // An incomplete form comes back with errors and keeps the input.
      await page.getByRole('radio', { name: 'Full access' }).check()
      await chooseLength(page, 300)
      await page.getByRole('button', { name: 'Ask for access' }).click()
      const wrong = page.getByRole('alert')
      expect(await wrong.getByRole('link').allInnerTexts()).toEqual([
        'That is too long: at most 4 hours.',
        'Enter why you need it, so that the request can be decided.',
      ])
      expect(await page.getByRole('radio', { name: 'Full access' }).isChecked()).toBe(true)
      expect(await page.getByLabel('Duration', { exact: true }).inputValue()).toBe('300')
      await wrong.getByRole('link', { name: /^Enter why/ }).click()
      expect(await page.evaluate('document.activeElement.id')).toBe('reason')

      await fillIn(page, { level: 'Full access', length: '2 hours', reason: 'Press 4 loses pressure' })
      await page.getByRole('button', { name: 'Ask for access' }).click()
      await page.getByRole('heading', { name: 'Access to Machines' }).waitFor()
      expect(await page.locator('.access').innerText()).toContain('Waiting for approval')
      const request = new URL(page.url())
      expect(request.pathname).toMatch(/^\/requests\/[\w-]+$/)

      // The denied page shows the open request instead of a second form.
      await page.goto(`${stage.addresses.gateway}/requests/new?app=machines`)
      await page.getByText('a second one is not needed').waitFor()
      await page.goto(machines)
      await page.getByRole('link', { name: 'View your request' }).waitFor()

      await erika.page.goto(`${stage.addresses.gateway}/approvals`)
      await enter(erika.page, 'erika')
      await erika.page.getByRole('heading', { name: 'Approvals', exact: true }).waitFor()
      await toDecision(erika.page, stage)
      const facts = await erika.page.locator('main').innerText()
      for (const fact of ['miro@partner.example', 'external', 'Partner AG', 'Press 4 loses pressure', '127.0.0.1'])
        expect(facts).toContain(fact)
      await chooseLength(erika.page, 0.4)
      await erika.page.getByRole('button', { name: 'Approve' }).click()
      await erika.page.getByText('Approved. Access is open now').waitFor()
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

      // In a second tab, while the first keeps working.
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
      await erika.page.getByText('Approved. Access is open now').waitFor()
      expect(Date.now()).toBeLessThan(until)

      await page.locator('#socket.cut').waitFor({ timeout: 40_000 })
      await page.locator('#events.cut').waitFor()
      // Ends with the extension, six seconds after the original end, without a gap before.
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

      // The page of the grant has reloaded itself at the end and shows it.
      await second.goto(request.href)
      expect(await second.locator('.heading').innerText()).toContain('Ended')
    })
  }, 90_000)
})

test('the slower of two approvers sees the earlier decision, and nothing happens twice', async () => {
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
    await erika.page.getByLabel(/^Reason/).fill('Call me first')
    await erika.page.getByRole('button', { name: 'Deny' }).click()
    await erika.page.getByText('Denied. The person who asked can see').waitFor()
    await again.getByRole('button', { name: 'Approve' }).click()
    await again.getByText('This request had already been decided').waitFor()
    expect(await again.getByRole('button', { name: 'Approve' }).count()).toBe(0)

    await miro.page.reload()
    expect(await miro.page.locator('.timeline').innerText()).toMatch(/Erika Musterfrau denied it.*Call me first/s)
    // Requests of others are not found.
    const strange = await miro.page.goto(`${gateway}/approvals/${new URL(again.url()).pathname.split('/').at(-1)!}x`)
    expect(strange?.status()).toBe(404)
  })
})

test('a grant given back disconnects at once', async () => {
  await two(async (miro, erika) => {
    const { gateway, apps } = stage.addresses
    const { page } = miro
    await page.goto(`${gateway}/requests/new?app=machines`)
    await enter(page, 'miro')
    await fillIn(page, { level: 'Full access', length: '1 hour', reason: 'The last one' })
    await page.getByRole('button', { name: 'Ask for access' }).click()
    await page.getByText('This page looks again every 15 seconds.').waitFor()
    await erika.page.goto(`${gateway}/approvals`)
    await enter(erika.page, 'erika')
    await toDecision(erika.page, stage)
    await erika.page.getByRole('button', { name: 'Approve' }).click()
    // Miro's page refreshes itself.
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

/** The countdown runs without a script. */
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
