// Menu, language and search in Chromium, without script: by keyboard and mouse, and how many applications the first screen shows.

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser } from '../support/chromium.ts'
import { organisationFace } from '../web/face-fixtures.ts'
import { serveFixtures, type FixtureServer } from './fixture-server.ts'

let browser: Browser
let fixtures: FixtureServer

beforeAll(async () => {
  fixtures = await serveFixtures(organisationFace)
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await fixtures?.stop()
})

test('the menu opens by keyboard and holds sessions, sign-out and language', async () => {
  const page = await browser.newPage()
  await page.goto(`${fixtures.origin}/en/portal-many`)
  await page.locator('.menu > summary').focus()
  await page.keyboard.press('Enter')
  const stops: string[] = []
  for (let step = 0; step < 4; step++) {
    await page.keyboard.press('Tab')
    stops.push(await page.evaluate<string>('document.activeElement.innerText.trim()'))
  }
  expect(stops).toEqual(['Where you are signed in', 'Sign out', 'English', 'Deutsch'])
  await page.keyboard.press('Shift+Tab')
  expect(await page.evaluate('document.activeElement.getAttribute("aria-pressed")')).toBe('true')
  await page.close()
})

test('the first screen at 1280 by 800 shows 24 applications and more', async () => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  await page.goto(`${fixtures.origin}/en/portal-many`)
  const shown = await page.evaluate<number>(
    `[...document.querySelectorAll('.app')].filter((app) => app.getBoundingClientRect().bottom <= innerHeight).length`,
  )
  expect(shown).toBeGreaterThanOrEqual(24)
  await page.close()
})

test('on phones every target is 44 px high, the navigation is one row, and the main action stays in sight', async () => {
  const page = await browser.newPage({ viewport: { width: 360, height: 640 }, hasTouch: true })
  const small: string[] = []
  for (const name of fixtures.names) {
    await page.goto(`${fixtures.origin}/de/${name}`)
    await page.evaluate(`for (const one of document.querySelectorAll('details')) one.open = true`)
    const found = await page.evaluate<string[]>(`
      [...document.querySelectorAll('button, .button, .nav a, .sheet a, summary, select, .ask, .provider, .brand')]
        .filter((one) => one.checkVisibility() && one.tagName !== 'SPAN' && !one.closest('.emergency'))
        .map((one) => [one, one.getBoundingClientRect()])
        .filter(([, box]) => box.height < 43.5)
        .map(([one, box]) => one.innerText.trim() + ' is ' + box.height)`)
    small.push(...found.map((one) => `${name}: ${one}`))
    const rows = await page.evaluate<number>(
      `new Set([...document.querySelectorAll('.nav a')].map((one) => Math.round(one.getBoundingClientRect().top))).size`,
    )
    if (rows > 1) small.push(`${name}: ${rows} rows of navigation`)
  }
  expect(small).toEqual([])
  await page.goto(`${fixtures.origin}/de/denied-device`)
  const box = await page.locator('.actions > .primary').boundingBox()
  expect(box!.y + box!.height).toBeLessThanOrEqual(640)
  await page.close()
}, 120_000)

test('the font comes from our own path, and self-contained pages load none', async () => {
  const page = await browser.newPage()
  const loaded: string[] = []
  page.on('request', (request) => request.resourceType() === 'font' && loaded.push(new URL(request.url()).pathname))
  await page.goto(`${fixtures.origin}/de/incident`)
  await page.evaluate('document.fonts.ready')
  expect(loaded).toEqual([])
  await page.goto(`${fixtures.origin}/de/portal-many`)
  await page.evaluate('document.fonts.ready')
  expect(loaded.length).toBeGreaterThan(0)
  for (const path of loaded) expect(path).toMatch(/^\/\.einlass\/figtree-latin(-ext)?\.[0-9a-f]{12}\.woff2$/)
  const widths = await page.evaluate<number[]>(`(() => {
    return [...'0123456789'].map((digit) => {
      const one = document.body.appendChild(document.createElement('span'))
      one.textContent = digit.repeat(20)
      return one.getBoundingClientRect().width
    })
  })()`)
  expect(new Set(widths.map((width) => width.toFixed(1))).size).toBe(1)
  await page.close()
})
