// Cookie bomb in Chromium: a sibling's script fills the parent domain; the page that answers clears it, and signing in works.

import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { domain } from '../attacks/configuration.ts'
import { openEnvironment, type Environment } from '../attacks/environment.ts'
import { launchBrowser } from '../support/chromium.ts'

let ground: Environment
beforeAll(async () => {
  ground = await openEnvironment({ signIn: [] })
})
afterAll(() => ground?.stop())

describe.each([
  ['HTTP/2', []],
  ['HTTP/1.1', ['--disable-http2']],
] as const)('over %s', (_, flags) => {
  let browser: Browser
  let context: BrowserContext
  let page: Page
  beforeAll(async () => {
    browser = await launchBrowser(['--ignore-certificate-errors', ...flags])
  })
  afterAll(() => browser?.close())
  afterEach(() => context?.close())

  /** Signed in at two applications; `locale` of the browser. */
  async function signedIn(locale: string): Promise<void> {
    context = await browser.newContext({ ignoreHTTPSErrors: true, locale })
    page = await context.newPage()
    for (const app of ['erp', 'wiki']) expect((await page.goto(`${ground.origin(app)}/`))?.status()).toBe(200)
  }

  /** As a script of the application `erp`. */
  async function bomb(count: number, bytes: number): Promise<void> {
    await page.goto(`${ground.origin('erp')}/`)
    // A text, since `document` is no name of this program.
    const noise = `Array.from({ length: ${bytes} }, () => Math.floor(Math.random() * 36).toString(36)).join('')`
    const attributes = `; domain=${domain}; path=/; max-age=86400; secure`
    await page.evaluate(
      `for (let at = 0; at < ${count}; at++) document.cookie = 'bomb' + at + '=' + ${noise} + '${attributes}'`,
    )
    // Chromium evicts some of them beyond a number.
    const kept = async () => (await context.cookies()).filter(({ name }) => name.startsWith('bomb')).length
    await expect.poll(kept, { timeout: 20_000 }).toBeGreaterThanOrEqual(Math.min(count, 20))
  }

  /** A browser whose HTTP/2 connection broke shows its own error page; the second visit must have an answer. */
  async function visit(url: string): Promise<number | undefined> {
    for (let attempt = 0; ; attempt++) {
      try {
        return (await page.goto(url))?.status()
      } catch (error) {
        if (attempt === 1) throw error
      }
    }
  }

  test.each([
    ['twelve cookies of 3.9 kB', 'en-GB', 12, 3_900, 'Your browser sent too many cookies', 'Try again'],
    ['a hundred and fifty', 'de-DE', 150, 3_900, 'Ihr Browser hat zu viele Cookies gesendet', 'Erneut versuchen'],
  ] as const)('%s: a page, then signed in again', async (_name, locale, count, bytes, heading, again) => {
    await signedIn(locale)
    await bomb(count, bytes)
    const url = `${ground.origin('wiki')}/page?x=1`
    expect(await visit(url)).toBe(431)
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain(heading)
    expect(await context.cookies()).toEqual([])
    await page.getByRole('link', { name: again }).click()
    // The address is the same before and after the sign-in, so that only the cookie shows its end.
    await expect
      .poll(async () => (await context.cookies(url)).map(({ name }) => name), { timeout: 20_000 })
      .toContain('__Host-einlass')
    await expect.poll(() => page.url(), { timeout: 20_000 }).toBe(url)
    expect((await page.goto(url))?.status()).toBe(200)
    // The portal, too.
    expect((await page.goto(`${ground.origin('access')}/`))?.status()).toBe(200)
  })
})

test('a long link from another site signs nobody out', async () => {
  const browser = await launchBrowser(['--ignore-certificate-errors'])
  try {
    const context = await browser.newContext({ ignoreHTTPSErrors: true })
    const page = await context.newPage()
    expect((await page.goto(`${ground.origin('wiki')}/`))?.status()).toBe(200)
    for (const length of [31_000, 32_700, 33_000, 60_000]) {
      // Answered without a page beyond a size, which Chromium reports as an error.
      const other = await context.newPage()
      await other.goto(`${ground.origin('wiki')}/?${'q'.repeat(length)}`).catch(() => {})
      await other.close()
    }
    expect((await context.cookies()).map(({ name }) => name)).toContain('__Host-einlass')
    expect((await page.goto(`${ground.origin('wiki')}/`))?.status()).toBe(200)
  } finally {
    await browser.close()
  }
})
