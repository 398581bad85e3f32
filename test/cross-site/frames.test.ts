// Frames in Chromium: a sibling's dashboard on its first visit and after the session's end; who may not show it.

import type { Frame, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  closed,
  endSession,
  frameIn,
  identify,
  newTab,
  openCrossSiteStage,
  typeCode,
  until,
  type CrossSiteStage,
} from './stage.ts'

let stage: CrossSiteStage
let contexts: Awaited<ReturnType<CrossSiteStage['browser']>>[] = []
beforeAll(async () => {
  stage = await openCrossSiteStage()
})
afterEach(async () => {
  await Promise.all(contexts.map((context) => context.close()))
  contexts = []
})
afterAll(() => stage?.stop())

const browser = async () => {
  const context = await stage.browser()
  contexts.push(context)
  return context
}
const shows = (frame: Frame, url: string): Promise<string> =>
  until(
    () => frame.url(),
    (now) => now === url,
  )

/** A page that may not be shown is replaced by one of the browser. */
async function refused(page: Page, url: string): Promise<string> {
  const frame = await frameIn(page, url)
  await page.waitForTimeout(700)
  return frame.url()
}

describe('in a page of an app that lists it in `embeds`', () => {
  test('an app on its first visit appears without a page in between', async () => {
    const context = await browser()
    const page = await stage.signedIn(context, 'wiki')
    const url = `${stage.origin('books')}/dashboard?a=1&a=2`
    expect(await shows(await frameIn(page, url), url)).toBe(url)
  })

  test.each(['object', 'embed'] as const)('so it does in an element %s', async (element) => {
    const context = await browser()
    const page = await stage.signedIn(context, 'wiki')
    const url = `${stage.origin('books')}/dashboard`
    expect(await shows(await frameIn(page, url, element), url)).toBe(url)
  })

  test('after the session ended it offers a tab, and goes on by itself when the tab is done', async () => {
    const context = await browser()
    const page = await stage.signedIn(context, 'wiki')
    await endSession(context, 'provider forgets')
    const url = `${stage.origin('books')}/dashboard`
    const frame = await frameIn(page, url)
    const link = frame.getByRole('link', { name: 'Sign in in a new tab' })
    const tab = await newTab(context, () => link.click())
    // The frame is not loaded again meanwhile, so that what was reached by keyboard stays reached.
    await link.focus()
    await page.waitForTimeout(3_500)
    expect(await frame.evaluate('document.activeElement.textContent')).toBe('Sign in in a new tab')
    await identify(tab)
    await closed(tab)
    expect(await shows(frame, url)).toBe(url)
  })

  test('an app that asks for a second factor offers a tab for it, although there is a session', async () => {
    const context = await browser()
    const page = await stage.signedIn(context, 'wiki')
    const url = `${stage.origin('vault')}/dashboard`
    const frame = await frameIn(page, url)
    const tab = await newTab(context, () => frame.getByRole('link', { name: 'Confirm in a new tab' }).click())
    await typeCode(tab)
    await closed(tab)
    expect(await shows(frame, url)).toBe(url)
  })

  test('a denial is shown in the frame, and its links open tabs', async () => {
    const context = await browser()
    const page = await stage.signedIn(context, 'wiki')
    const frame = await frameIn(page, `${stage.origin('books')}/closed`)
    const link = frame.getByRole('link', { name: 'My applications' })
    const tab = await newTab(context, () => link.click())
    await tab.waitForURL(`${stage.origin('access')}/`)
  })

  test('an app frames itself', async () => {
    const context = await browser()
    const page = await stage.signedIn(context, 'notes')
    await endSession(context, 'provider knows')
    const url = `${stage.origin('notes')}/part`
    const frame = await frameIn(page, url)
    const tab = await newTab(context, () => frame.getByRole('link', { name: 'Sign in in a new tab' }).click())
    await closed(tab)
    expect(await shows(frame, url)).toBe(url)
  })
})

describe('in a page of another site that is listed in `frame_ancestors`', () => {
  test('it offers to open the page in a tab, because browsers send no session there', async () => {
    const context = await browser()
    await stage.signedIn(context, 'wiki')
    const page = await context.newPage()
    await page.goto(`${stage.elsewhere('portal.test')}/portal`)
    const url = `${stage.origin('books')}/dashboard`
    const frame = await frameIn(page, url)
    const tab = await newTab(context, () => frame.getByRole('link', { name: 'Open books' }).click())
    await tab.waitForURL(url)
  })
})

describe('in a page that is not listed', () => {
  test('a sibling is refused, signed in at the gateway or not', async () => {
    const context = await browser()
    const page = await stage.signedIn(context, 'notes')
    expect(await refused(page, `${stage.origin('books')}/dashboard`)).toMatch(/^chrome-error:/)
    await endSession(context, 'provider knows')
    expect(await refused(page, `${stage.origin('books')}/dashboard`)).toMatch(/^chrome-error:/)
  })

  test('a sibling that hides its origin gets no page of ours', async () => {
    const context = await browser()
    stage.app.page('/hiding', '<!doctype html><meta name="referrer" content="no-referrer"><title>x</title><body>')
    const page = await stage.signedIn(context, 'notes', '/hiding')
    await endSession(context, 'provider knows')
    expect(await refused(page, `${stage.origin('books')}/dashboard`)).toMatch(/^chrome-error:/)
  })

  test('nor does one around a page that is listed', async () => {
    const context = await browser()
    const page = await stage.signedIn(context, 'wiki')
    const inner = `<!doctype html><title>x</title><iframe src="${stage.origin('books')}/dashboard"></iframe>`
    stage.app.page('/inner', inner)
    await page.goto(`${stage.origin('wiki')}/inner`)
    const around = await context.newPage()
    await around.goto(`${stage.origin('notes')}/around`)
    await context.clearCookies({ domain: /(?:access|books)\.company/ })
    await frameIn(around, `${stage.origin('wiki')}/inner`)
    await until(
      () => around.frames().length,
      (count) => count === 3,
    )
    await around.waitForTimeout(700)
    expect(around.frames().at(-1)!.url()).toMatch(/^chrome-error:/)
  })

  test('another website can show no page of the gateway, nor the small page for a sign-in that it began itself', async () => {
    const context = await browser()
    const begun = await context.newPage()
    const [asked] = await Promise.all([
      begun.waitForRequest(/\/sign-in\?journey=/),
      begun.goto(`${stage.origin('books')}/dashboard`),
    ])
    const journey = asked.url()
    const own = [
      '/',
      '/sign-in',
      '/signed-in',
      '/sign-in/waiting',
      '/sign-out',
      '/approvals',
      '/requests/new?app=books',
    ]
    const urls = [...own.map((path) => stage.origin('access') + path), journey, journey.replace('?', '/waiting?')]
    await stage.signedIn(context, 'wiki')
    const page = await context.newPage()
    await page.goto(`${stage.elsewhere('evil.test')}/evil`)
    for (const url of urls) await frameIn(page, url)
    await page.waitForTimeout(1_500)
    const [, ...frames] = page.frames().map((frame) => frame.url())
    expect(frames).toEqual(urls.map(() => 'chrome-error://chromewebdata/'))
  })
})
